#pragma once
#include "denoiser/DenoiserBackend.h"
#include "denoiser/PackedNetwork.h"
#include "diffusion/Noise.h"

#include <cstdint>
#include <span>

namespace diffuscope {

/// Samples that go through the network together: what a core's caches hold. Loops over a tile always run over
/// all of it, so that they vectorise; rows past the number in use hold whatever was there.
constexpr int tileRows = 64;

struct alignas(64) TileRow {
    float values[tileRows];
    float& operator[](int row) { return values[row]; }
    float operator[](int row) const { return values[row]; }
};

/// A tile of noisy points: x_t, its condition, and the noise to be found.
struct NoisyTile {
    TileRow x, y, condition, eps0, eps1;
};

struct WordTile {
    alignas(64) std::uint32_t words[4][tileRows];
};

/// philox(seed, stream, firstParticle + row, step) for every row.
void philoxTile(std::uint64_t seed, Stream stream, std::uint32_t firstParticle, std::uint32_t step,
                WordTile& out);

/// normalsOf(first, second) for every row, within rounding.
void normalsTile(const std::uint32_t* first, const std::uint32_t* second, TileRow& z0, TileRow& z1);

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
