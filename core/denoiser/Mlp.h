#pragma once
#include "data/DataSet.h"
#include "diffusion/NoiseSchedule.h"
#include "settings/Settings.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffuscope {

/// Shape of the denoiser: inputFeatures + classes -> width (depth times, SiLU) -> outputs, and where each
/// layer's weights lie in the flat parameter vector: per layer the weight (out, in) row-major, then the bias
/// (out). Outputs: the prediction in its parametrisation, x and y; with two heads also v of each axis, which
/// says the variance (see LevelLoss).
struct MlpLayout {
    int width = 128;
    int depth = 3;
    Conditioning conditioning = Conditioning::LogSnr;
    Parametrisation parametrisation = Parametrisation::Eps;
    int classes = 0;  ///< inputs that are 1 for the point's class and else 0; all 0: of any class
    bool twoHeads = false;

    [[nodiscard]] int inputs() const;
    [[nodiscard]] int outputs() const { return twoHeads ? 4 : 2; }

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

constexpr int mostClasses = 64;

/// Of the network that `settings` ask for, for data of so many classes.
[[nodiscard]] MlpLayout layoutOf(const Settings& settings, int classes);
/// For `data`: with their classes, unless the settings forbid it or there are more than mostClasses.
[[nodiscard]] MlpLayout layoutOf(const Settings& settings, const DataSet& data);

/// Number of input features; a multiple of 4.
constexpr int inputFeatures = 32;
constexpr int positionOctaves = 3;                  ///< sines and cosines of f, 2f, 4f times x and y
constexpr float positionFrequency = 1.0f;           ///< f
constexpr int conditionHarmonics = 8;               ///< sines and cosines of g c, 2g c … 8g c
constexpr float conditionFrequency = 0.130899694f;  ///< g = pi / 24: half a turn over [-12, 12]
static_assert(2 + 4 * positionOctaves + 2 + 2 * conditionHarmonics == inputFeatures);

/// What each input feature is, with its formula in x, y, c (the condition) and k (the class, counted from 0),
/// so that the network can be evaluated elsewhere. One entry per feature.
[[nodiscard]] std::vector<std::string> inputFormulas(int classes = 0);

/// Input features of one sample. `features` has inputFeatures entries, then one for each class; `label` may
/// be anyClass. The readable truth.
void inputOf(float x, float y, float condition, std::span<float> features, int label = anyClass);

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

/// Fresh weights from (seed, Initialisation): He-scaled hidden layers, a zero output layer and zero weights
/// of the classes' inputs.
[[nodiscard]] TrainingState initialState(const MlpLayout& layout, std::uint64_t seed);

/// Whether a network of the one layout can be made into the other and predict the same for points of any
/// class: where they differ in the classes and the second head alone.
[[nodiscard]] bool adaptable(const MlpLayout& from, const MlpLayout& to);

/// `state` in another layout that it is adaptable to: inputs of classes and the second head are left out, or
/// come in with weights of zero.
[[nodiscard]] TrainingState adapted(const TrainingState& state, const MlpLayout& layout);

}  // namespace diffuscope
