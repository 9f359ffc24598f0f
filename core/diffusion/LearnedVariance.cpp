#include "diffusion/LearnedVariance.h"

#include "Error.h"
#include "diffusion/Loss.h"
#include "diffusion/Noise.h"
#include "diffusion/Samplers.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr int mostAsked = 64;
constexpr std::size_t mostPoints = 32;
constexpr std::uint32_t stepsBelow = 16;  // of Stream::Measure: those of measures without a t

}  // namespace

void requireVariance(const Settings& settings) {
    if (!learnsSigma(settings.sampler)) return;
    if (settings.sampler.denoiser != DenoiserKind::Network)
        throw InputError(
            "Only a network says a variance: sampler.sigma=learned needs sampler.denoiser=network.");
    if (!lossRow(settings.training.loss).twoHeads)
        throw InputError(
            "This network says no variance: train it with training.loss=learned-variance before "
            "sampler.sigma=learned, or choose another sampler.sigma.");
}

std::vector<double> meanShares(const Denoiser& denoiser, int label, const NoiseSchedule& schedule,
                               Conditioning conditioning, std::span<const float> points, std::uint64_t seed) {
    const int steps = schedule.steps();
    const auto used = points.first(std::min(points.size(), 2 * mostPoints));
    std::vector<float> xt(used.size());
    std::vector<float> eps(used.size());
    std::vector<float> shares(used.size());
    const auto shareAt = [&](int t) {
        const NoiseLevel level = noiseLevel(schedule, t, conditioning);
        for (std::size_t i = 0; i < used.size() / 2; ++i) {
            const auto z = normalAt(seed, Stream::Measure, static_cast<std::uint32_t>(i),
                                    stepsBelow + static_cast<std::uint32_t>(t));
            for (std::size_t axis = 0; axis < 2; ++axis)
                xt[2 * i + axis] =
                    level.sqrtAlphaBar * used[2 * i + axis] + level.sqrtOneMinusAlphaBar * z[axis];
        }
        denoiser.epsAndShares(xt, level, label, eps, shares);
        const double range = schedule.logVarianceRange(t);
        if (range == 0.0) return 0.0;
        double mean = 0.0;
        for (const float share : shares)
            mean += std::exp(range * double(share)) / static_cast<double>(shares.size());
        return std::log(mean) / range;
    };

    std::vector<double> all(static_cast<std::size_t>(steps) + 1, 0.0);
    const int asked = std::min(steps, mostAsked);
    int before = 0;
    for (int k = 1; k <= asked; ++k) {
        const int t = asked == 1 ? 1 : 1 + static_cast<int>(std::int64_t{steps - 1} * (k - 1) / (asked - 1));
        all[static_cast<std::size_t>(t)] = shareAt(t);
        for (int between = before + 1; before > 0 && between < t; ++between) {
            const double weight = (schedule.logSnr(between) - schedule.logSnr(before)) /
                                  (schedule.logSnr(t) - schedule.logSnr(before));
            all[static_cast<std::size_t>(between)] = (1.0 - weight) * all[static_cast<std::size_t>(before)] +
                                                     weight * all[static_cast<std::size_t>(t)];
        }
        before = t;
    }
    return all;
}

}  // namespace diffuscope
