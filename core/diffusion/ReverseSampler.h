#pragma once
#include "data/DataSet.h"
#include "diffusion/BrownianPath.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/Samplers.h"
#include "settings/Settings.h"

#include <span>
#include <vector>

namespace diffuscope {

/// One reverse step on the way from t = `from` to t = `to`, for every sampler. With m the particle's memory:
///     x0hat = (x - level.sqrtOneMinusAlphaBar * eps) / level.sqrtAlphaBar, clamped to `box` if `clamp`
///     x'    = fromXt * x + fromX0 * x0hat + fromMemory * m + noise * exp(f * logRange / 2) * z
///     m'    = keepXt * x + keepX0 * x0hat
/// with z of `stretch` of the particle's Brownian path of the stream ReverseChain and, where logRange is not
/// 0, f = logistic(v) of the network's second head v along the axis: see LevelLoss.
struct ReverseStep {
    int from = 0;
    int to = 0;
    int asked = 0;       ///< the t where the denoiser is asked
    NoiseLevel level{};  ///< of t = asked
    float fromXt = 0.0f;
    float fromX0 = 0.0f;
    float fromMemory = 0.0f;
    float keepXt = 0.0f;
    float keepX0 = 0.0f;
    float noise = 0.0f;
    float logRange = 0.0f;  ///< of a learned variance
    PathStretch stretch{};
    bool clamp = false;
    Box box{};

    [[nodiscard]] bool remembers() const { return fromMemory != 0.0f || keepXt != 0.0f || keepX0 != 0.0f; }
};

/// All steps, in order, T first. Several may lead to the same t (Heun's predictor, Langevin's repetitions):
/// the particle is there after the last of them.
[[nodiscard]] std::vector<ReverseStep> reversePlan(const NoiseSchedule& schedule,
                                                   const SamplerSettings& settings, Conditioning conditioning,
                                                   const Box& box);

/// Noise that the sampler's own step from t adds: for a sub-sequence, of the step that passes t. 0 in the
/// step to the data. Entries t = 1…T; entry 0 is 0. A learned one is shown at the share `shares[t]` of its
/// range (meanShares()), at its lower end without them.
[[nodiscard]] std::vector<double> stepNoises(const NoiseSchedule& schedule, const SamplerSettings& settings,
                                             std::span<const double> shares = {});

/// x_T of particles first … first + count - 1: N(0, I). (count, 2)
void reverseStart(std::uint64_t seed, std::uint32_t first, std::span<float> positions);

/// Applies one step in place given eps-hat. `paths`: pathTiles(seed, Stream::ReverseChain, …) of the
/// particles; `eps`, `positions`, `memory`, `shares` (count, 2); `memory` may be empty for a step that does
/// not remember, `shares` (f above) for one whose logRange is 0. The readable truth of every backend's
/// kernel.
void applyReverseStep(const ReverseStep& step, std::span<PathTile> paths, std::span<const float> eps,
                      std::span<float> positions, std::span<float> memory,
                      std::span<const float> shares = {});

/// The same for particles firstParticle …, whose paths are found anew.
void applyReverseStep(const ReverseStep& step, std::uint64_t seed, std::uint32_t firstParticle,
                      std::span<const float> eps, std::span<float> positions, std::span<float> memory,
                      std::span<const float> shares = {});

}  // namespace diffuscope
