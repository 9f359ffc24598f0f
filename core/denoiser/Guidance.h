#pragma once
#include "denoiser/Denoiser.h"
#include "settings/Settings.h"

#include <memory>
#include <span>
#include <vector>

namespace diffuscope {

/// Classifier-free guidance: eps-hat = eps_any + weight (eps_label - eps_any). (Ho & Salimans 2022)
struct Guidance {
    int label = anyClass;
    float weight = 1.0f;

    /// Whether both predictions count; otherwise one evaluation does, of asked().
    [[nodiscard]] bool both() const { return label != anyClass && weight != 0.0f && weight != 1.0f; }
    /// The class of the first evaluation.
    [[nodiscard]] int asked() const { return weight == 0.0f ? anyClass : label; }
    bool operator==(const Guidance&) const = default;
};

/// What the settings ask for of `data`. @throws InputError when the data do not have that class, or the
/// network that is to be asked does not know classes.
[[nodiscard]] Guidance guidanceOf(const Settings& settings, const DataSet& data);

/// What a run that must go on is made under: guidanceOf(), or any class where that throws.
[[nodiscard]] Guidance guidanceOrAny(const Settings& settings, const DataSet& data);

/// eps-hat of any denoiser under guidance. `xt` and `eps` (count, 2). `scratch` keeps its memory between
/// calls.
void guidedEps(const Denoiser& denoiser, std::span<const float> xt, const NoiseLevel& level,
               const Guidance& guidance, std::span<float> eps, std::vector<float>& scratch);

/// What a sampler under guidance predicts with, as a denoiser: guidedEps(), whatever class it is asked for,
/// and the variance that `denoiser` says of asked().
[[nodiscard]] std::shared_ptr<const Denoiser> guidedDenoiser(std::shared_ptr<const Denoiser> denoiser,
                                                             const Guidance& guidance);

}  // namespace diffuscope
