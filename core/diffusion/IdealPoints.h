#pragma once
#include "diffusion/NoiseSchedule.h"

#include <cstddef>
#include <span>
#include <vector>

namespace diffuscope {

/// The points of a data set, in blocks of neighbours, so that eps* asks only the blocks that count.
class IdealPoints {
  public:
    explicit IdealPoints(std::span<const float> points);  ///< (N, 2)

    /// idealEps() of the points, in the calling thread. `xt` and `eps` (count, 2).
    void eps(const NoiseLevel& level, std::span<const float> xt, std::span<float> eps) const;

    [[nodiscard]] std::size_t size() const { return x_.size(); }

  private:
    static constexpr std::size_t blockSize = 256;
    struct Scratch;
    void arrange(std::span<const float> points, std::span<std::size_t> order);
    [[nodiscard]] std::size_t nearest(float signal, float atX, float atY, Scratch& scratch) const;
    void eps(const NoiseLevel& level, float atX, float atY, Scratch& scratch, float* result) const;

    std::vector<float> x_, y_;                        // block after block
    std::vector<float> lowX_, highX_, lowY_, highY_;  // of each block
};

}  // namespace diffuscope
