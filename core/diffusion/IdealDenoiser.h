#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "denoiser/ThreadPool.h"
#include "diffusion/GaussianMixture.h"
#include "diffusion/NoiseSchedule.h"
#include "settings/Settings.h"

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace diffuscope {

/// eps* of a finite data set at x_t: with w_i proportional to
/// exp(-|x_t - sqrt(alphaBar) y_i|^2 / (2 (1 - alphaBar))), by log-sum-exp,
/// eps* = (x_t - sqrt(alphaBar) sum w_i y_i) / sqrt(1 - alphaBar).
/// `data` (N, 2), `xt` and `eps` (count, 2). Many queries of the same data are faster through
/// idealDenoiser().
void idealEps(std::span<const float> data, const NoiseLevel& level, std::span<const float> xt,
              std::span<float> eps);

/// The same at one point in double, with E[x_0 | x_t] and ln q_t(x_t). `data` (N, 2), not empty;
/// alphaBar < 1.
[[nodiscard]] Posterior idealPosterior(std::span<const float> data, std::array<double, 2> xt,
                                       const ExactLevel& level);

/// The best possible denoiser of the points themselves: idealEps() of all, or of those of one class. It
/// reproduces the points.
/// @throws InputError when there are no points
[[nodiscard]] std::shared_ptr<const Denoiser> idealDenoiser(std::shared_ptr<const DataSet> data);

/// The same with the threads of `pool`, which must outlive it: to be asked only by the pool's caller.
[[nodiscard]] std::shared_ptr<const Denoiser> idealDenoiser(std::shared_ptr<const DataSet> data,
                                                            ThreadPool& pool);

/// The denoiser that `kind` names: `network`, the ideal one of `data`, or that of the mixture which `data`
/// was drawn from. @throws InputError as requireDenoiser()
[[nodiscard]] std::shared_ptr<const Denoiser> denoiserFor(DenoiserKind kind,
                                                          std::shared_ptr<const DataSet> data,
                                                          std::shared_ptr<const Denoiser> network);

/// @throws InputError where `data` has no denoiser of that kind, or none of that class.
void requireDenoiser(DenoiserKind kind, const DataSet& data, int label = anyClass);

/// What `denoiser` is wrong by, eps-hat - eps*: the vector at each of the points `xt`. All (count, 2).
void errorField(const Denoiser& denoiser, const Denoiser& ideal, const NoiseLevel& level, int label,
                std::span<const float> xt, std::span<float> error);

/// One coordinate of the score grad ln q_t(x_t) that goes with a noise prediction: -eps / sqrt(1 - alphaBar).
[[nodiscard]] inline float scoreOf(float eps, const NoiseLevel& level) {
    return -eps / level.sqrtOneMinusAlphaBar;
}

/// One coordinate of the guess x0-hat = E[x_0 | x_t] that goes with a noise prediction:
/// (x_t - sqrt(1 - alphaBar) eps) / sqrt(alphaBar).
[[nodiscard]] inline float posteriorMean(float xt, float eps, const NoiseLevel& level) {
    return (xt - level.sqrtOneMinusAlphaBar * eps) / level.sqrtAlphaBar;
}

}  // namespace diffuscope
