#pragma once
#include "diffusion/NoiseTile.h"

#include <array>
#include <cstdint>
#include <vector>

namespace diffuscope {

// One Brownian path W per (seed, stream, lap, particle) over the unit interval, W(0) = 0, in the plane. Its
// values are draws of a virtual Brownian tree: W(1), then the midpoints of ever smaller cells,
//     W(middle) = (W(left) + W(right)) / 2 + sqrt(h) / 2 z      (h: the cell's length)
// down to cells of 2^-14, and inside of such a cell, at the share f of it,
//     W = W(left) + f (W(right) - W(left)) + sqrt(f (1 - f) h) z.
// A node takes z = normalsOf(words 0 and 1 of philox(seed, stream, particle, lap * 2^15 + node, place)), with
// node 0 for W(1), 2^d + i for the middle of cell i of length 2^-d, and 2^14 + cell with place = the fraction
// inside of a cell. So W(t/T) is the same number whatever T is, and T = 50 and T = 1000 cut the same path.
// For one T up to 2^14 at most one time lies inside of a cell: its increments have the exact law. (Li et al.
// 2020, "Scalable gradients for stochastic differential equations")

constexpr int pathDepth = 14;
constexpr std::uint32_t pathCells = std::uint32_t{1} << pathDepth;

/// The time (cell + fraction 2^-32) / 2^14 of the unit interval.
struct PathTime {
    std::uint32_t cell;
    std::uint32_t fraction;
    bool operator==(const PathTime&) const = default;
};

/// numerator / denominator in [0, 1], rounded down; equal ratios give equal times.
[[nodiscard]] PathTime pathTime(std::int64_t numerator, std::int64_t denominator);

/// A piece of the unit interval of the path `lap`.
struct PathStretch {
    PathTime low;
    PathTime high;
    float scale;  ///< 1 / sqrt(high - low)
    std::uint32_t lap;
};

/// [to / steps, from / steps], 0 <= to < from <= steps.
[[nodiscard]] PathStretch pathStretch(int to, int from, int steps, std::uint32_t lap = 0);

/// The paths of tileRows neighbouring particles. It remembers the way down to the last time, so that going on
/// from there is cheap; what it gives does not depend on what was asked before.
class PathTile {
  public:
    PathTile(std::uint64_t seed, Stream stream, std::uint32_t firstParticle);

    /// z = (W(high) - W(low)) / sqrt(high - low): N(0, 1) on both axes, independent where stretches do not
    /// overlap.
    void normals(const PathStretch& stretch, TileRow& z0, TileRow& z1);

  private:
    struct Place {
        TileRow x, y;
    };
    void draw(std::uint32_t node, std::uint32_t place);
    [[nodiscard]] Place& node(int depth) { return nodes_[static_cast<std::size_t>(depth + 1)]; }
    void find(PathTime time, Place& place);

    static constexpr std::uint32_t nothing = 0xFFFFFFFFu;
    std::uint64_t seed_;
    Stream stream_;
    std::uint32_t first_;
    std::uint32_t lap_ = 0;
    std::array<Place, pathDepth + 1> nodes_;            ///< W(1), then the middles on the way down
    std::array<std::uint32_t, pathDepth + 1> numbers_;  ///< nodes that nodes_ hold
    PathTime lastTime_{nothing, 0};
    Place last_{};  ///< W(lastTime_)
    Place other_{};
    WordTile words_{};
    TileRow z0_{}, z1_{};
};

/// The paths of `count` neighbouring particles, tile by tile: some 140 bytes a particle.
[[nodiscard]] std::vector<PathTile> pathTiles(std::uint64_t seed, Stream stream, std::uint32_t firstParticle,
                                              std::size_t count);

}  // namespace diffuscope
