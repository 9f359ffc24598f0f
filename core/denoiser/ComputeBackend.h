#pragma once
#include "denoiser/DenoiserBackend.h"
#include "gpu/GlContext.h"

#include <memory>
#include <string>

namespace diffuscope {

/// makeComputeBackend() on a context that the caller made on this thread.
[[nodiscard]] std::unique_ptr<DenoiserBackend> makeComputeBackend(std::string reason,
                                                                  std::unique_ptr<GlContext> context);

}  // namespace diffuscope
