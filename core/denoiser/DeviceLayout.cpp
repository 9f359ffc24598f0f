#include "denoiser/DeviceLayout.h"

#include "denoiser/DeviceWords.h"

#include <algorithm>

namespace diffuscope {
namespace {

/// Offset of weight (out, in) within a layer that is stored in strips of outputs.
int inStrip(int out, int in, int inputs) {
    return (out / DeviceLayout::strip * inputs + in) * DeviceLayout::strip + out % DeviceLayout::strip;
}

}  // namespace

DeviceLayout::DeviceLayout(const MlpLayout& layout) : mlp_(layout) {
    width_ = roundedUp(layout.width, strip);
    for (const MlpLayout::Layer& layer : layout.layers()) {
        const bool last = layers_.size() == static_cast<std::size_t>(layout.depth);
        Layer padded{};
        padded.in = layers_.empty() ? roundedUp(layer.in, inputStrip) : width_;
        padded.out = last ? strip : width_;
        padded.weight = count_;
        padded.bias = count_ + padded.in * padded.out;
        padded.transposed = transposedCount_;
        count_ = padded.bias + roundedUp(padded.out, partialBlock);
        if (!layers_.empty()) transposedCount_ += padded.in * padded.out;
        for (int o = 0; o < layer.out; ++o)
            for (int i = 0; i < layer.in; ++i)
                place_.push_back(static_cast<std::size_t>(padded.weight + inStrip(o, i, padded.in)));
        for (int o = 0; o < layer.out; ++o) place_.push_back(static_cast<std::size_t>(padded.bias + o));
        layers_.push_back(padded);
    }
    count_ = roundedUp(count_, 512);  // whole work groups of adam.comp
    transposedCount_ += strip;        // the spare place
}

std::vector<float> DeviceLayout::toDevice(std::span<const float> flat) const {
    std::vector<float> device(static_cast<std::size_t>(count_), 0.0f);
    for (std::size_t i = 0; i < place_.size(); ++i) device[place_[i]] = flat[i];
    return device;
}

std::vector<float> DeviceLayout::fromDevice(std::span<const float> device) const {
    std::vector<float> flat(place_.size());
    for (std::size_t i = 0; i < place_.size(); ++i) flat[i] = device[place_[i]];
    return flat;
}

std::vector<std::int32_t> DeviceLayout::transposedPlaces() const {
    const std::int32_t spare = transposedCount_ - strip;
    std::vector<std::int32_t> places(static_cast<std::size_t>(count_), spare);
    for (std::size_t l = 1; l < layers_.size(); ++l) {
        const Layer& layer = layers_[l];
        for (int o = 0; o < layer.out; ++o)
            for (int i = 0; i < layer.in; ++i)
                places[static_cast<std::size_t>(layer.weight + inStrip(o, i, layer.in))] =
                    layer.transposed + inStrip(i, o, layer.out);
    }
    return places;
}

std::vector<float> deviceLevels(std::span<const NoiseLevel> levels, const LossTable& loss) {
    std::vector<float> rows;
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const NoiseLevel& level = levels[i];
        const LevelLoss& cost = loss.levels[i];
        rows.insert(rows.end(), {level.sqrtAlphaBar, level.sqrtOneMinusAlphaBar, level.condition, cost.weight,
                                 cost.klWeight, cost.logRange, cost.meanFactor, 0.0f});
    }
    rows.insert(rows.end(), loss.floorWeights.begin(), loss.floorWeights.end());
    rows.resize((rows.size() + 3) / 4 * 4, 0.0f);
    return rows;
}

}  // namespace diffuscope
