#pragma once
#include <string>

namespace diffuscope {

/// What this machine offers for OpenGL 4.3 compute.
struct GpuProbe {
    bool available = false;  ///< a 4.3 context can be made
    bool software = false;   ///< its renderer is a rasteriser on the CPU, such as llvmpipe
    std::string renderer;    ///< GL_RENDERER; empty when not available
    std::string reason;      ///< why not available, a sentence; empty when available
};

/// Makes a context, asks it, and lets it go. Does not throw and leaves no context current.
[[nodiscard]] GpuProbe probeGpu();

}  // namespace diffuscope
