#include "diffusion/BrownianPath.h"

#include <cmath>
#include <utility>

namespace diffuscope {

PathTime pathTime(std::int64_t numerator, std::int64_t denominator) {
    const std::int64_t scaled = numerator * std::int64_t{pathCells};
    return {static_cast<std::uint32_t>(scaled / denominator),
            static_cast<std::uint32_t>(((scaled % denominator) << 32) / denominator)};
}

PathStretch pathStretch(int to, int from, int steps, std::uint32_t lap) {
    return {pathTime(to, steps), pathTime(from, steps),
            static_cast<float>(std::sqrt(static_cast<double>(steps) / static_cast<double>(from - to))), lap};
}

PathTile::PathTile(std::uint64_t seed, Stream stream, std::uint32_t firstParticle)
    : seed_(seed), stream_(stream), first_(firstParticle) {
    numbers_.fill(nothing);
}

/// The normals of a node into z0_, z1_.
void PathTile::draw(std::uint32_t node, std::uint32_t place) {
    philoxTile(seed_, stream_, first_, (lap_ << (pathDepth + 1)) + node, words_, place);
    normalsTile(words_.words[0], words_.words[1], z0_, z1_);
}

void PathTile::find(PathTime time, Place& place) {
    static constexpr Place origin{};
    const auto bridge = [this](const Place& left, const Place& right, float share, float deviation,
                               Place& between) {
        for (int row = 0; row < tileRows; ++row) {
            between.x.values[row] = left.x.values[row] + share * (right.x.values[row] - left.x.values[row]) +
                                    deviation * z0_.values[row];
            between.y.values[row] = left.y.values[row] + share * (right.y.values[row] - left.y.values[row]) +
                                    deviation * z1_.values[row];
        }
    };
    if (numbers_[0] != 0) {
        draw(0, 0);
        nodes_[0] = {z0_, z1_};
        numbers_[0] = 0;
    }
    const Place* left = &origin;
    const Place* right = &nodes_[0];
    if (time.cell == pathCells) {
        place = *right;
        return;
    }
    float deviation = 0.5f;
    for (int depth = 0; depth < pathDepth; ++depth, deviation *= 0.70710678f) {
        const std::uint32_t number = (std::uint32_t{1} << depth) + (time.cell >> (pathDepth - depth));
        auto& held = numbers_[static_cast<std::size_t>(depth + 1)];
        Place& middle = node(depth);
        if (held != number) {
            draw(number, 0);
            bridge(*left, *right, 0.5f, deviation, middle);
            held = number;
        }
        ((time.cell >> (pathDepth - 1 - depth)) & 1u ? left : right) = &middle;
    }
    if (time.fraction == 0) {
        place = *left;
        return;
    }
    const float share = static_cast<float>(time.fraction) * 0x1p-32f;
    draw(pathCells + time.cell, time.fraction);
    bridge(*left, *right, share, std::sqrt(share * (1.0f - share)) * 0x1p-7f, place);
}

void PathTile::normals(const PathStretch& stretch, TileRow& z0, TileRow& z1) {
    if (stretch.lap != lap_) {
        lap_ = stretch.lap;
        numbers_.fill(nothing);
        lastTime_.cell = nothing;
    }
    const bool ascending = lastTime_ == stretch.low;
    if (!ascending && lastTime_ != stretch.high) find(stretch.high, last_);
    find(ascending ? stretch.high : stretch.low, other_);
    const float scale = ascending ? stretch.scale : -stretch.scale;
    for (int row = 0; row < tileRows; ++row) {
        z0.values[row] = (other_.x.values[row] - last_.x.values[row]) * scale;
        z1.values[row] = (other_.y.values[row] - last_.y.values[row]) * scale;
    }
    std::swap(last_, other_);
    lastTime_ = ascending ? stretch.high : stretch.low;
}

std::vector<PathTile> pathTiles(std::uint64_t seed, Stream stream, std::uint32_t firstParticle,
                                std::size_t count) {
    std::vector<PathTile> tiles;
    tiles.reserve((count + tileRows - 1) / tileRows);
    for (std::size_t first = 0; first < count; first += tileRows)
        tiles.emplace_back(seed, stream, firstParticle + static_cast<std::uint32_t>(first));
    return tiles;
}

}  // namespace diffuscope
