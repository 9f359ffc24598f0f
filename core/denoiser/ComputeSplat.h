#pragma once
#include "denoiser/ComputeShaders.h"
#include "gpu/ComputeProgram.h"
#include "gpu/GlContext.h"
#include "gpu/StorageBuffer.h"
#include "particles/Splat.h"

#include <cstdint>
#include <span>

namespace diffuscope {

/// splat() by a compute shader, on the context that is current.
class ComputeSplat {
  public:
    explicit ComputeSplat(GlContext& context) : context_(context) {}

    /// @throws BackendError where the picture does not fit into a buffer
    void add(std::span<const float> positions, const SplatView& view, std::span<std::uint32_t> accumulator);

  private:
    GlContext& context_;
    ComputeProgram program_{"splat.comp", shaderSource("splat.comp")};
    StorageBuffer accumulator_, positions_;
};

}  // namespace diffuscope
