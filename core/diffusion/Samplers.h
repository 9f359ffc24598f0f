#pragma once
#include "diffusion/NoiseSchedule.h"
#include "settings/Choice.h"
#include "settings/Settings.h"

#include <span>
#include <vector>

namespace diffuscope {

struct ReverseStep;

/// The way of a sampler through the steps of t.
struct SamplerWalk {
    const NoiseSchedule& schedule;
    const SamplerSettings& settings;
    std::span<const int> times;  ///< descending from T to 0
};

/// Which t's a sampler visits.
enum class Visits {
    All,        ///< T, T - 1 … 0
    Spaced,     ///< `steps` of them, spread as `spacing` says
    FlowTimes,  ///< `steps` of them, even in the time s of the straight path
};

struct SamplerRow {
    Choice choice;
    /// What it does, as rich text: %1 stands for eps-hat, %2 for the noise sigma z.
    const char* equation;
    Visits visits;
    int recommendedSteps;  ///< where it visits some: enough for a good picture; else 0
    bool usesSigma;        ///< sigma's kind and multiplier apply
    bool usesEta;
    bool usesLangevin;  ///< langevinSteps and langevinSize apply
    bool (*deterministic)(const SamplerSettings&);
    /// Appends the steps from times[i] to times[i + 1]; their level and clamp are filled in by reversePlan().
    void (*append)(const SamplerWalk&, std::size_t i, std::vector<ReverseStep>& plan);
};
[[nodiscard]] std::span<const SamplerRow> samplers();
[[nodiscard]] const SamplerRow& samplerRow(const SamplerSettings& settings);

/// No step adds noise, so a particle's start decides its whole path.
[[nodiscard]] bool isDeterministic(const SamplerSettings& settings);

struct SigmaRow {
    Choice choice;
    /// sigma_t^2 before the multiplier; of a learned one its lower end. (Ho 2020; Nichol & Dhariwal 2021; Su
    /// eq. 1.15)
    double (*variance)(const NoiseSchedule&, const SamplerSettings&, int t);
    /// The network's second head says the variance, for each particle and axis: lowerVariance(t) times
    /// exp(f logVarianceRange(t)), f its share. See requireVariance().
    bool learned = false;
};
[[nodiscard]] std::span<const SigmaRow> sigmas();
[[nodiscard]] const SigmaRow& sigmaRow(const SamplerSettings& settings);

/// Whether the sampler's steps take the variance from the network.
[[nodiscard]] bool learnsSigma(const SamplerSettings& settings);

/// sigma_t with its multiplier, before the step's own rule that t = 1 adds no noise. Of a learned variance
/// its lower end.
[[nodiscard]] double sigma(const NoiseSchedule& schedule, const SamplerSettings& settings, int t);

/// Rows of SpacingKind: how a sub-sequence lies in t.
[[nodiscard]] std::span<const Choice> spacings();

/// The steps of t that a sampler visits, descending from T to 0, both included: T + 1 of them, or
/// min(steps, T) + 1 of a sub-sequence, all distinct. A spacing's own times are rounded to the nearest t and
/// moved apart where two would fall together.
[[nodiscard]] std::vector<int> samplingTimes(const NoiseSchedule& schedule, const SamplerSettings& settings);

/// s of the straight path x_s = (1 - s) x_0 + s eps that has the signal-to-noise ratio of t:
/// lambda = 2 ln((1 - s)/s), so s = sqrt(1 - alphaBar) / (sqrt(alphaBar) + sqrt(1 - alphaBar)). (Lipman 2022)
[[nodiscard]] double flowTime(const NoiseSchedule& schedule, int t);

}  // namespace diffuscope
