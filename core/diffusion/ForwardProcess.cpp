#include "diffusion/ForwardProcess.h"

#include "diffusion/BrownianPath.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {

void forwardStart(std::span<const float> data, std::uint64_t seed, std::uint32_t first,
                  std::span<float> positions) {
    const auto points = static_cast<std::uint32_t>(data.size() / 2);
    for (std::size_t i = 0; i < positions.size() / 2; ++i) {
        const auto words = philox(seed, Stream::ForwardStart, first + static_cast<std::uint32_t>(i), 0);
        const std::size_t point = indexBelow(words[0], points);
        positions[2 * i] = data[2 * point];
        positions[2 * i + 1] = data[2 * point + 1];
    }
}

void forwardSteps(const NoiseSchedule& schedule, int firstT, int steps, std::uint64_t seed,
                  std::uint32_t firstParticle, std::span<float> positions, std::span<float> frames) {
    TileRow z0;
    TileRow z1;
    for (std::size_t first = 0; first < positions.size() / 2; first += tileRows) {
        const std::size_t rows = std::min<std::size_t>(tileRows, positions.size() / 2 - first);
        float* const x = positions.data() + 2 * first;
        PathTile path(seed, Stream::ForwardChain, firstParticle + static_cast<std::uint32_t>(first));
        for (int i = 0; i < steps; ++i) {
            const int t = firstT + i;
            const auto shrink = static_cast<float>(std::sqrt(schedule.alpha(t)));
            const auto kick = static_cast<float>(std::sqrt(schedule.beta(t)));
            path.normals(pathStretch(t - 1, t, schedule.steps()), z0, z1);
            for (std::size_t row = 0; row < rows; ++row) {
                x[2 * row] = shrink * x[2 * row] + kick * z0.values[row];
                x[2 * row + 1] = shrink * x[2 * row + 1] + kick * z1.values[row];
            }
            if (!frames.empty())
                std::copy_n(x, 2 * rows,
                            frames.data() + static_cast<std::size_t>(i) * positions.size() + 2 * first);
        }
    }
}

void forwardSteps(const NoiseSchedule& schedule, int firstT, int steps, ForwardNoise& noise,
                  std::uint32_t firstParticle, std::span<float> positions, std::span<float> frames) {
    for (int i = 0; i < steps; ++i) {
        const int t = firstT + i;
        const auto shrink = static_cast<float>(std::sqrt(schedule.alpha(t)));
        const auto kick = static_cast<float>(std::sqrt(schedule.beta(t)));
        const float* const z = noise.at(t).subspan(2 * std::size_t{firstParticle}).data();
        for (std::size_t k = 0; k < positions.size(); ++k) positions[k] = shrink * positions[k] + kick * z[k];
        if (!frames.empty())
            std::copy(
                positions.begin(), positions.end(),
                frames.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(i) * positions.size()));
    }
}

void forwardStep(const NoiseSchedule& schedule, int t, std::uint64_t seed, std::uint32_t firstParticle,
                 std::span<float> positions) {
    forwardSteps(schedule, t, 1, seed, firstParticle, positions, {});
}

void forwardClosedForm(const NoiseSchedule& schedule, int t, std::span<const float> x0,
                       std::span<const float> eps, std::span<float> xt) {
    const auto signal = static_cast<float>(std::sqrt(schedule.alphaBar(t)));
    const auto noise = static_cast<float>(std::sqrt(schedule.oneMinusAlphaBar(t)));
    for (std::size_t i = 0; i < xt.size(); ++i) xt[i] = signal * x0[i] + noise * eps[i];
}

}  // namespace diffuscope
