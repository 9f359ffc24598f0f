#include "diffusion/ForwardProcess.h"

#include "diffusion/Noise.h"

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

void forwardStep(const NoiseSchedule& schedule, int t, std::uint64_t seed, std::uint32_t firstParticle,
                 std::span<float> positions) {
    const auto shrink = static_cast<float>(std::sqrt(schedule.alpha(t)));
    const auto kick = static_cast<float>(std::sqrt(schedule.beta(t)));
    for (std::size_t i = 0; i < positions.size() / 2; ++i) {
        const auto z = normalAt(seed, Stream::ForwardChain, firstParticle + static_cast<std::uint32_t>(i),
                                static_cast<std::uint32_t>(t));
        for (std::size_t axis = 0; axis < 2; ++axis)
            positions[2 * i + axis] = shrink * positions[2 * i + axis] + kick * z[axis];
    }
}

void forwardClosedForm(const NoiseSchedule& schedule, int t, std::span<const float> x0,
                       std::span<const float> eps, std::span<float> xt) {
    const auto signal = static_cast<float>(std::sqrt(schedule.alphaBar(t)));
    const auto noise = static_cast<float>(std::sqrt(schedule.oneMinusAlphaBar(t)));
    for (std::size_t i = 0; i < xt.size(); ++i) xt[i] = signal * x0[i] + noise * eps[i];
}

}  // namespace diffuscope
