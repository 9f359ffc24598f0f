#include "particles/Splat.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

/// Pixels left … right and top … bottom, both within the view.
struct Spot {
    float column;
    float row;
    int left, right, top, bottom;
};

std::uint32_t weightAt(float dx, float dy, float inverse) {
    const float root = 1.0f - (dx * dx + dy * dy) * inverse;
    return root <= 0.0f ? 0 : static_cast<std::uint32_t>(root * root * static_cast<float>(splatUnit));
}

void addSpot(const Spot& spot, float inverse, std::size_t width, std::uint32_t* accumulator) {
    for (int y = spot.top; y <= spot.bottom; ++y)
        for (int x = spot.left; x <= spot.right; ++x)
            accumulator[static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x)] += weightAt(
                static_cast<float>(x) + 0.5f - spot.column, static_cast<float>(y) + 0.5f - spot.row, inverse);
}

/// The same for a spot of at most `lanes` pixels a row, of which the view has that many from its left on:
/// whole rows at once, where what lies outside of the spot gets 0.
template <int lanes>
void addRows(const Spot& spot, float inverse, std::size_t width, std::uint32_t* accumulator) {
    float squares[lanes];
    for (int k = 0; k < lanes; ++k) {
        const float dx = static_cast<float>(spot.left + k) + 0.5f - spot.column;
        squares[k] = dx * dx;
    }
    std::uint32_t* to =
        accumulator + static_cast<std::size_t>(spot.top) * width + static_cast<std::size_t>(spot.left);
    for (int y = spot.top; y <= spot.bottom; ++y, to += width) {
        const float dy = static_cast<float>(y) + 0.5f - spot.row;
        const float square = dy * dy;
        for (int k = 0; k < lanes; ++k) {
            const float root = std::max(0.0f, 1.0f - (squares[k] + square) * inverse);
            // signed: vectors of floats have no conversion to unsigned integers
            to[k] += static_cast<std::uint32_t>(
                static_cast<std::int32_t>(root * root * static_cast<float>(splatUnit)));
        }
    }
}

}  // namespace

void splat(std::span<const float> positions, const SplatView& view, std::span<std::uint32_t> accumulator) {
    const auto width = static_cast<float>(view.width);
    const auto height = static_cast<float>(view.height);
    const float radius = view.radius;
    const float inverse = 1.0f / (radius * radius);
    const auto stride = static_cast<std::size_t>(view.width);
    for (std::size_t i = 0; i + 1 < positions.size(); i += 2) {
        const float column = 0.5f * width + (positions[i] - view.centreX) * view.scale;
        const float row = 0.5f * height - (positions[i + 1] - view.centreY) * view.scale;
        const bool inView =
            column > -radius && column < width + radius && row > -radius && row < height + radius;
        if (!inView) continue;  // NaN is not in view either
        const Spot spot{.column = column,
                        .row = row,
                        .left = std::max(0, static_cast<int>(std::floor(column - radius))),
                        .right = std::min(view.width - 1, static_cast<int>(std::floor(column + radius))),
                        .top = std::max(0, static_cast<int>(std::floor(row - radius))),
                        .bottom = std::min(view.height - 1, static_cast<int>(std::floor(row + radius)))};
        const int wide = spot.right - spot.left + 1;
        if (wide <= 4 && spot.left + 4 <= view.width)
            addRows<4>(spot, inverse, stride, accumulator.data());
        else if (wide <= 8 && spot.left + 8 <= view.width)
            addRows<8>(spot, inverse, stride, accumulator.data());
        else
            addSpot(spot, inverse, stride, accumulator.data());
    }
}

}  // namespace diffuscope
