#pragma once
#include "diffusion/NoiseSchedule.h"
#include "diffusion/PointTree.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace diffuscope {

/// The points of a data set in a tree of boxes, so that eps* asks few of them: boxes that weigh nothing are
/// left out, and those that are small against the noise are one grid each.
class IdealPoints {
  public:
    explicit IdealPoints(std::span<const float> points) : tree_(points) {}  ///< (N, 2)

    /// idealEps() of the points, in the calling thread. `xt` and `eps` (count, 2).
    void eps(const NoiseLevel& level, std::span<const float> xt, std::span<float> eps) const;

    [[nodiscard]] std::size_t size() const { return tree_.size(); }

    /// As many points summed one by one take as long as a prediction at the worst noise level; only in the
    /// middle of data on a circle it can be all of them.
    [[nodiscard]] std::size_t work() const { return std::min(size(), 8192 + size() / 64); }

  private:
    PointTree tree_;
};

}  // namespace diffuscope
