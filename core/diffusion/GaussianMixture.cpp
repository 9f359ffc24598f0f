#include "diffusion/GaussianMixture.h"

#include "Error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

namespace diffuscope {
namespace {

void requireComponent(const GaussianComponent& component) {
    const auto& [xx, xy, yy] = component.covariance;
    const bool finite = std::isfinite(component.mean[0]) && std::isfinite(component.mean[1]) &&
                        std::isfinite(xx) && std::isfinite(xy) && std::isfinite(yy);
    if (!finite || !(component.weight > 0.0) || !std::isfinite(component.weight))
        throw InputError("A component of the mixture needs a positive weight and finite numbers.");
    if (xx < 0.0 || yy < 0.0 || xy * xy > xx * yy * (1.0 + 1e-12))
        throw InputError("The covariance of a component of the mixture is not positive semi-definite.");
}

/// One component of q_t at a point.
struct Seen {
    double logWeighted;            ///< ln (weight N(x; mean, C))
    std::array<double, 2> solved;  ///< C^-1 d
};

/// The determinant is written out in the noise, so that it keeps its digits where S is singular:
/// det C = alphaBar^2 det S + alphaBar (1 - alphaBar) tr S + (1 - alphaBar)^2.
Seen look(const GaussianComponent& component, std::array<double, 2> xt, const ExactLevel& level) {
    const double alphaBar = level.sqrtAlphaBar * level.sqrtAlphaBar;
    const double noise = level.sqrtOneMinusAlphaBar * level.sqrtOneMinusAlphaBar;
    const auto& [xx, xy, yy] = component.covariance;
    const double determinant =
        alphaBar * alphaBar * std::max(0.0, xx * yy - xy * xy) + alphaBar * noise * (xx + yy) + noise * noise;
    const double dx = xt[0] - level.sqrtAlphaBar * component.mean[0];
    const double dy = xt[1] - level.sqrtAlphaBar * component.mean[1];
    const std::array<double, 2> solved{((alphaBar * yy + noise) * dx - alphaBar * xy * dy) / determinant,
                                       ((alphaBar * xx + noise) * dy - alphaBar * xy * dx) / determinant};
    const double square = dx * solved[0] + dy * solved[1];
    return {std::log(component.weight) - std::log(2.0 * std::numbers::pi) - 0.5 * std::log(determinant) -
                0.5 * square,
            solved};
}

class MixtureDenoiser : public Denoiser {
  public:
    explicit MixtureDenoiser(const std::vector<GaussianComponent>& mixture) : all_(mixture) {
        for (const GaussianComponent& component : mixture)
            if (!classes_.contains(component.label))
                classes_.emplace(component.label, GaussianMixture(mixture, component.label));
    }

    void eps(std::span<const float> xt, const NoiseLevel& level, int label,
             std::span<float> eps) const override {
        const GaussianMixture& mixture = of(label);
        const ExactLevel exact = exactLevel(level);
        for (std::size_t i = 0; i + 1 < xt.size(); i += 2) {
            const Posterior posterior = mixture.at({double(xt[i]), double(xt[i + 1])}, exact);
            eps[i] = static_cast<float>(posterior.eps[0]);
            eps[i + 1] = static_cast<float>(posterior.eps[1]);
        }
    }

  private:
    [[nodiscard]] const GaussianMixture& of(int label) const {
        const auto found = classes_.find(label);
        return label == anyClass || found == classes_.end() ? all_ : found->second;
    }

    GaussianMixture all_;
    std::map<std::int32_t, GaussianMixture> classes_;
};

}  // namespace

ExactLevel exactLevel(const NoiseSchedule& schedule, int t) {
    return {std::exp(0.5 * schedule.logAlphaBar(t)), std::sqrt(schedule.oneMinusAlphaBar(t))};
}

ExactLevel exactLevel(const NoiseLevel& level) {
    return {static_cast<double>(level.sqrtAlphaBar), static_cast<double>(level.sqrtOneMinusAlphaBar)};
}

ExactLevel exactLevelOfLogSnr(double logSnr) {
    return {1.0 / std::sqrt(1.0 + std::exp(-logSnr)), 1.0 / std::sqrt(1.0 + std::exp(logSnr))};
}

GaussianMixture::GaussianMixture(const std::vector<GaussianComponent>& components, int label) {
    double total = 0.0;
    for (const GaussianComponent& component : components) {
        requireComponent(component);
        if (label != anyClass && component.label != label) continue;
        components_.push_back(component);
        total += component.weight;
    }
    if (components_.empty()) throw InputError("The data set is no mixture of Gaussians.");
    for (GaussianComponent& component : components_) component.weight /= total;
}

Posterior GaussianMixture::at(std::array<double, 2> xt, const ExactLevel& level) const {
    double greatest = -std::numeric_limits<double>::infinity();
    double sum = 0.0;
    std::array<double, 2> x0{};
    std::array<double, 2> score{};
    for (const GaussianComponent& component : components_) {
        const Seen seen = look(component, xt, level);
        if (seen.logWeighted > greatest) {
            const double rescale = std::exp(greatest - seen.logWeighted);
            sum *= rescale;
            for (double* value : {&x0[0], &x0[1], &score[0], &score[1]}) *value *= rescale;
            greatest = seen.logWeighted;
        }
        const double share = std::exp(seen.logWeighted - greatest);
        const auto& [xx, xy, yy] = component.covariance;
        sum += share;
        x0[0] +=
            share * (component.mean[0] + level.sqrtAlphaBar * (xx * seen.solved[0] + xy * seen.solved[1]));
        x0[1] +=
            share * (component.mean[1] + level.sqrtAlphaBar * (xy * seen.solved[0] + yy * seen.solved[1]));
        for (std::size_t axis = 0; axis < 2; ++axis) score[axis] -= share * seen.solved[axis];
    }
    Posterior result{greatest + std::log(sum), {x0[0] / sum, x0[1] / sum}, {}};
    for (std::size_t axis = 0; axis < 2; ++axis)
        result.eps[axis] = -level.sqrtOneMinusAlphaBar * score[axis] / sum;
    return result;
}

std::shared_ptr<const Denoiser> mixtureDenoiser(std::vector<GaussianComponent> mixture) {
    return std::make_shared<const MixtureDenoiser>(mixture);
}

}  // namespace diffuscope
