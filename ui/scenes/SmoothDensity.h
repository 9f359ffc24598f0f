#pragma once
#include "scenes/PlaneGrid.h"

#include <span>
#include <vector>

namespace diffuscope {

/// A density at the nodes of a grid; its integral over the plane is 1.
struct SmoothDensity {
    PlaneGrid grid;
    std::vector<float> values;
    float peak = 0.0f;  ///< the greatest of them

    [[nodiscard]] double at(double x, double y) const { return valueAt(grid, values, x, y); }
};

/// (1/n) sum_i N(x; scale y_i, sigma^2 I) over all that the stage shows: with scale = sqrt(alphaBar) and
/// sigma = sqrt(1 - alphaBar) the q_t of the data y. The points are shared out over the nodes and blurred, so
/// the time does not grow with their number times the nodes'; within 1 % of the peak where sigma is above
/// 0.06, and smoothed to about that width below. Of more than 131,072 points every k-th is taken. Points
/// that are not finite are left out.
[[nodiscard]] SmoothDensity smoothDensity(std::span<const float> points, double scale, double sigma,
                                          const Stage& stage);

/// The width of the Gaussians that estimate the density of n particles with this spread:
/// deviation * n^(-1/6). (Silverman 1986, section 4.3.2, two dimensions)
[[nodiscard]] double silvermanWidth(std::span<const float> points);

}  // namespace diffuscope
