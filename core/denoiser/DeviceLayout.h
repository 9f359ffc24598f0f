#pragma once
#include "denoiser/Mlp.h"
#include "diffusion/Loss.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diffuscope {

/// Where a network's parameters lie on the device. Widths are padded so that no kernel has to guard: a padded
/// unit has zero weights in and out, gives silu(0) = 0, and so neither gives nor gets a gradient.
///
/// Weights of a layer are stored in strips of 16 outputs, [out / 16][in][16], and a second time transposed,
/// [in / 16][out][16], for the backward pass; biases follow their layer's weights. Both begin at multiples of
/// partialBlock.
class DeviceLayout {
  public:
    static constexpr int strip = 16;
    static constexpr int heads = 4;          ///< outputs that a network has at the most, of a strip
    static constexpr int tile = 32;          ///< samples whose values lie together
    static constexpr int group = 4 * tile;   ///< samples of a partial gradient; their number is padded to it
    static constexpr int partialBlock = 64;  ///< parameters of a partial gradient that lie together
    static constexpr int inputStrip = 8;     ///< the first layer's inputs are padded to it

    struct Layer {
        int in;      ///< padded
        int out;     ///< padded
        int weight;  ///< offsets in floats
        int bias;
        int transposed;  ///< offset in the transposed copy
    };

    explicit DeviceLayout(const MlpLayout& layout);

    [[nodiscard]] const MlpLayout& mlp() const { return mlp_; }
    [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
    [[nodiscard]] int width() const { return width_; }  ///< padded
    [[nodiscard]] int count() const { return count_; }  ///< parameters, padded
    [[nodiscard]] int transposedCount() const { return transposedCount_; }
    /// Fours of the first layer's padded inputs behind the features: those of the classes.
    [[nodiscard]] int classQuads() const { return (layers_.front().in - inputFeatures) / 4; }

    /// Between MlpLayout's flat order and the device's. Padding is zero.
    [[nodiscard]] std::vector<float> toDevice(std::span<const float> flat) const;
    [[nodiscard]] std::vector<float> fromDevice(std::span<const float> device) const;

    /// For each device parameter its place in the transposed copy; biases go to a spare place at its end.
    [[nodiscard]] std::vector<std::int32_t> transposedPlaces() const;

  private:
    MlpLayout mlp_;
    std::vector<Layer> layers_;
    std::vector<std::size_t> place_;  ///< device index of each flat parameter
    int width_ = 0;
    int count_ = 0;
    int transposedCount_ = 0;
};

/// Place of a sample's feature in rows of so many features (a multiple of 4), [tile][feature / 4][sample of
/// the tile][4]: what lies together is read together.
[[nodiscard]] constexpr std::size_t inRows(std::size_t feature, std::size_t sample, std::size_t features) {
    constexpr std::size_t tile = DeviceLayout::tile;
    return ((sample / tile * (features / 4) + feature / 4) * tile + sample % tile) * 4 + feature % 4;
}

/// Place of a parameter in a block's partial gradient, where the four numbers that an invocation has of one
/// output lie together: [parameter / 64][16 outputs][4 inputs].
[[nodiscard]] constexpr std::size_t inPartial(std::size_t parameter) {
    constexpr std::size_t block = DeviceLayout::partialBlock;
    constexpr std::size_t strip = DeviceLayout::strip;
    return parameter / block * block + parameter % strip * (block / strip) + parameter % block / strip;
}

/// Noise levels and what their samples cost, as batch.comp reads them: for each t sqrtAlphaBar,
/// sqrtOneMinusAlphaBar, condition, weight, then klWeight, logRange, meanFactor, 0; then the weights of the
/// floor.
[[nodiscard]] std::vector<float> deviceLevels(std::span<const NoiseLevel> levels, const LossTable& loss);

}  // namespace diffuscope
