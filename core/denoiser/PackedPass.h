#pragma once
#include "denoiser/PackedNetwork.h"
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
    WordTile words{};
};

/// The weights in both orders.
struct Weights {
    const float* packed;
    const float* transposed;
};

/// One tile forward and backward. Adds to `gradients` (the packed layout; replaces them unless `accumulate`)
/// those of sum |eps - eps-hat|^2 * scale, and returns the tile's sum of |eps - eps-hat|^2.
double trainTile(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                 float scale, float* gradients, bool accumulate);

/// What the condition adds to the first layer: `rows` conditions give bias + W_condition features, in panels
/// `stride` floats apart. Uses scratch.tile.condition.
void conditionBias(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                   float* panels, std::size_t stride);

/// eps-hat of the points scratch.tile.x, y into scratch.out0, out1, with the first layer's bias from
/// conditionBias(): one row of it, in panels `stride` floats apart.
void predictTile(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                 const float* bias, std::size_t stride);

}  // namespace diffuscope
