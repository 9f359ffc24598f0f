#include "denoiser/Guidance.h"

#include "Error.h"
#include "data/DataSet.h"
#include "diffusion/IdealDenoiser.h"

#include <algorithm>
#include <utility>

namespace diffuscope {
namespace {

/// Turns eps-hat of asked() into the guided one.
void addGuidance(const Denoiser& denoiser, std::span<const float> xt, const NoiseLevel& level,
                 const Guidance& guidance, std::span<float> eps, std::vector<float>& scratch) {
    if (!guidance.both()) return;
    scratch.resize(eps.size());
    denoiser.eps(xt, level, anyClass, scratch);
    for (std::size_t i = 0; i < eps.size(); ++i)
        eps[i] = scratch[i] + guidance.weight * (eps[i] - scratch[i]);
}

class GuidedDenoiser : public Denoiser {
  public:
    GuidedDenoiser(std::shared_ptr<const Denoiser> denoiser, const Guidance& guidance)
        : denoiser_(std::move(denoiser)), guidance_(guidance) {}

    void eps(std::span<const float> xt, const NoiseLevel& level, int, std::span<float> eps) const override {
        std::vector<float> scratch;
        guidedEps(*denoiser_, xt, level, guidance_, eps, scratch);
    }

    [[nodiscard]] std::size_t piece() const override {
        return guidance_.both() ? std::max<std::size_t>(1, denoiser_->piece() / 2) : denoiser_->piece();
    }

    [[nodiscard]] bool saysVariance() const override { return denoiser_->saysVariance(); }

    /// The variance is that of the class that is asked about, as in the sampler.
    void epsAndShares(std::span<const float> xt, const NoiseLevel& level, int, std::span<float> eps,
                      std::span<float> shares) const override {
        denoiser_->epsAndShares(xt, level, guidance_.asked(), eps, shares);
        std::vector<float> scratch;
        addGuidance(*denoiser_, xt, level, guidance_, eps, scratch);
    }

  private:
    std::shared_ptr<const Denoiser> denoiser_;
    Guidance guidance_;
};

}  // namespace

Guidance guidanceOf(const Settings& settings, const DataSet& data) {
    const int chosen = settings.sampler.classNumber;
    if (chosen == 0) return {};
    const auto known = data.labels.empty() ? std::size_t{0} : data.classes.size();
    if (known == 0)
        throw InputError("These data have no classes; class " + std::to_string(chosen) +
                         " cannot be sampled.");
    if (static_cast<std::size_t>(chosen) > known)
        throw InputError("There is no class " + std::to_string(chosen) + ": the data have classes 1 to " +
                         std::to_string(known) + ".");
    if (settings.sampler.denoiser == DenoiserKind::Network && layoutOf(settings, data).classes == 0)
        throw InputError("The network has not been told the classes: switch on network.classes first.");
    requireDenoiser(settings.sampler.denoiser, data, chosen - 1);
    return {chosen - 1, static_cast<float>(settings.sampler.guidance)};
}

Guidance guidanceOrAny(const Settings& settings, const DataSet& data) {
    try {
        return guidanceOf(settings, data);
    } catch (const InputError&) {
        return {};
    }
}

void guidedEps(const Denoiser& denoiser, std::span<const float> xt, const NoiseLevel& level,
               const Guidance& guidance, std::span<float> eps, std::vector<float>& scratch) {
    denoiser.eps(xt, level, guidance.asked(), eps);
    addGuidance(denoiser, xt, level, guidance, eps, scratch);
}

std::shared_ptr<const Denoiser> guidedDenoiser(std::shared_ptr<const Denoiser> denoiser,
                                               const Guidance& guidance) {
    return std::make_shared<const GuidedDenoiser>(std::move(denoiser), guidance);
}

}  // namespace diffuscope
