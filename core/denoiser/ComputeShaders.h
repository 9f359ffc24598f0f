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

/// One build of strip.comp.
struct StripKernel {
    int terms;  ///< of the sum that is written out; a multiple of 4
    int lanes;  ///< invocations of a work group
    [[nodiscard]] bool operator<(const StripKernel& other) const {
        return terms != other.terms ? terms < other.terms : lanes < other.lanes;
    }
};
[[nodiscard]] std::string stripSource(const StripKernel& kernel);

/// gradient-strip.comp for layers of so many outputs, a multiple of 16.
[[nodiscard]] std::string gradientStripSource(int outputs);

/// The two passes of ideal.comp.
enum class IdealPass { Nearest, Weights };
constexpr int idealChunk = 64;  ///< points of a dispatch, a multiple of 16
constexpr int idealStaged =
    (idealChunk / 4 * 3 + 63) / 64 * 64;  ///< vec4 that a dispatch reads of the points
[[nodiscard]] std::string idealSource(IdealPass pass);

}  // namespace diffuscope
