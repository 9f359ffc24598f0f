#pragma once
#include "denoiser/DeviceLayout.h"
#include "denoiser/StripNetwork.h"
#include "gpu/GlContext.h"
#include "gpu/StorageBuffer.h"

#include <cstdint>
#include <optional>

namespace diffuscope {

/// The network as a device keeps it: everything that training changes, and its matrix products. The context
/// is current on the calling thread.
class DeviceNetwork {
  public:
    explicit DeviceNetwork(GlContext& context);

    /// Whether the layout is another one than before, so that workspaces made for that one are of no use.
    /// @throws BackendError where the device is too small
    bool setState(const TrainingState& state);
    [[nodiscard]] TrainingState state() const;

    [[nodiscard]] const DeviceLayout& layout() const { return *layout_; }
    [[nodiscard]] const MlpLayout& mlp() const { return layout_->mlp(); }

    /// Samples that one pass takes, so that buffers fit the device and no dispatch runs for more than some
    /// 20 ms by the rate that a pass has shown. Results don't depend on it.
    [[nodiscard]] int largestChunk() const;

    StripNetwork products;
    std::int64_t step = 0;
    StorageBuffer parameters, transposed, places, average, firstMoment, secondMoment;

  private:
    void reserve(const MlpLayout& mlp);
    void measure();

    GlContext& context_;
    std::optional<DeviceLayout> layout_;
    double termsPerSecond_ = 0.0;  // of the matrix products
};

}  // namespace diffuscope
