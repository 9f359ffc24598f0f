#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "diffusion/NoiseSchedule.h"

#include <array>
#include <memory>
#include <vector>

namespace diffuscope {

/// A noise level with all its digits: what NoiseLevel is in float. 0 <= alphaBar <= 1.
struct ExactLevel {
    double sqrtAlphaBar;
    double sqrtOneMinusAlphaBar;
};
[[nodiscard]] ExactLevel exactLevel(const NoiseSchedule& schedule, int t);  ///< t = 0…T
[[nodiscard]] ExactLevel exactLevel(const NoiseLevel& level);
[[nodiscard]] ExactLevel exactLevelOfLogSnr(double logSnr);

/// What is known exactly about one x_t when the distribution of x_0 is.
struct Posterior {
    double logDensity;          ///< ln q_t(x_t)
    std::array<double, 2> x0;   ///< E[x_0 | x_t]
    std::array<double, 2> eps;  ///< eps* = E[eps | x_t] = -sqrt(1 - alphaBar) grad ln q_t(x_t)
};

/// A mixture of Gaussians and what noise makes of it, in closed form: component k of q_t has the mean
/// sqrt(alphaBar) m_k and the covariance C_k = alphaBar S_k + (1 - alphaBar) I. With its share r_k of the
/// density (by log-sum-exp) and d_k = x_t - sqrt(alphaBar) m_k,
///     grad ln q_t = -sum r_k C_k^-1 d_k,   E[x_0 | x_t] = sum r_k (m_k + sqrt(alphaBar) S_k C_k^-1 d_k).
class GaussianMixture {
  public:
    /// The components of the class `label`, or all, with weights that sum to 1 anew. A covariance may be
    /// singular or 0.
    /// @throws InputError when there are none, a weight is not positive, or a covariance is none.
    explicit GaussianMixture(const std::vector<GaussianComponent>& components, int label = anyClass);

    /// Where C_k is singular (no noise, and a singular S_k) the density is infinite or 0, and nothing here is
    /// defined.
    [[nodiscard]] Posterior at(std::array<double, 2> xt, const ExactLevel& level) const;

    [[nodiscard]] const std::vector<GaussianComponent>& components() const { return components_; }

  private:
    std::vector<GaussianComponent> components_;
};

/// The best possible denoiser of the distribution itself, which generalises: eps* of a GaussianMixture,
/// calculated in double.
/// @throws InputError as GaussianMixture
[[nodiscard]] std::shared_ptr<const Denoiser> mixtureDenoiser(std::vector<GaussianComponent> mixture);

}  // namespace diffuscope
