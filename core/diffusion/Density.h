#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "diffusion/GaussianMixture.h"
#include "settings/Settings.h"

#include <span>
#include <vector>

namespace diffuscope {

/// The density q_t(x_t), exactly: of the data set's points, (1/N) sum N(x_t; sqrt(alphaBar) y_i, (1 -
/// alphaBar) I), or of the mixture that they were drawn from. `kind` says which: Mixture is the mixture, the
/// others are the points. `label` is a class or anyClass.
/// @throws InputError as requireDenoiser(), and where there is no density: no noise, and points or components
/// without width
class Density {
  public:
    Density(std::shared_ptr<const DataSet> data, DenoiserKind kind, int label = anyClass);

    /// On the product of two axes, row-major with x fastest: result (ys.size(), xs.size()). Of points by the
    /// separable kernel: the sum over i of k(y, y_i) k(x, x_i) is one product of matrices. There, less than
    /// e^-43 of a point's height along an axis counts as nothing.
    void onGrid(const ExactLevel& level, std::span<const double> xs, std::span<const double> ys,
                std::span<float> density) const;

    /// ln q_t at points (count, 2), by log-sum-exp in double: as far away as one likes.
    void logAt(const ExactLevel& level, std::span<const double> xt, std::span<double> logDensity) const;

  private:
    void require(const ExactLevel& level) const;

    std::vector<float> points_;             // (N, 2), of Ideal
    std::vector<GaussianMixture> mixture_;  // one, of Mixture
};

/// The points of the product of two axes, (ys.size() * xs.size(), 2), x fastest: where a denoiser is asked
/// for a field.
[[nodiscard]] std::vector<float> gridPoints(std::span<const double> xs, std::span<const double> ys);

}  // namespace diffuscope
