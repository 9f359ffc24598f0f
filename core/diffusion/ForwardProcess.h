#pragma once
#include <cstdint>
#include <span>

#include "diffusion/NoiseSchedule.h"

namespace diffuscope {

/// x_0 of particles first … first + count - 1: data points picked by (seed, ForwardStart, particle). (count, 2)
void forwardStart(std::span<const float> data, std::uint64_t seed, std::uint32_t first, std::span<float> positions);

/// One step of the chain, in place: x_t = sqrt(1 - beta_t) x_{t-1} + sqrt(beta_t) z with
/// z = normalAt(seed, ForwardChain, particle, t). (Ho 2020, eq. 2)
void forwardStep(const NoiseSchedule& schedule, int t, std::uint64_t seed, std::uint32_t firstParticle,
                 std::span<float> positions);

/// Closed form: x_t = sqrt(alphaBar_t) x_0 + sqrt(1 - alphaBar_t) eps. (Ho 2020, eq. 4)
void forwardClosedForm(const NoiseSchedule& schedule, int t, std::span<const float> x0, std::span<const float> eps,
                       std::span<float> xt);

}  // namespace diffuscope
