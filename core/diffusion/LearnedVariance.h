#pragma once
#include "denoiser/Denoiser.h"
#include "diffusion/NoiseSchedule.h"
#include "settings/Settings.h"

#include <cstdint>
#include <span>
#include <vector>

namespace diffuscope {

/// Whether the sampler can take the variance of its steps where the settings say: a learned one needs the
/// network, and one with a second head. @throws InputError
void requireVariance(const Settings& settings);

/// How a learned variance looks at one glance: the share of its range at which the mean of sigma_t^2 over the
/// noised `points` (count, 2) and both axes lies, for t = 0…T (0 at t = 0). At most 64 steps are asked about,
/// with at most 32 of the points; the shares between are interpolated in lambda. `denoiser` saysVariance().
[[nodiscard]] std::vector<double> meanShares(const Denoiser& denoiser, int label,
                                             const NoiseSchedule& schedule, Conditioning conditioning,
                                             std::span<const float> points, std::uint64_t seed);

}  // namespace diffuscope
