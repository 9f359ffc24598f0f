#pragma once
#include "denoiser/DenoiserBackend.h"
#include "denoiser/PackedNetwork.h"
#include "diffusion/NoiseTile.h"

#include <cstdint>
#include <span>

namespace diffuscope {

/// A tile of noisy points: x_t, its condition, and the noise to be found.
struct NoisyTile {
    TileRow x, y, condition, eps0, eps1;
};

/// Samples first … first + rows - 1 of training step n, as BatchSettings says.
void drawTile(const BatchSettings& settings, Conditioning conditioning, std::span<const float> points,
              std::span<const NoiseLevel> levels, std::int64_t n, int first, int rows, NoisyTile& tile);

/// Input features in panels, `stride` floats apart: those of the position, the rest of their last panel zero.
void positionPanels(const TileRow& x, const TileRow& y, float* panels, std::size_t stride);
/// The same for the condition's features, those of the position zero.
void conditionPanels(const TileRow& condition, float* panels, std::size_t stride);
/// All input features.
void inputPanels(const NoisyTile& tile, float* panels, std::size_t stride);

}  // namespace diffuscope
