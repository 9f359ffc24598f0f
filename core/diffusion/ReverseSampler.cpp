#include "diffusion/ReverseSampler.h"

#include "diffusion/Noise.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace diffuscope {
namespace {

ReverseStep stepOf(int from, int to, double fromXt, double fromX0, double noise) {
    ReverseStep step{};
    step.from = from;
    step.to = to;
    step.fromXt = static_cast<float>(fromXt);
    step.fromX0 = static_cast<float>(fromX0);
    step.noise = static_cast<float>(noise);
    return step;
}

/// Mean of q(x_{t-1} | x_t, x0hat) and sigma_t. (Ho 2020, eq. 7)
ReverseStep ddpmStep(const NoiseSchedule& schedule, const SamplerSettings& settings, int from, int to) {
    const double noiseSoFar = schedule.oneMinusAlphaBar(from);
    const double fromX0 = std::sqrt(schedule.alphaBar(to)) * schedule.beta(from) / noiseSoFar;
    const double fromXt = std::sqrt(schedule.alpha(from)) * schedule.oneMinusAlphaBar(to) / noiseSoFar;
    return stepOf(from, to, fromXt, fromX0, to == 0 ? 0.0 : sigma(schedule, settings, from));
}

/// x_s = sqrt(alphaBar_s) x0hat + sqrt(1 - alphaBar_s - sigma^2) eps + sigma z with eps derived anew from the
/// clamped x0hat. (Song et al. 2021, eq. 12 and 16)
ReverseStep ddimStep(const NoiseSchedule& schedule, const SamplerSettings& settings, int from, int to) {
    const double kept = schedule.oneMinusAlphaBar(to);
    const double noiseSoFar = schedule.oneMinusAlphaBar(from);
    const double added = -std::expm1(schedule.logAlphaBar(from) - schedule.logAlphaBar(to));
    const double variance = settings.eta * settings.eta * kept / noiseSoFar * added;
    const double fromXt = std::sqrt(std::max(0.0, kept - variance) / noiseSoFar);
    const double fromX0 = std::sqrt(schedule.alphaBar(to)) - fromXt * std::sqrt(schedule.alphaBar(from));
    return stepOf(from, to, fromXt, fromX0, std::sqrt(variance));
}

double upper(const NoiseSchedule& schedule, const SamplerSettings&, int t) {
    return schedule.beta(t);
}

double lower(const NoiseSchedule& schedule, const SamplerSettings&, int t) {
    return schedule.posteriorVariance(t);
}

double interpolated(const NoiseSchedule& schedule, const SamplerSettings& settings, int t) {
    const double mix = settings.sigmaMix;
    const double low = t > 1                  ? schedule.posteriorVariance(t)
                       : schedule.steps() > 1 ? schedule.posteriorVariance(2)
                                              : schedule.beta(t);
    return std::exp(mix * std::log(schedule.beta(t)) + (1.0 - mix) * std::log(low));
}

double zero(const NoiseSchedule&, const SamplerSettings&, int) {
    return 0.0;
}

}  // namespace

std::span<const SamplerRow> samplers() {
    static constexpr SamplerRow rows[] = {
        {{"ddpm", "DDPM", "Every step, each with fresh noise. (Ho et al. 2020)"},
         ddpmStep,
         false,
         true,
         false},
        {{"ddim", "DDIM", "Some of the steps; without noise when η is 0. (Song et al. 2021)"},
         ddimStep,
         true,
         false,
         true},
    };
    return rows;
}

std::span<const SigmaRow> sigmas() {
    static constexpr SigmaRow rows[] = {
        {{"upper", "Upper: β", "Best when the data are standard normal. (Ho et al. 2020)"}, upper},
        {{"lower", "Lower: β̃", "Best when the data are one single point. (Ho et al. 2020)"}, lower},
        {{"interpolated", "Between the two", "Interpolated in the logarithm. (Nichol & Dhariwal 2021)"},
         interpolated},
        {{"zero", "Zero", "No noise: the cloud collapses. (Su and Yang 2025, eq. 1.15)"}, zero},
    };
    return rows;
}

double sigma(const NoiseSchedule& schedule, const SamplerSettings& settings, int t) {
    const SigmaRow& row = sigmas()[static_cast<std::size_t>(settings.sigma)];
    return settings.sigmaScale * std::sqrt(row.variance(schedule, settings, t));
}

std::vector<int> samplingTimes(const NoiseSchedule& schedule, const SamplerSettings& settings) {
    const std::int64_t all = std::max(1, schedule.steps());
    const bool some = samplers()[static_cast<std::size_t>(settings.kind)].subSequence;
    const std::int64_t taken = some ? std::clamp<std::int64_t>(settings.ddimSteps, 1, all) : all;
    std::vector<int> times;
    for (std::int64_t k = taken; k >= 0; --k)
        times.push_back(static_cast<int>((2 * all * k + taken) / (2 * taken)));  // nearest to T k / taken
    return times;
}

std::vector<ReverseStep> reversePlan(const NoiseSchedule& schedule, const SamplerSettings& settings,
                                     Conditioning conditioning, const Box& box) {
    const SamplerRow& row = samplers()[static_cast<std::size_t>(settings.kind)];
    const std::vector<int> times = samplingTimes(schedule, settings);
    std::vector<ReverseStep> plan;
    for (std::size_t i = 0; i + 1 < times.size(); ++i) {
        ReverseStep step = row.step(schedule, settings, times[i], times[i + 1]);
        step.level = noiseLevel(schedule, times[i], conditioning);
        step.clamp = settings.clampX0;
        step.box = box;
        plan.push_back(step);
    }
    return plan;
}

void reverseStart(std::uint64_t seed, std::uint32_t first, std::span<float> positions) {
    for (std::size_t i = 0; i < positions.size() / 2; ++i) {
        const auto z = normalAt(seed, Stream::ReverseStart, first + static_cast<std::uint32_t>(i), 0);
        positions[2 * i] = z[0];
        positions[2 * i + 1] = z[1];
    }
}

void applyReverseStep(const ReverseStep& step, std::uint64_t seed, std::uint32_t firstParticle,
                      std::span<const float> eps, std::span<float> positions) {
    for (std::size_t i = 0; i < positions.size() / 2; ++i) {
        std::array<float, 2> z{};
        if (step.noise != 0.0f)
            z = normalAt(seed, Stream::ReverseChain, firstParticle + static_cast<std::uint32_t>(i),
                         static_cast<std::uint32_t>(step.from));
        for (std::size_t axis = 0; axis < 2; ++axis) {
            float& x = positions[2 * i + axis];
            float x0 = (x - step.level.sqrtOneMinusAlphaBar * eps[2 * i + axis]) / step.level.sqrtAlphaBar;
            if (step.clamp) x0 = std::clamp(x0, step.box.low[axis], step.box.high[axis]);
            x = step.fromXt * x + step.fromX0 * x0 + step.noise * z[axis];
        }
    }
}

double stepNoise(const NoiseSchedule& schedule, const SamplerSettings& settings, int t) {
    const SamplerRow& row = samplers()[static_cast<std::size_t>(settings.kind)];
    if (!row.subSequence) return static_cast<double>(row.step(schedule, settings, t, t - 1).noise);
    const std::vector<int> times = samplingTimes(schedule, settings);  // descending
    const auto below = std::find_if(times.begin(), times.end(), [t](int time) { return time < t; });
    return static_cast<double>(row.step(schedule, settings, *std::prev(below), *below).noise);
}

}  // namespace diffuscope
