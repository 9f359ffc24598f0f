#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "measures/Measuring.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffuscope {

/// The bound on -log p(x_0) in bits per dimension (there are two), term by term.
struct VariationalBound {
    /// T + 1 terms. L_0 = E[-log p(x_0 | x_1)], a continuous density, so that it and the bound are
    /// differential: they may be negative, and another unit of length shifts them.
    /// L_{t-1} = E KL(q(x_{t-1} | x_t, x_0) || p(x_{t-1} | x_t)) for t = 2…T; L_T = E KL(q(x_T | x_0) || N(0,
    /// I)).
    std::vector<double> terms;
    double bitsPerDim = 0.0;  ///< their sum
    double error = 0.0;       ///< its standard error, from the scatter over the points
    int count = 0;            ///< points that every term was averaged over
    std::string note;         ///< a sentence where the settings' variance had to be replaced, else empty
};

/// Of the reverse process that DDPM's sampler runs with these settings: p(x_{t-1} | x_t) is N(mu, sigma_t^2
/// I), mu the mean of q(x_{t-1} | x_t, x0hat), x0hat of `denoiser` and clamped to `box` where the settings
/// say so, sigma_t as chosen, with its multiplier; a learned one is the denoiser's own at each x_t, along
/// each axis. The KL of the two Gaussians is in closed form (Ho 2020, eq. 5-8); the expectation is over
/// `points` (count, 2), each with one noise normalAt(seed, Measure, point, 16 + t) per t. beta-tilde_1 = 0 is
/// replaced by beta-tilde_2, or by beta_1 where T = 1.
/// @throws InputError without points, where sigma_t is 0: then no density is left and the bound is infinite,
/// and where a learned sigma_t is asked of a denoiser that says none.
[[nodiscard]] VariationalBound variationalBound(const Denoiser& denoiser, int label,
                                                const NoiseSchedule& schedule,
                                                const SamplerSettings& settings, Conditioning conditioning,
                                                const Box& box, std::span<const float> points,
                                                std::uint64_t seed, const Measuring& measuring);

}  // namespace diffuscope
