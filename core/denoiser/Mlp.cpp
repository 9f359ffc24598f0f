#include "denoiser/Mlp.h"

#include "data/DataSet.h"
#include "denoiser/InputFeatures.h"
#include "diffusion/Loss.h"
#include "diffusion/Noise.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

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

int MlpLayout::inputs() const {
    return inputFeatures + classes;
}

std::vector<MlpLayout::Layer> MlpLayout::layers() const {
    std::vector<Layer> layers;
    std::size_t offset = 0;
    int in = inputs();
    for (int layer = 0; layer <= depth; ++layer) {
        const int out = layer < depth ? width : outputs();
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

MlpLayout layoutOf(const Settings& settings, int classes) {
    const NetworkSettings& network = settings.network;
    const bool tells = network.classes && classes <= mostClasses;
    return {network.width,           network.depth,       network.conditioning,
            network.parametrisation, tells ? classes : 0, lossRow(settings.training.loss).twoHeads};
}

MlpLayout layoutOf(const Settings& settings, const DataSet& data) {
    return layoutOf(settings, data.labels.empty() ? 0 : static_cast<int>(data.classes.size()));
}

std::vector<std::string> inputFormulas(int classes) {
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
    for (int k = 0; k < classes; ++k) formulas.push_back("k == " + std::to_string(k) + " ? 1 : 0");
    return formulas;
}

void inputOf(float x, float y, float condition, std::span<float> features, int label) {
    positionInput(x, y, features.data(), 1);
    conditionInput(condition, features.data() + positionFeatures, 1);
    std::fill(features.begin() + inputFeatures, features.end(), 0.0f);
    if (label >= 0) features[static_cast<std::size_t>(inputFeatures + label)] = 1.0f;
}

TrainingState initialState(const MlpLayout& layout, std::uint64_t seed) {
    TrainingState state;
    state.layout = layout;
    const std::size_t count = layout.parameterCount();
    state.parameters.assign(count, 0.0f);
    const std::vector<MlpLayout::Layer> layers = layout.layers();
    for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
        const MlpLayout::Layer& layer = layers[l];
        const int drawn = l == 0 ? inputFeatures : layer.in;
        const float scale = std::sqrt(2.0f / static_cast<float>(drawn));
        for (int out = 0; out < layer.out; ++out) {
            for (int in = 0; in < drawn; ++in) {
                const auto words =
                    philox(seed, Stream::Initialisation, static_cast<std::uint32_t>(out * drawn + in),
                           static_cast<std::uint32_t>(l));
                state.parameters[layer.weight + static_cast<std::size_t>(out * layer.in + in)] =
                    scale * normalsOf(words[0], words[1])[0];
            }
        }
    }
    state.average = state.parameters;
    state.firstMoment.assign(count, 0.0f);
    state.secondMoment.assign(count, 0.0f);
    return state;
}

bool adaptable(const MlpLayout& from, const MlpLayout& to) {
    MlpLayout same = from;
    same.classes = to.classes;
    same.twoHeads = to.twoHeads;
    return same == to;
}

TrainingState adapted(const TrainingState& state, const MlpLayout& layout) {
    if (!adaptable(state.layout, layout)) throw std::logic_error("no way from the one layout to the other");
    const std::vector<MlpLayout::Layer> before = state.layout.layers();
    const std::vector<MlpLayout::Layer> after = layout.layers();
    const auto moved = [&](const std::vector<float>& from) {
        std::vector<float> to(layout.parameterCount(), 0.0f);
        for (std::size_t l = 0; l < after.size(); ++l) {
            for (int out = 0; out < std::min(before[l].out, after[l].out); ++out) {
                const auto row = static_cast<std::size_t>(out);
                std::copy_n(
                    from.begin() + static_cast<std::ptrdiff_t>(before[l].weight +
                                                               row * static_cast<std::size_t>(before[l].in)),
                    std::min(before[l].in, after[l].in),
                    to.begin() + static_cast<std::ptrdiff_t>(after[l].weight +
                                                             row * static_cast<std::size_t>(after[l].in)));
                to[after[l].bias + row] = from[before[l].bias + row];
            }
        }
        return to;
    };
    return {layout,
            moved(state.parameters),
            moved(state.average),
            moved(state.firstMoment),
            moved(state.secondMoment),
            state.step};
}

}  // namespace diffuscope
