#pragma once
#include "diffusion/Noise.h"

#include <cstdint>

namespace diffuscope {

/// Samples that are worked on together: what a core's caches hold. Loops over a tile always run over all of
/// it, so that they vectorise; rows past the number in use hold whatever was there.
constexpr int tileRows = 64;

struct alignas(64) TileRow {
    float values[tileRows];
    float& operator[](int row) { return values[row]; }
    float operator[](int row) const { return values[row]; }
};

struct WordTile {
    alignas(64) std::uint32_t words[4][tileRows];
};

/// philox(seed, stream, firstParticle + row, step, place) for every row.
void philoxTile(std::uint64_t seed, Stream stream, std::uint32_t firstParticle, std::uint32_t step,
                WordTile& out, std::uint32_t place = 0);

/// normalsOf(first, second) for every row, within rounding.
void normalsTile(const std::uint32_t* first, const std::uint32_t* second, TileRow& z0, TileRow& z1);

}  // namespace diffuscope
