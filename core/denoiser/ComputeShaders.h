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

/// What product.comp and strip.comp do with the sums.
enum class ProductMode { Hidden, Output, Backward };

/// One build of strip.comp.
struct StripKernel {
    ProductMode mode;
    int terms;  ///< of the sum that is written out; a multiple of 4
    int quads;  ///< fours of results of an invocation, of a strip of 16: 1 (the first four) or 4
    int lanes;  ///< invocations of a work group
    auto operator<=>(const StripKernel&) const = default;  // NOLINT(modernize-use-nullptr): no pointer there
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
