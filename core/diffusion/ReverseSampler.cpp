#include "diffusion/ReverseSampler.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diffuscope {

std::vector<ReverseStep> reversePlan(const NoiseSchedule& schedule, const SamplerSettings& settings,
                                     Conditioning conditioning, const Box& box) {
    const std::vector<int> times = samplingTimes(schedule, settings);
    const SamplerWalk walk{schedule, settings, times};
    std::vector<ReverseStep> plan;
    for (std::size_t i = 0; i + 1 < times.size(); ++i) samplerRow(settings).append(walk, i, plan);
    for (ReverseStep& step : plan) {
        step.level = noiseLevel(schedule, step.asked, conditioning);
        step.clamp = settings.clampX0;
        step.box = box;
    }
    return plan;
}

std::vector<double> stepNoises(const NoiseSchedule& schedule, const SamplerSettings& settings,
                               std::span<const double> shares) {
    std::vector<double> noises(static_cast<std::size_t>(schedule.steps()) + 1, 0.0);
    const std::vector<int> times = samplingTimes(schedule, settings);
    const SamplerWalk walk{schedule, settings, times};
    std::vector<ReverseStep> steps;
    for (std::size_t i = 0; i + 1 < times.size(); ++i) {
        steps.clear();
        samplerRow(settings).append(walk, i, steps);
        const ReverseStep& step = steps.front();
        const double share = shares.empty() ? 0.0 : shares[static_cast<std::size_t>(step.from)];
        std::fill(noises.begin() + step.to + 1, noises.begin() + step.from + 1,
                  double(step.noise) * std::exp(0.5 * share * double(step.logRange)));
    }
    return noises;
}

void reverseStart(std::uint64_t seed, std::uint32_t first, std::span<float> positions) {
    for (std::size_t i = 0; i < positions.size() / 2; ++i) {
        const auto z = normalAt(seed, Stream::ReverseStart, first + static_cast<std::uint32_t>(i), 0);
        positions[2 * i] = z[0];
        positions[2 * i + 1] = z[1];
    }
}

void applyReverseStep(const ReverseStep& step, std::span<PathTile> paths, std::span<const float> eps,
                      std::span<float> positions, std::span<float> memory, std::span<const float> shares) {
    if (step.logRange != 0.0f && shares.size() < positions.size())
        throw std::logic_error("a step with a learned variance was taken without it");
    TileRow z[2]{};
    for (std::size_t i = 0; i < positions.size() / 2; ++i) {
        const auto row = static_cast<int>(i % tileRows);
        if (step.noise != 0.0f && row == 0) paths[i / tileRows].normals(step.stretch, z[0], z[1]);
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const float x = positions[2 * i + axis];
            float x0 = (x - step.level.sqrtOneMinusAlphaBar * eps[2 * i + axis]) / step.level.sqrtAlphaBar;
            if (step.clamp) x0 = std::clamp(x0, step.box.low[axis], step.box.high[axis]);
            float noise = step.noise * z[axis][row];
            if (step.logRange != 0.0f) noise *= std::exp(0.5f * step.logRange * shares[2 * i + axis]);
            float moved = step.fromXt * x + step.fromX0 * x0 + noise;
            if (step.remembers()) {
                float& m = memory[2 * i + axis];
                moved += step.fromMemory * m;
                m = step.keepXt * x + step.keepX0 * x0;
            }
            positions[2 * i + axis] = moved;
        }
    }
}

void applyReverseStep(const ReverseStep& step, std::uint64_t seed, std::uint32_t firstParticle,
                      std::span<const float> eps, std::span<float> positions, std::span<float> memory,
                      std::span<const float> shares) {
    for (std::size_t first = 0; first < positions.size(); first += 2 * tileRows) {
        const std::size_t size = std::min<std::size_t>(2 * tileRows, positions.size() - first);
        PathTile path(seed, Stream::ReverseChain, firstParticle + static_cast<std::uint32_t>(first / 2));
        applyReverseStep(step, {&path, 1}, eps.subspan(first, size), positions.subspan(first, size),
                         memory.empty() ? memory : memory.subspan(first, size),
                         shares.empty() ? shares : shares.subspan(first, size));
    }
}

}  // namespace diffuscope
