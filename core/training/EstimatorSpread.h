#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "diffusion/NoiseSchedule.h"
#include "training/Readings.h"

#include <cstdint>
#include <functional>

namespace diffuscope {

/// Two estimators of the loss of Su 2025, eq. 1.10, over the same `batches` batches of draws (x_0, t, eps_t,
/// eps-bar_{t-1}), t stratified over each batch, from the stream Spread of `seed`. With
/// c_t^2 = beta_t/(1 - alphaBar_t) and the noise of both steps together
/// eps = sqrt(1 - c_t^2) eps-bar_{t-1} + c_t eps_t, x_t = sqrt(alphaBar_t) x_0 + sqrt(1 - alphaBar_t) eps:
///
///     four-variable   |eps_t - c_t eps-hat(x_t)|^2
///     simple          c_t^2 |eps - eps-hat(x_t)|^2 + 2 (1 - c_t^2)
///
/// The second is the mean of the first over what x_t does not show of eps_t, so both expect the same, and its
/// variance is never the larger one. At least two batches are drawn. Works in the calling thread and calls
/// `checkpoint`, which may throw to give up, after each t.
[[nodiscard]] SpreadReading estimatorSpread(
    const Denoiser& denoiser, const DataSet& data, const NoiseSchedule& schedule, Conditioning conditioning,
    int batches, int batchSize, std::uint64_t seed, const std::function<void()>& checkpoint = [] {});

}  // namespace diffuscope
