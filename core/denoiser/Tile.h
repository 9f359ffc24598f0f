#pragma once
#include "denoiser/DenoiserBackend.h"
#include "denoiser/PackedNetwork.h"
#include "diffusion/Loss.h"
#include "diffusion/NoiseTile.h"

#include <cstdint>
#include <span>

namespace diffuscope {

/// A tile of noisy points: x_t, its condition and class, and what the network's output o is to be:
/// weight * |gain o - base|^2 is the loss, where eps-hat = gain o + (a part of x_t that `base` has taken off
/// the target), and the rest as in LevelLoss.
struct NoisyTile {
    TileRow x, y, condition, base0, base1, gain, weight, klWeight, logRange, meanFactor;
    std::int32_t label[tileRows];
};

/// What the samples of a batch are drawn from.
struct BatchSource {
    std::span<const float> points;
    std::span<const std::int32_t> labels;  ///< empty where the data have no classes
    std::span<const NoiseLevel> levels;
    const LossTable& loss;
};

/// Samples first … first + rows - 1 of training step n, as BatchSettings says.
void drawTile(const BatchSettings& settings, const MlpLayout& layout, const BatchSource& source,
              std::int64_t n, int first, int rows, NoisyTile& tile);

/// Input features in panels, `stride` floats apart: those of the position, the rest of their last panel zero.
void positionPanels(const TileRow& x, const TileRow& y, float* panels, std::size_t stride);
/// The same for the features of condition and class, those of the position zero.
void conditionPanels(const NoisyTile& tile, int classes, float* panels, std::size_t stride);
/// All input features.
void inputPanels(const NoisyTile& tile, int classes, float* panels, std::size_t stride);

}  // namespace diffuscope
