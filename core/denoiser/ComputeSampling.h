#pragma once
#include "denoiser/ComputeShaders.h"
#include "denoiser/DenoiserBackend.h"
#include "denoiser/DeviceNetwork.h"
#include "gpu/ComputeProgram.h"

#include <cstdint>
#include <optional>
#include <span>

namespace diffuscope {

/// Predictions and reverse steps of a DeviceNetwork by compute shaders, as DenoiserBackend.h says. Context
/// and network must outlive it; the context is current on the calling thread.
class ComputeSampling {
  public:
    ComputeSampling(GlContext& context, DeviceNetwork& network) : context_(context), network_(network) {}

    void layoutChanged() { work_.reset(); }
    void predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                 const Guidance& guidance);
    void reverse(std::span<const ReverseStep> steps, std::uint64_t seed, std::uint32_t firstParticle,
                 std::span<float> positions, std::span<float> memory, std::span<float> frames,
                 const Guidance& guidance);

  private:
    StripWorkspace& reserve(int count);
    void embed(StripWorkspace& work, float condition, int label);
    void ask(StripWorkspace& work, float condition, const Guidance& guidance);
    void bindParticles(StripWorkspace& work);
    void move(StripWorkspace& work, const ReverseStep& step, std::uint64_t seed, std::uint32_t firstParticle,
              bool highKnown, int frame, float nextCondition, const Guidance& guidance);

    GlContext& context_;
    DeviceNetwork& network_;
    ComputeProgram particle_{"particle.comp", shaderSource("particle.comp")};
    std::optional<StripWorkspace> work_;
    StorageBuffer positions_, memory_, pathEnds_, frames_, anyOutput_;
};

}  // namespace diffuscope
