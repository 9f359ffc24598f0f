#pragma once
#include "denoiser/ComputeShaders.h"
#include "denoiser/DeviceLayout.h"
#include "gpu/ComputeProgram.h"
#include "gpu/StorageBuffer.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
/// gradient-strip.comp, written out, are faster on a software renderer.
class StripNetwork {
  public:
    /// The written-out kernels take over after `loopPasses` passes, none never. They are compiled then, one
    /// every eight passes, so that a slice of training does not wait for them all.
    explicit StripNetwork(std::optional<int> loopPasses = {}) : loopPasses_(loopPasses) { restart(); }

    /// Counts the passes anew: those of another layout.
    void restart() { nextCompilation_ = passes_ + loopPasses_.value_or(0); }

    /// From rows[0] to `output`.
    void forward(const DeviceLayout& layout, StripWorkspace& work, const StorageBuffer& parameters);

    /// From `outputDelta` to partial gradients [block][inPartial(parameter)].
    void backward(const DeviceLayout& layout, StripWorkspace& work, const StorageBuffer& transposed,
                  const StorageBuffer& partials);

  private:
    /// One product of all samples; places are in texels, see product.comp.
    struct Product {
        ProductMode mode;
        int terms;
        int used;  ///< terms that aren't zero: the first ones
        int results;
        int aQuads;
        int rowQuads;
        int weights;
        int bias;
    };
    /// Whether by a written-out kernel, whose results of the backward pass are in columns, too.
    bool multiply(const Product& product, const DeviceLayout& layout, int samples);
    void gradient(const DeviceLayout& layout, const StripWorkspace& work, std::size_t l,
                  const StorageBuffer& deltaRows, bool columns, const StorageBuffer& partials);
    [[nodiscard]] bool stripsServe(const DeviceLayout& layout) const;
    /// None where it is not there and not yet to be compiled.
    [[nodiscard]] ComputeProgram* compiled(std::unique_ptr<ComputeProgram>& kernel, const char* name,
                                           const std::function<std::string()>& source);
    [[nodiscard]] ComputeProgram* stripOf(const StripKernel& kernel);
    [[nodiscard]] ComputeProgram* gradientStripOf(int outputs);

    std::optional<int> loopPasses_;
    std::int64_t passes_ = 0;
    std::int64_t nextCompilation_ = 0;  // the pass from which on a kernel may be compiled
    std::map<StripKernel, std::unique_ptr<ComputeProgram>> strips_;
    std::map<int, std::unique_ptr<ComputeProgram>> gradientStrips_;  // by the layer's outputs
    ComputeProgram product_{"product.comp", shaderSource("product.comp")};
    ComputeProgram gradient_{"gradient.comp", shaderSource("gradient.comp")};
};

}  // namespace diffuscope
