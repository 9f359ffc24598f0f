#pragma once
#include "denoiser/Mlp.h"
#include "diffusion/Loss.h"

#include <cstdint>
#include <span>
#include <vector>

namespace diffuscope {

/// Where a network's parameters lie on the device. Widths are padded so that no kernel has to guard: a padded
/// unit has zero weights in and out, gives silu(0) = 0, and so neither gives nor gets a gradient.
///
/// Weights of a layer are stored in strips of eight outputs, [out / 8][in][8], and a second time transposed,
/// [in / 8][out][8], for the backward pass; biases follow their layer's weights.
class DeviceLayout {
  public:
    static constexpr int strip = 8;
    static constexpr int longestProduct = 128;  ///< terms that a kernel writes out; longer sums take several
    static constexpr int block = 128;  ///< samples of a partial gradient; parameters are padded to it

    struct Layer {
        int in;       ///< padded
        int out;      ///< padded
        int columns;  ///< out, padded to whole work groups
        int weight;   ///< offsets in floats
        int bias;
        int transposed;  ///< offset in the transposed copy
    };

    explicit DeviceLayout(const MlpLayout& layout);

    [[nodiscard]] const MlpLayout& mlp() const { return mlp_; }
    [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
    [[nodiscard]] int width() const { return width_; }      ///< padded
    [[nodiscard]] int segment() const { return segment_; }  ///< terms of a hidden sum that one dispatch adds
    [[nodiscard]] int lanes() const { return lanes_; }      ///< invocations of a work group
    [[nodiscard]] int count() const { return count_; }      ///< parameters, padded
    [[nodiscard]] int transposedCount() const { return transposedCount_; }
    [[nodiscard]] int widestColumns() const;
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
    int segment_ = 0;
    int lanes_ = 0;
    int count_ = 0;
    int transposedCount_ = 0;
};

/// Noise levels and what their samples cost, as batch.comp reads them: for each t sqrtAlphaBar,
/// sqrtOneMinusAlphaBar, condition, weight, then klWeight, logRange, meanFactor, 0; then the weights of the
/// floor.
[[nodiscard]] std::vector<float> deviceLevels(std::span<const NoiseLevel> levels, const LossTable& loss);

}  // namespace diffuscope
