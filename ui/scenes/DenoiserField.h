#pragma once
#include "denoiser/Denoiser.h"
#include "scenes/PlaneGrid.h"

#include <limits>
#include <memory>
#include <span>
#include <vector>

namespace diffuscope {

/// How long one picture may spend on asking a denoiser, and whether that has cost it detail.
struct FrameWork {
    double milliseconds = std::numeric_limits<double>::infinity();  ///< for each field
    bool coarse = false;  ///< set where a field had to be coarser than wanted
};

/// What a denoiser says at the nodes of a grid.
struct DenoiserField {
    PlaneGrid grid;  ///< coarser than asked for where the time was too short
    std::vector<float> eps;

    [[nodiscard]] QPointF at(double x, double y) const {
        return {valueAt(grid, eps, x, y, 2, 0), valueAt(grid, eps, x, y, 2, 1)};
    }
};

/// eps-hat over `grid`. The last ones that this thread asked for are kept, so a picture that does not change
/// costs nothing. Within `work` the number of nodes follows the time that earlier ones took.
[[nodiscard]] std::shared_ptr<const DenoiserField> denoiserField(
    const std::shared_ptr<const Denoiser>& denoiser, const NoiseLevel& level, const PlaneGrid& grid,
    FrameWork* work);

/// eps-hat at the first of the positions, at most `most` and as many as the time is for; kept likewise.
/// (count, 2)
[[nodiscard]] std::shared_ptr<const std::vector<float>> denoiserAt(
    const std::shared_ptr<const Denoiser>& denoiser, const NoiseLevel& level,
    const std::shared_ptr<const std::vector<float>>& positions, std::size_t most, FrameWork* work);

}  // namespace diffuscope
