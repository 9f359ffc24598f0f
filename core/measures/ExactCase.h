#pragma once
#include "data/DataSet.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/ReverseSampler.h"
#include "training/Readings.h"

#include <array>
#include <span>
#include <vector>

namespace diffuscope {

/// The data for which the whole reverse process is known. (Su and Yang 2025, section 3.5)
///   - one point p: E[x_0 | x_t] = p, and sigma_t^2 = beta-tilde_t is optimal;
///   - x_0 ~ N(0, I): q_t = N(0, I), E[x_0 | x_t] = sqrt(alphaBar_t) x_t, and sigma_t^2 = beta_t is optimal.
enum class ExactCase { None, SinglePoint, StandardNormal };

/// Told from the mixture that the points were drawn from.
[[nodiscard]] ExactCase exactCaseOf(const DataSet& data);

/// The law of a coordinate of x_t is normal with these.
struct ExactMoments {
    int t;
    std::array<double, 2> mean;  ///< along x and y
    double variance;             ///< along each axis
};

/// What the exact denoiser makes of x_T ~ N(0, I) under a plan, whatever its sampler, sigma and multiplier
/// are: E[x_0 | x_t] is linear in x_t, hence so is every step, and mean and variance follow a recursion. For
/// N(0, I) and DDPM it is v_{t-1} = alpha_t v_t + sigma_t^2. A learned variance is taken to be the optimal one.
/// At T and after every step; the clamp is left out
/// of it, which acts on less than a point in ten thousand. Empty unless `data` is an exact case.
[[nodiscard]] std::vector<ExactMoments> exactMoments(const DataSet& data, std::span<const ReverseStep> plan);

/// Mean and variance along both axes of the particles `xt` (count, 2) at time t beside exactMoments(), and
/// beside those of q_t; for the single point and t = 0 also the largest distance to it. Empty unless `data`
/// is an exact case and the plan visits t.
[[nodiscard]] std::vector<ExactReading> exactReadings(const DataSet& data, const NoiseSchedule& schedule,
                                                      std::span<const ReverseStep> plan, int t,
                                                      std::span<const float> xt);

}  // namespace diffuscope
