#pragma once
#include "denoiser/ComputeShaders.h"
#include "denoiser/DeviceLayout.h"
#include "gpu/ComputeProgram.h"
#include "gpu/StorageBuffer.h"

#include <array>
#include <map>
#include <memory>

namespace diffuscope {

/// What a pass over `samples` samples (a multiple of 128) keeps between its kernels. Values of a layer are
/// rows, [feature / 8][sample][8]; derivatives are columns, [sample / 8][feature][8], too.
struct StripWorkspace {
    int samples = 0;
    std::vector<StorageBuffer> rows;    ///< the input's and each hidden layer's values, then a strip of ones
    std::vector<StorageBuffer> slopes;  ///< each hidden layer's derivative of the activation
    StorageBuffer output;               ///< rows of eight features, the first two being eps-hat
    StorageBuffer sums;
    std::array<StorageBuffer, 2> deltaRows;     ///< derivatives by a layer's sums, in turns
    std::array<StorageBuffer, 2> deltaColumns;  ///< likewise
    StorageBuffer outputDelta;                  ///< rows
    StorageBuffer outputColumns;

    /// `training`: with what backward() needs.
    StripWorkspace(const DeviceLayout& layout, int samples, bool training);
};

/// The matrix products of a network: forward, backward and the gradient, all by one kernel (strip.comp).
class StripNetwork {
  public:
    /// Compiles what `layout` needs and has not been compiled yet.
    void setLayout(const DeviceLayout& layout);

    /// From rows[0] to `output`.
    void forward(const DeviceLayout& layout, StripWorkspace& work, const StorageBuffer& parameters);

    /// From `outputDelta` and `outputColumns` to partial gradients [block][parameter], one per 128 samples.
    void backward(const DeviceLayout& layout, StripWorkspace& work, const StorageBuffer& transposed,
                  const StorageBuffer& partials);

  private:
    [[nodiscard]] ComputeProgram& program(const DeviceLayout& layout, int terms);
    void gradient(const DeviceLayout& layout, StripWorkspace& work, std::size_t layer,
                  const StorageBuffer& columns, const StorageBuffer& partials);

    std::map<StripKernel, std::unique_ptr<ComputeProgram>> programs_;
};

}  // namespace diffuscope
