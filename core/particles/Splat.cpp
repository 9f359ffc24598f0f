#include "particles/Splat.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {

void splat(std::span<const float> positions, const SplatView& view, std::span<std::uint32_t> accumulator) {
    const auto width = static_cast<float>(view.width);
    const auto height = static_cast<float>(view.height);
    const float radius = view.radius;
    const float inverse = 1.0f / (radius * radius);
    for (std::size_t i = 0; i + 1 < positions.size(); i += 2) {
        const float column = 0.5f * width + (positions[i] - view.centreX) * view.scale;
        const float row = 0.5f * height - (positions[i + 1] - view.centreY) * view.scale;
        const bool inView =
            column > -radius && column < width + radius && row > -radius && row < height + radius;
        if (!inView) continue;  // NaN is not in view either
        const int left = std::max(0, static_cast<int>(std::floor(column - radius)));
        const int right = std::min(view.width - 1, static_cast<int>(std::floor(column + radius)));
        const int top = std::max(0, static_cast<int>(std::floor(row - radius)));
        const int bottom = std::min(view.height - 1, static_cast<int>(std::floor(row + radius)));
        for (int y = top; y <= bottom; ++y)
            for (int x = left; x <= right; ++x) {
                const float dx = static_cast<float>(x) + 0.5f - column;
                const float dy = static_cast<float>(y) + 0.5f - row;
                const float root = 1.0f - (dx * dx + dy * dy) * inverse;
                if (root <= 0.0f) continue;
                const auto pixel = static_cast<std::size_t>(y) * static_cast<std::size_t>(view.width) +
                                   static_cast<std::size_t>(x);
                accumulator[pixel] += static_cast<std::uint32_t>(root * root * static_cast<float>(splatUnit));
            }
    }
}

}  // namespace diffuscope
