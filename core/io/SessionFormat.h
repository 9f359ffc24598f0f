#pragma once
#include "denoiser/Mlp.h"

#include <nlohmann/json.hpp>

#include <string_view>
#include <vector>

namespace diffuscope {

// What the reader and the writer of session files agree on.

constexpr std::string_view sessionFormat = "diffuscope";
constexpr int sessionMajorVersion = 1;
constexpr std::string_view sessionVersion = "1.0";

/// The four vectors of a training state and the prefix that their tensors have.
struct SessionPart {
    std::string_view prefix;
    std::vector<float> TrainingState::*values;
};
inline constexpr SessionPart sessionParts[] = {{"denoiser.", &TrainingState::parameters},
                                               {"ema.denoiser.", &TrainingState::average},
                                               {"adam.m.denoiser.", &TrainingState::firstMoment},
                                               {"adam.v.denoiser.", &TrainingState::secondMoment}};

/// What the network's inputs, hidden layers and output are, so that it can be evaluated elsewhere.
[[nodiscard]] nlohmann::ordered_json sessionInputs(const MlpLayout& layout);

}  // namespace diffuscope
