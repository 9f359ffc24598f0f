#include "Error.h"
#include "denoiser/DenoiserBackend.h"
#include "gpu/GpuProbe.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace diffuscope {

std::span<const Choice> backends() {
    static constexpr std::array<Choice, 3> rows{{
        {"auto", "Automatic", "The GPU where OpenGL 4.3 runs on hardware, else the CPU."},
        {"cpu", "CPU", "Eigen on all processor cores."},
        {"gpu", "GPU", "OpenGL 4.3 compute shaders, also on a software renderer."},
    }};
    return rows;
}

void requireSecondHead(const MlpLayout& layout, std::span<const ReverseStep> steps) {
    const bool learned = std::any_of(steps.begin(), steps.end(),
                                     [](const ReverseStep& step) { return step.logRange != 0.0f; });
    if (learned && !layout.twoHeads)
        throw std::logic_error("a learned variance was asked of a network without a second head");
}

std::unique_ptr<DenoiserBackend> makeBackend(BackendKind kind, int threads) {
    if (kind == BackendKind::Cpu) return makeEigenBackend(threads, "The CPU was asked for.");
    if (kind == BackendKind::Gpu) return makeComputeBackend("The GPU was asked for.");
    const GpuProbe probe = probeGpu();
    if (!probe.available) return makeEigenBackend(threads, "No GPU: " + probe.reason);
    if (probe.software) {
        return makeEigenBackend(
            threads, "OpenGL runs in software here (" + probe.renderer + "), and the CPU backend is faster.");
    }
    try {
        return makeComputeBackend("OpenGL runs on hardware.");
    } catch (const BackendError& error) {
        return makeEigenBackend(threads, std::string("The GPU does not work: ") + error.what());
    }
}

}  // namespace diffuscope
