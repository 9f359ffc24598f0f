#pragma once
#include <span>

#include "diffusion/NoiseSchedule.h"

namespace diffuscope {

/// eps* of a finite data set at x_t: with w_i proportional to
/// exp(-|x_t - sqrt(alphaBar) y_i|^2 / (2 (1 - alphaBar))), by log-sum-exp,
/// eps* = (x_t - sqrt(alphaBar) sum w_i y_i) / sqrt(1 - alphaBar).
/// `data` (N, 2), `xt` and `eps` (count, 2).
void idealEps(std::span<const float> data, const NoiseLevel& level, std::span<const float> xt, std::span<float> eps);

}  // namespace diffuscope
