#pragma once
#include <cstdint>
#include <span>

namespace diffuscope {

/// Maps the plane to pixels: column = width/2 + (x - centreX) * scale, row = height/2 - (y - centreY) * scale.
struct SplatView {
    int width;
    int height;
    float centreX;
    float centreY;
    float scale;   ///< pixels per unit
    float radius;  ///< of a particle's spot in pixels, 0.5 … 8
};

/// One whole particle in the accumulator's fixed-point units: integer sums are exact in any order, so every
/// backend gives the same image without float atomics. A million particles on one pixel do not overflow.
constexpr std::uint32_t splatUnit = 4096;

/// Adds each particle's spot, weight (1 - d^2/r^2)^2 at the pixel centres within r, times splatUnit and
/// rounded down, to `accumulator` (height, width). Particles that are not finite or out of view are left out.
void splat(std::span<const float> positions, const SplatView& view, std::span<std::uint32_t> accumulator);

}  // namespace diffuscope
