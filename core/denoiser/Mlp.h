#pragma once
#include "diffusion/NoiseSchedule.h"
#include "settings/Settings.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffuscope {

/// Shape of the denoiser: inputFeatures -> width (depth times, SiLU) -> 2, and where each layer's weights lie
/// in the flat parameter vector: per layer the weight (out, in) row-major, then the bias (out).
struct MlpLayout {
    int width = 128;
    int depth = 3;
    Conditioning conditioning = Conditioning::LogSnr;

    struct Layer {
        int in;
        int out;
        std::size_t weight;  ///< offset of (out, in)
        std::size_t bias;    ///< offset of (out)
    };
    [[nodiscard]] std::vector<Layer> layers() const;
    [[nodiscard]] std::size_t parameterCount() const;
    bool operator==(const MlpLayout&) const = default;
};
[[nodiscard]] MlpLayout layoutOf(const NetworkSettings& settings);

/// Number of input features; a multiple of 4.
constexpr int inputFeatures = 32;
constexpr int positionOctaves = 3;                  ///< sines and cosines of f, 2f, 4f times x and y
constexpr float positionFrequency = 1.0f;           ///< f
constexpr int conditionHarmonics = 8;               ///< sines and cosines of g c, 2g c … 8g c
constexpr float conditionFrequency = 0.130899694f;  ///< g = pi / 24: half a turn over [-12, 12]
static_assert(2 + 4 * positionOctaves + 2 + 2 * conditionHarmonics == inputFeatures);

/// What each input feature is, with its formula in x, y and c (the condition), so that the network can be
/// evaluated elsewhere. One entry per feature.
[[nodiscard]] std::vector<std::string> inputFormulas();

/// Input features of one sample. `features` has inputFeatures entries. The readable truth.
void inputOf(float x, float y, float condition, std::span<float> features);

/// Everything that training changes. Vectors are flat in MlpLayout's order.
struct TrainingState {
    MlpLayout layout;
    std::vector<float> parameters;
    std::vector<float> average;       ///< exponential moving average: what every picture uses
    std::vector<float> firstMoment;   ///< Adam's m
    std::vector<float> secondMoment;  ///< Adam's v
    std::int64_t step = 0;
    bool operator==(const TrainingState&) const = default;
};

/// Fresh weights from (seed, Initialisation): He-scaled hidden layers, a zero output layer.
[[nodiscard]] TrainingState initialState(const MlpLayout& layout, std::uint64_t seed);

}  // namespace diffuscope
