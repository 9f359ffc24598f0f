#include "diffusion/ForwardNoise.h"

#include <algorithm>

namespace diffuscope {

ForwardNoise::ForwardNoise(std::uint64_t seed, int steps, int count)
    : seed_(seed),
      steps_(steps),
      count_(count),
      paths_(pathTiles(seed, Stream::ForwardChain, 0, static_cast<std::size_t>(count))) {}

std::size_t ForwardNoise::bytes(int steps, int count) {
    return static_cast<std::size_t>(steps) * static_cast<std::size_t>(count) * 2 * sizeof(float);
}

std::span<const float> ForwardNoise::at(int t) {
    const std::size_t size = 2 * static_cast<std::size_t>(count_);
    const auto index = static_cast<std::size_t>(t) - 1;
    if (noise_.empty()) noise_.reserve(size * static_cast<std::size_t>(steps_));
    TileRow z0;
    TileRow z1;
    for (std::size_t drawn = noise_.size() / size; drawn <= index; ++drawn) {
        noise_.resize(noise_.size() + size);
        float* const to = noise_.data() + drawn * size;
        const int from = static_cast<int>(drawn);
        for (std::size_t first = 0; first < size / 2; first += tileRows) {
            paths_[first / tileRows].normals(pathStretch(from, from + 1, steps_), z0, z1);
            const std::size_t rows = std::min<std::size_t>(tileRows, size / 2 - first);
            for (std::size_t row = 0; row < rows; ++row) {
                to[2 * (first + row)] = z0.values[row];
                to[2 * (first + row) + 1] = z1.values[row];
            }
        }
    }
    if (noise_.size() == size * static_cast<std::size_t>(steps_)) paths_ = {};
    return std::span(noise_).subspan(index * size, size);
}

}  // namespace diffuscope
