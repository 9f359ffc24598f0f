#pragma once
#include "denoiser/ComputeShaders.h"
#include "denoiser/DeviceLayout.h"
#include "gpu/ComputeProgram.h"
#include "gpu/StorageBuffer.h"

#include <array>
#include <limits>
#include <map>
#include <memory>
#include <vector>

namespace diffuscope {

/// What a pass over `samples` samples (a multiple of DeviceLayout::group) keeps between its kernels, in rows
/// unless it is said: see inRows().
struct StripWorkspace {
    int samples = 0;
    std::vector<StorageBuffer> rows;    ///< the input's and each hidden layer's values, then 1 and seven 0
    std::vector<StorageBuffer> slopes;  ///< each hidden layer's derivative of the activation
    StorageBuffer output;               ///< DeviceLayout::strip features, the first two being eps-hat
    std::array<StorageBuffer, 2> deltaRows;  ///< derivatives by a layer's sums, in turns
    StorageBuffer deltaColumns;              ///< likewise, [sample / 4][feature][4], of strip kernels
    StorageBuffer outputDelta;               ///< as the output

    /// `training`: with what backward() needs.
    StripWorkspace(const DeviceLayout& layout, int samples, bool training);

    /// Fours of features of rows[layer].
    [[nodiscard]] int rowQuads(std::size_t layer) const { return rowQuads_[layer]; }

  private:
    std::vector<int> rowQuads_;
};

/// The matrix products of a network: forward, backward and the gradient. Two sets of kernels do the same
/// additions in the same order: product.comp and gradient.comp compile fast; strip.comp and
/// gradient-strip.comp are faster on a software renderer.
class StripNetwork {
  public:
    /// The strip kernels take over after `loopPasses` passes, and are compiled then.
    explicit StripNetwork(int loopPasses = std::numeric_limits<int>::max()) : loopPasses_(loopPasses) {}

    /// Counts the passes anew: those of another layout.
    void restart() { passes_ = 0; }

    /// From rows[0] to `output`.
    void forward(const DeviceLayout& layout, StripWorkspace& work, const StorageBuffer& parameters);

    /// From `outputDelta` to partial gradients [block][parameter].
    void backward(const DeviceLayout& layout, StripWorkspace& work, const StorageBuffer& transposed,
                  const StorageBuffer& partials);

  private:
    /// One product of all samples; places are in texels, see product.comp.
    struct Product {
        int mode;
        int terms;
        int results;
        int aQuads;
        int rowQuads;
        int weights;
        int bias;
    };
    void multiply(const Product& product, const DeviceLayout& layout, int samples);
    [[nodiscard]] bool stripsServe(const DeviceLayout& layout) const;
    [[nodiscard]] ComputeProgram& stripOf(const StripKernel& kernel);
    [[nodiscard]] ComputeProgram& gradientStripOf(int outputs);
    void gradient(const DeviceLayout& layout, const StripWorkspace& work, std::size_t l,
                  const StorageBuffer& deltaRows, const StorageBuffer& partials);

    int loopPasses_;
    int passes_ = 0;  // no more than loopPasses_
    std::map<StripKernel, std::unique_ptr<ComputeProgram>> strips_;
    std::map<int, std::unique_ptr<ComputeProgram>> gradientStrips_;  // by the layer's outputs
    ComputeProgram product_{"product.comp", shaderSource("product.comp")};
    ComputeProgram gradient_{"gradient.comp", shaderSource("gradient.comp")};
};

}  // namespace diffuscope
