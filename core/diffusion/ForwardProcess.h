#pragma once
#include "diffusion/ForwardNoise.h"
#include "diffusion/NoiseSchedule.h"

#include <cstdint>
#include <span>

namespace diffuscope {

/// x_0 of particles first … first + count - 1: data points picked by (seed, ForwardStart, particle). (count,
/// 2)
void forwardStart(std::span<const float> data, std::uint64_t seed, std::uint32_t first,
                  std::span<float> positions);

/// Steps firstT … firstT + steps - 1 of the chain, in place:
///     x_t = sqrt(1 - beta_t) x_{t-1} + sqrt(beta_t) z
/// with z of the stretch [(t - 1)/T, t/T] of each particle's Brownian path of the stream ForwardChain.
/// `frames` (steps, count, 2) takes the positions after every step, or is empty. (Ho 2020, eq. 2)
void forwardSteps(const NoiseSchedule& schedule, int firstT, int steps, std::uint64_t seed,
                  std::uint32_t firstParticle, std::span<float> positions, std::span<float> frames);

/// The same, bit for bit, with noise that may have been drawn before; the particles are among its own.
void forwardSteps(const NoiseSchedule& schedule, int firstT, int steps, ForwardNoise& noise,
                  std::uint32_t firstParticle, std::span<float> positions, std::span<float> frames);

/// One of these steps.
void forwardStep(const NoiseSchedule& schedule, int t, std::uint64_t seed, std::uint32_t firstParticle,
                 std::span<float> positions);

/// Closed form: x_t = sqrt(alphaBar_t) x_0 + sqrt(1 - alphaBar_t) eps. (Ho 2020, eq. 4)
void forwardClosedForm(const NoiseSchedule& schedule, int t, std::span<const float> x0,
                       std::span<const float> eps, std::span<float> xt);

}  // namespace diffuscope
