#pragma once
#include "denoiser/ComputeShaders.h"
#include "denoiser/DenoiserBackend.h"
#include "denoiser/DeviceNetwork.h"
#include "gpu/ComputeProgram.h"

#include <cstdint>
#include <optional>
#include <span>

namespace diffuscope {

/// Training steps of a DeviceNetwork by compute shaders, as DenoiserBackend.h says. Context and network must
/// outlive it; the context is current on the calling thread.
class ComputeTraining {
  public:
    ComputeTraining(GlContext& context, DeviceNetwork& network) : context_(context), network_(network) {}

    void setData(std::span<const float> points, std::span<const std::int32_t> labels);
    void setLevels(std::span<const NoiseLevel> levels, const LossTable& loss);
    void layoutChanged() { work_.reset(); }
    void train(const BatchSettings& settings, std::span<float> losses);

  private:
    static constexpr int lossesPerRead = 1024;  // steps between two reads from the device

    void reserve(int batch);
    void step(const BatchSettings& settings, int lossIndex);
    void drawBatch(const BatchSettings& settings, int first);
    void update(const BatchSettings& settings, int lossIndex);

    GlContext& context_;
    DeviceNetwork& network_;
    ComputeProgram batch_{"batch.comp", shaderSource("batch.comp")};
    ComputeProgram loss_{"loss.comp", shaderSource("loss.comp")};
    ComputeProgram reduce_{"reduce.comp", shaderSource("reduce.comp")};
    ComputeProgram sum_{"sums.comp", shaderSource("sums.comp")};
    ComputeProgram adam_{"adam.comp", shaderSource("adam.comp")};
    std::optional<StripWorkspace> work_;
    StorageBuffer partials_, gradient_, sums_{2 * sizeof(float)};
    StorageBuffer targets_, losses_, stepLosses_{lossesPerRead * sizeof(float)};
    StorageBuffer points_, labels_, levels_;
    std::uint32_t pointCount_ = 0;
    std::uint32_t levelCount_ = 0;
    bool labelled_ = false;
    bool separateNoise_ = false;
};

}  // namespace diffuscope
