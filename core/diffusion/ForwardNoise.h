#pragma once
#include "diffusion/BrownianPath.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diffuscope {

/// The noise of particles 0 … count - 1 on every step of a forward chain of T steps. It depends on the seed,
/// T and the particle alone: kept, another schedule costs no draws. Used from one thread.
class ForwardNoise {
  public:
    ForwardNoise(std::uint64_t seed, int steps, int count);

    [[nodiscard]] bool isOf(std::uint64_t seed, int steps, int count) const {
        return seed_ == seed && steps_ == steps && count_ == count;
    }
    /// What all of it takes, in bytes.
    [[nodiscard]] static std::size_t bytes(int steps, int count);

    /// z of step t, 1 … T, for all particles: (count, 2). Drawn when it is asked for first.
    [[nodiscard]] std::span<const float> at(int t);

  private:
    std::uint64_t seed_;
    int steps_;
    int count_;
    std::vector<PathTile> paths_;
    std::vector<float> noise_;  ///< of the steps drawn so far
};

}  // namespace diffuscope
