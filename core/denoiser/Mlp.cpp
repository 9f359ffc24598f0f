#include "denoiser/Mlp.h"

#include "denoiser/InputFeatures.h"
#include "diffusion/Noise.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace diffuscope {
namespace {

/// The shortest decimal that reads back as `value`.
std::string textOf(float value) {
    std::string text;
    for (int digits = 1; digits <= 9; ++digits) {
        char buffer[32];
        std::snprintf(buffer, sizeof buffer, "%.*g", digits, static_cast<double>(value));
        text = buffer;
        if (std::strtof(buffer, nullptr) == value) break;
    }
    return text;
}

}  // namespace

std::vector<MlpLayout::Layer> MlpLayout::layers() const {
    std::vector<Layer> layers;
    std::size_t offset = 0;
    int in = inputFeatures;
    for (int layer = 0; layer <= depth; ++layer) {
        const int out = layer < depth ? width : 2;
        const std::size_t weights = static_cast<std::size_t>(in) * static_cast<std::size_t>(out);
        layers.push_back({in, out, offset, offset + weights});
        offset += weights + static_cast<std::size_t>(out);
        in = out;
    }
    return layers;
}

std::size_t MlpLayout::parameterCount() const {
    const Layer last = layers().back();
    return last.bias + static_cast<std::size_t>(last.out);
}

MlpLayout layoutOf(const NetworkSettings& settings) {
    return {settings.width, settings.depth, settings.conditioning};
}

std::vector<std::string> inputFormulas() {
    std::vector<std::string> formulas{"x", "y"};
    float frequency = positionFrequency;
    for (int octave = 0; octave < positionOctaves; ++octave, frequency *= 2.0f) {
        for (const char* axis : {"x", "y"}) {
            for (const char* wave : {"sin", "cos"}) {
                formulas.push_back(std::string(wave) + "(" + textOf(frequency) + " * " + axis + ")");
            }
        }
    }
    formulas.emplace_back("c / 12");
    formulas.emplace_back("sqrt(1 / (1 + exp(c)))");
    for (int k = 1; k <= conditionHarmonics; ++k) {
        for (const char* wave : {"sin", "cos"}) {
            formulas.push_back(std::string(wave) + "(" + textOf(conditionFrequency * static_cast<float>(k)) +
                               " * c)");
        }
    }
    return formulas;
}

void inputOf(float x, float y, float condition, std::span<float> features) {
    positionInput(x, y, features.data(), 1);
    conditionInput(condition, features.data() + positionFeatures, 1);
}

TrainingState initialState(const MlpLayout& layout, std::uint64_t seed) {
    TrainingState state;
    state.layout = layout;
    const std::size_t count = layout.parameterCount();
    state.parameters.assign(count, 0.0f);
    const std::vector<MlpLayout::Layer> layers = layout.layers();
    for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
        const MlpLayout::Layer& layer = layers[l];
        const float scale = std::sqrt(2.0f / static_cast<float>(layer.in));
        for (std::size_t i = layer.weight; i < layer.bias; ++i) {
            const auto words =
                philox(seed, Stream::Initialisation, static_cast<std::uint32_t>(i - layer.weight),
                       static_cast<std::uint32_t>(l));
            state.parameters[i] = scale * normalsOf(words[0], words[1])[0];
        }
    }
    state.average = state.parameters;
    state.firstMoment.assign(count, 0.0f);
    state.secondMoment.assign(count, 0.0f);
    return state;
}

}  // namespace diffuscope
