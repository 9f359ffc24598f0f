#pragma once
#include "data/DataSet.h"
#include "diffusion/NoiseSchedule.h"
#include "settings/Choice.h"
#include "settings/Settings.h"

#include <span>
#include <vector>

namespace diffuscope {

/// One reverse step from t = `from` to t = `to`, for every sampler:
///     x0hat = (x_from - level.sqrtOneMinusAlphaBar * eps) / level.sqrtAlphaBar, clamped to `box` if `clamp`
///     x_to  = fromXt * x_from + fromX0 * x0hat + noise * z,   z = normalAt(seed, ReverseChain, particle,
///     from)
struct ReverseStep {
    int from;
    int to;
    NoiseLevel level;  ///< of t = from
    float fromXt;
    float fromX0;
    float noise;
    bool clamp;
    Box box;
};

struct SamplerRow {
    Choice choice;
    /// Coefficients of the step from -> to; `level` and the clamp are filled in by reversePlan().
    ReverseStep (*step)(const NoiseSchedule&, const SamplerSettings&, int from, int to);
    bool subSequence;  ///< takes `ddimSteps` of the T steps
    bool usesSigma;    ///< sigma's kind and multiplier apply
    bool usesEta;
};
[[nodiscard]] std::span<const SamplerRow> samplers();

struct SigmaRow {
    Choice choice;
    /// sigma_t^2 before the multiplier. (Ho 2020; Nichol & Dhariwal 2021; Su eq. 1.15)
    double (*variance)(const NoiseSchedule&, const SamplerSettings&, int t);
};
[[nodiscard]] std::span<const SigmaRow> sigmas();

/// sigma_t with its multiplier, as the plots show it: no noise at t = 1 is the step's business, not sigma's.
[[nodiscard]] double sigma(const NoiseSchedule& schedule, const SamplerSettings& settings, int t);

/// Noise that the sampler's own step from t adds: for a sub-sequence, of the step that passes t. 0 in the
/// step to the data.
[[nodiscard]] double stepNoise(const NoiseSchedule& schedule, const SamplerSettings& settings, int t);

/// The steps of t that a sampler visits, descending from T to 0, both included.
[[nodiscard]] std::vector<int> samplingTimes(const NoiseSchedule& schedule, const SamplerSettings& settings);

/// All steps, in order, T first.
[[nodiscard]] std::vector<ReverseStep> reversePlan(const NoiseSchedule& schedule,
                                                   const SamplerSettings& settings, Conditioning conditioning,
                                                   const Box& box);

/// x_T of particles first … first + count - 1: N(0, I). (count, 2)
void reverseStart(std::uint64_t seed, std::uint32_t first, std::span<float> positions);

/// Applies one step in place given eps-hat (both (count, 2)). The readable truth of every backend's kernel.
void applyReverseStep(const ReverseStep& step, std::uint64_t seed, std::uint32_t firstParticle,
                      std::span<const float> eps, std::span<float> positions);

}  // namespace diffuscope
