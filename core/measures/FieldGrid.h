#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "denoiser/Guidance.h"
#include "diffusion/Density.h"
#include "diffusion/NoiseSchedule.h"
#include "settings/Choice.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace diffuscope {

/// What can be asked at every place of the plane. Rows of fieldQuantities().
enum class FieldQuantity { Eps, Score, X0, Density, Error };

struct FieldQuantityRow {
    Choice choice;
    std::vector<std::string_view> columns;  ///< names of its numbers: two of a vector, one of a scalar
};
[[nodiscard]] std::span<const FieldQuantityRow> fieldQuantities();

/// size x size places over [-extent, extent]^2, the edges included. Place (row j, column i) is
///     x = -extent + 2 extent i / (size - 1),   y = -extent + 2 extent j / (size - 1):
/// the first is the lower left corner, x runs fastest, and rows go upwards. `size` is at least 2.
struct FieldGrid {
    int size;
    double extent;

    /// Coordinates along x, and along y. They lie symmetrically about 0 to the last digit.
    [[nodiscard]] std::vector<double> axis() const;
};

/// A noise level, for denoisers and for densities.
struct FieldLevel {
    NoiseLevel level;
    ExactLevel exact;
};

/// What a quantity is calculated from; what it does not need may be null.
struct FieldSources {
    std::shared_ptr<const Denoiser> denoiser;  ///< of eps, score and x0; eps_theta of the error
    std::shared_ptr<const Denoiser> ideal;     ///< eps* of the error
    std::shared_ptr<const Density> density;    ///< of the class that is meant
    Guidance guidance;                         ///< of both denoisers
    std::optional<Box> clamp;                  ///< of x0
};

/// The quantity at the places of two axes, row-major with x fastest: `values` (ys.size(), xs.size(),
/// columns). Model units. eps-hat and eps* are under the guidance, as a sampler's.
///   eps     eps-hat
///   score   grad ln q_t(x) = -eps-hat / sqrt(1 - alphaBar)
///   x0      (x - sqrt(1 - alphaBar) eps-hat) / sqrt(alphaBar), clamped to the box
///   density q_t(x)
///   error   |eps_theta - eps*|
void fieldAt(FieldQuantity quantity, const FieldSources& sources, const FieldLevel& level,
             std::span<const double> xs, std::span<const double> ys, std::span<float> values);

}  // namespace diffuscope
