#pragma once
#include "denoiser/Denoiser.h"
#include "measures/Measuring.h"

#include <cstdint>
#include <span>
#include <vector>

namespace diffuscope {

/// ln p_1 (nats) of points `x1` (count, 2) at the noise level of t = 1, under the probability-flow ODE of
/// `denoiser` from the prior N(0, I) at T. With u = -lambda/2 and s = sqrt(1 - alphaBar)
///     dx/du = s (eps-hat - s x),   d ln p/du = -div(dx/du) = -s (tr d eps-hat/dx - 2 s)
/// (Song et al. 2021, eq. 13 and 39, in the log-SNR), by the classical Runge-Kutta method in `steps` equal
/// steps of lambda, to lambda_T, or to -20 where that is lower: there less than 1e-8 of the variance is the
/// data's, so that p is the prior, and what a network says there, far below all that it was trained on, would
/// only be added noise. The divergence is the exact one of two dimensions, no estimate by random directions:
/// its two Jacobian columns are central differences over 0.01 s either way: 5e-4 nats or less.
[[nodiscard]] std::vector<double> logDensities(const Denoiser& denoiser, int label,
                                               const NoiseSchedule& schedule, Conditioning conditioning,
                                               std::span<const float> x1, int steps,
                                               const Measuring& measuring);

/// Mean of ln p_1 over data `points` (count, 2) with the noise that t = 1 adds: x_1 = sqrt(alphaBar_1) x_0 +
/// sqrt(1 - alphaBar_1) eps, eps = normalAt(seed, Measure, point, 2). What is measured is thus the density of
/// the data smoothed by the schedule's least noise, which exists where the data's own does not.
struct Likelihood {
    double mean;    ///< nats
    double error;   ///< its standard error, from the scatter over the points
    double logSnr;  ///< lambda_1, where it was taken
    int count;
};
/// @throws InputError without points
[[nodiscard]] Likelihood logLikelihood(const Denoiser& denoiser, int label, const NoiseSchedule& schedule,
                                       Conditioning conditioning, std::span<const float> points, int steps,
                                       std::uint64_t seed, const Measuring& measuring);

}  // namespace diffuscope
