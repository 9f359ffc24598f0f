#pragma once
#include <string>
#include <string_view>

namespace diffuscope {

/// Invocations of sums.comp.
constexpr int sumLanes = 64;

/// What every shader begins with: version, constants, elementary functions and noise.
[[nodiscard]] std::string shaderLibrary();

/// GLSL of a file of resources/shaders with its version, its constants and the functions that it calls.
[[nodiscard]] std::string shaderSource(std::string_view file);

/// One build of strip.comp. Passes that it does not serve are left out, since they take time to compile.
struct StripKernel {
    int terms;       ///< of the sum that is written out; a multiple of 8
    int lanes;       ///< invocations of a work group
    bool segmented;  ///< the sum goes on over several dispatches
    bool forward;
    bool backward;
    bool gradient;
    [[nodiscard]] bool operator<(const StripKernel& other) const;
};
[[nodiscard]] std::string stripSource(const StripKernel& kernel);

}  // namespace diffuscope
