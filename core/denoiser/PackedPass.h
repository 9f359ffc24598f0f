#pragma once
#include "denoiser/PackedNetwork.h"
#include "denoiser/ThreadPool.h"
#include "denoiser/Tile.h"

namespace diffuscope {

/// The memory that one thread works in.
class PassScratch {
  public:
    void resize(const PackedLayout& layout);

    FloatBuffer input;                     ///< panels of features
    std::vector<FloatBuffer> activations;  ///< of each hidden layer
    std::vector<FloatBuffer> derivatives;  ///< SiLU' of each hidden layer
    FloatBuffer gradient;                  ///< by one layer's sums
    FloatBuffer gradientBefore;            ///< by those of the layer before
    NoisyTile tile{};
    TileRow out0{}, out1{};
    TileRow head0{}, head1{};  ///< of the second head
    WordTile words{};
};

/// The weights in both orders.
struct Weights {
    const float* packed;
    const float* transposed;
};

/// One tile forward and backward. Adds to `gradients` (the packed layout; replaces them unless `accumulate`)
/// those of the tile's summed loss * scale, and returns that sum without the scale.
double trainTile(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                 float scale, float* gradients, bool accumulate);
/// The same, replacing `gradients`, with the panels of every layer shared among the threads: for a batch that
/// is a single tile. The results are equal bit for bit.
double trainTile(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                 float scale, float* gradients, ThreadPool& pool);

/// What condition and class add to the first layer: `rows` of them give bias + W features, in panels `stride`
/// floats apart. Uses scratch.tile.condition and scratch.tile.label.
void conditionBias(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                   float* panels, std::size_t stride);

/// The output for the points scratch.tile.x, y into scratch.out0, out1 and head0, head1, with the first
/// layer's bias from conditionBias(): one row of it, in panels `stride` floats apart.
void predictTile(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                 const float* bias, std::size_t stride);

/// The prediction scratch.out0, out1 for scratch.tile.x, y becomes eps-hat.
void predictionToEps(Parametrisation parametrisation, const NoiseLevel& level, PassScratch& scratch,
                     int rows);

}  // namespace diffuscope
