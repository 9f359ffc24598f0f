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

/// GLSL of strip.comp with sums of `terms` terms written out (a multiple of 8) for groups of `lanes`
/// invocations. `segmented`: the sum goes on over several dispatches.
[[nodiscard]] std::string stripSource(int terms, int lanes, bool segmented);

}  // namespace diffuscope
