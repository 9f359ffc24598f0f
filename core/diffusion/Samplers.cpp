#include "diffusion/Samplers.h"

#include "diffusion/ReverseSampler.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

/// A step without noise, which asks the denoiser at its beginning.
ReverseStep stepOf(const SamplerWalk& walk, std::size_t i, double fromXt, double fromX0) {
    ReverseStep step;
    step.from = walk.times[i];
    step.to = walk.times[i + 1];
    step.asked = step.from;
    step.fromXt = static_cast<float>(fromXt);
    step.fromX0 = static_cast<float>(fromX0);
    return step;
}

void addNoise(const SamplerWalk& walk, double deviation, std::uint32_t lap, ReverseStep& step) {
    step.noise = static_cast<float>(deviation);
    step.stretch = pathStretch(step.to, step.from, walk.schedule.steps(), lap);
}

/// Mean of q(x_{t-1} | x_t, x0hat) and sigma_t. (Ho 2020, eq. 7)
void ddpm(const SamplerWalk& walk, std::size_t i, std::vector<ReverseStep>& plan) {
    const NoiseSchedule& schedule = walk.schedule;
    const int t = walk.times[i];
    const double noiseSoFar = schedule.oneMinusAlphaBar(t);
    const double fromX0 = std::sqrt(schedule.alphaBar(t - 1)) * schedule.beta(t) / noiseSoFar;
    const double fromXt = std::sqrt(schedule.alpha(t)) * schedule.oneMinusAlphaBar(t - 1) / noiseSoFar;
    plan.push_back(stepOf(walk, i, fromXt, fromX0));
    if (t == 1) return;
    addNoise(walk, sigma(schedule, walk.settings, t), 0, plan.back());
    if (sigmaRow(walk.settings).learned)
        plan.back().logRange = static_cast<float>(schedule.logVarianceRange(t));
}

/// x_s = sqrt(alphaBar_s) x0hat + sqrt(1 - alphaBar_s - sigma^2) eps + sigma z with eps derived anew from the
/// clamped x0hat. (Song et al. 2021, eq. 12 and 16)
ReverseStep ddimStep(const SamplerWalk& walk, std::size_t i, double eta) {
    const NoiseSchedule& schedule = walk.schedule;
    const int from = walk.times[i];
    const int to = walk.times[i + 1];
    const double kept = schedule.oneMinusAlphaBar(to);
    const double noiseSoFar = schedule.oneMinusAlphaBar(from);
    const double added = -std::expm1(schedule.logAlphaBar(from) - schedule.logAlphaBar(to));
    const double variance = eta * eta * kept / noiseSoFar * added;
    const double fromXt = std::sqrt(std::max(0.0, kept - variance) / noiseSoFar);
    const double fromX0 = std::sqrt(schedule.alphaBar(to)) - fromXt * std::sqrt(schedule.alphaBar(from));
    ReverseStep step = stepOf(walk, i, fromXt, fromX0);
    if (variance > 0.0) addNoise(walk, std::sqrt(variance), 0, step);
    return step;
}

void ddim(const SamplerWalk& walk, std::size_t i, std::vector<ReverseStep>& plan) {
    plan.push_back(ddimStep(walk, i, walk.settings.eta));
}

/// The probability-flow equation in y = x / sqrt(alphaBar) and s = sqrt((1 - alphaBar) / alphaBar) is
/// dy/ds = eps = (y - x0hat) / s. The first half is Euler's step, which is DDIM's, and remembers
/// y + (s' - s)/2 eps in units of the new x; the second asks there and adds (s' - s)/2 eps'. Where there is
/// nothing to ask (s' = 0), and where s' < s/8, so that the difference of two slopes that hardly differ would
/// be magnified instead of the error removed, Euler's step stays. (Karras et al. 2022, algorithm 1)
void heun(const SamplerWalk& walk, std::size_t i, std::vector<ReverseStep>& plan) {
    constexpr double largestRatio = 8.0;
    const NoiseSchedule& schedule = walk.schedule;
    const int from = walk.times[i];
    const int to = walk.times[i + 1];
    ReverseStep half = ddimStep(walk, i, 0.0);
    const double ratio = to == 0 ? INFINITY : std::exp(0.5 * (schedule.logSnr(to) - schedule.logSnr(from)));
    if (ratio > largestRatio) {
        plan.push_back(half);
        return;
    }
    const double signal = std::sqrt(schedule.alphaBar(to));
    const double growth = std::exp(0.5 * (schedule.logAlphaBar(to) - schedule.logAlphaBar(from)));
    half.keepXt = static_cast<float>(0.5 * growth * (1.0 + 1.0 / ratio));
    half.keepX0 = static_cast<float>(0.5 * signal * (1.0 - 1.0 / ratio));
    plan.push_back(half);
    ReverseStep rest = stepOf(walk, i, 0.5 * (1.0 - ratio), 0.5 * signal * (ratio - 1.0));
    rest.asked = to;
    rest.fromMemory = 1.0f;
    plan.push_back(rest);
}

/// With L = lambda/2, h = L_s - L_t, r = (the step before) / h and the guess before in memory:
///     x_s = sqrt((1-alphaBar_s)/(1-alphaBar_t)) x_t
///           + sqrt(alphaBar_s) (1 - e^-h) ((1 + 1/2r) x0hat - 1/2r x0hat_before);
/// of first order in the first step and in the one to the data. (Lu et al. 2022, "DPM-Solver++", 2M)
void dpmSolver(const SamplerWalk& walk, std::size_t i, std::vector<ReverseStep>& plan) {
    const NoiseSchedule& schedule = walk.schedule;
    ReverseStep step = ddimStep(walk, i, 0.0);
    step.keepX0 = 1.0f;
    if (i > 0 && step.to > 0) {
        const double before = schedule.logSnr(step.from) - schedule.logSnr(walk.times[i - 1]);
        const double share = 0.5 * (schedule.logSnr(step.to) - schedule.logSnr(step.from)) / before;
        step.fromMemory = static_cast<float>(-share * double(step.fromX0));
        step.fromX0 = static_cast<float>((1.0 + share) * double(step.fromX0));
    }
    plan.push_back(step);
}

/// Euler's step along the velocity eps - x0hat of x_s = (1 - s) x_0 + s eps, with eps derived anew from the
/// clamped x0hat and x_t = x_s / sqrt((1-s)^2 + s^2). (Lipman et al. 2022)
void straight(const SamplerWalk& walk, std::size_t i, std::vector<ReverseStep>& plan) {
    const double s = flowTime(walk.schedule, walk.times[i]);
    const double next = flowTime(walk.schedule, walk.times[i + 1]);
    const double length = std::hypot(1.0 - s, s);
    const double nextLength = std::hypot(1.0 - next, next);
    plan.push_back(stepOf(walk, i, next / s * length / nextLength, (1.0 - next / s) / nextLength));
}

/// x <- x + (h/2) score + sqrt(h) z at the level of `to`, h a share of 1 - alphaBar there, a few times over:
/// as long as the level stands still, this leads to q_t itself, up to a share of h. Each repetition has a
/// Brownian path of its own, so that another number of them keeps the noise of those before. The step to the
/// data takes the guess at the last level. (Song & Ermon 2019; Su/Yang 2025, section 1.6)
void langevin(const SamplerWalk& walk, std::size_t i, std::vector<ReverseStep>& plan) {
    const int to = walk.times[i + 1];
    if (to == 0) {
        plan.push_back(stepOf(walk, i, 0.0, 1.0));
        return;
    }
    const double size = walk.settings.langevinSize;
    const double signal = std::sqrt(walk.schedule.alphaBar(to));
    const double noise = std::sqrt(walk.schedule.oneMinusAlphaBar(to));
    for (int lap = 0; lap < walk.settings.langevinSteps; ++lap) {
        ReverseStep step = stepOf(walk, i, 1.0 - 0.5 * size, 0.5 * size * signal);
        step.asked = to;
        addNoise(walk, std::sqrt(size) * noise, static_cast<std::uint32_t>(lap), step);
        plan.push_back(step);
    }
}

double upper(const NoiseSchedule& schedule, const SamplerSettings&, int t) {
    return schedule.beta(t);
}

double lower(const NoiseSchedule& schedule, const SamplerSettings&, int t) {
    return schedule.posteriorVariance(t);
}

double interpolated(const NoiseSchedule& schedule, const SamplerSettings& settings, int t) {
    const double mix = settings.sigmaMix;
    return std::exp(mix * std::log(schedule.beta(t)) + (1.0 - mix) * std::log(schedule.lowerVariance(t)));
}

double learned(const NoiseSchedule& schedule, const SamplerSettings&, int t) {
    return schedule.lowerVariance(t);
}

double zero(const NoiseSchedule&, const SamplerSettings&, int) {
    return 0.0;
}

bool always(const SamplerSettings&) {
    return true;
}

}  // namespace

std::span<const SamplerRow> samplers() {
    static constexpr SamplerRow rows[] = {
        {{"ddpm", "DDPM", "Every step, each with fresh noise. (Ho et al. 2020)"},
         "x<sub>t−1</sub> = (x<sub>t</sub> − β<sub>t</sub>/√(1−ᾱ<sub>t</sub>) %1) / √α<sub>t</sub> + %2",
         Visits::All,
         0,
         true,
         false,
         false,
         [](const SamplerSettings& s) { return s.sigma == SigmaKind::Zero || s.sigmaScale == 0.0; },
         ddpm},
        {{"ddim", "DDIM", "Some of the steps; without noise when η is 0. (Song et al. 2021)"},
         "x<sub>s</sub> = √ᾱ<sub>s</sub> x̂<sub>0</sub> + √(1−ᾱ<sub>s</sub>−σ<sub>t</sub>²) %1 + %2",
         Visits::Spaced,
         50,
         false,
         true,
         false,
         [](const SamplerSettings& s) { return s.eta == 0.0; },
         ddim},
        {{"heun", "Heun", "The probability-flow equation by Heun's method. (Karras et al. 2022)"},
         "d(x/√ᾱ) / d√((1−ᾱ)/ᾱ) = %1",
         Visits::Spaced,
         25,
         false,
         false,
         false,
         always,
         heun},
        {{"dpm-solver", "DPM-Solver++", "Goes on along the last two guesses: few steps. (Lu et al. 2022)"},
         "x<sub>s</sub> = √((1−ᾱ<sub>s</sub>)/(1−ᾱ<sub>t</sub>)) x<sub>t</sub> + √ᾱ<sub>s</sub> "
         "(1−e<sup>−h</sup>) x̂<sub>0</sub>(%1)",
         Visits::Spaced,
         20,
         false,
         false,
         false,
         always,
         dpmSolver},
        {{"straight", "Straight path", "Flow matching: Euler's steps along ε − x. (Lipman et al. 2022)"},
         "x<sub>s′</sub> = x<sub>s</sub> + (s′ − s)(%1 − x̂<sub>0</sub>)",
         Visits::FlowTimes,
         50,
         false,
         false,
         false,
         always,
         straight},
        {{"langevin", "Langevin", "Noise level by noise level, along the score. (Song & Ermon 2019)"},
         "x ← x − (h/2) %1/√(1−ᾱ<sub>t</sub>) + %2",
         Visits::Spaced,
         50,
         false,
         false,
         true,
         [](const SamplerSettings&) { return false; },
         langevin},
    };
    return rows;
}

const SamplerRow& samplerRow(const SamplerSettings& settings) {
    return samplers()[static_cast<std::size_t>(settings.kind)];
}

bool isDeterministic(const SamplerSettings& settings) {
    return samplerRow(settings).deterministic(settings);
}

std::span<const SigmaRow> sigmas() {
    static constexpr SigmaRow rows[] = {
        {{"upper", "Upper: β", "Best when the data are standard normal. (Ho et al. 2020)"}, upper},
        {{"lower", "Lower: β̃", "Best when the data are one single point. (Ho et al. 2020)"}, lower},
        {{"interpolated", "Between the two", "Interpolated in the logarithm. (Nichol & Dhariwal 2021)"},
         interpolated},
        {{"learned", "Learned",
          "The network says it, for each particle: its second head, of the loss with learned variance. "
          "(Nichol & Dhariwal 2021)"},
         learned,
         true},
        {{"zero", "Zero", "No noise: the cloud collapses. (Su and Yang 2025, eq. 1.15)"}, zero},
    };
    return rows;
}

const SigmaRow& sigmaRow(const SamplerSettings& settings) {
    return sigmas()[static_cast<std::size_t>(settings.sigma)];
}

bool learnsSigma(const SamplerSettings& settings) {
    return samplerRow(settings).usesSigma && sigmaRow(settings).learned;
}

double sigma(const NoiseSchedule& schedule, const SamplerSettings& settings, int t) {
    return settings.sigmaScale * std::sqrt(sigmaRow(settings).variance(schedule, settings, t));
}

}  // namespace diffuscope
