#pragma once
#include "scenes/Stage.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace diffuscope {

/// Nodes over a rectangle of the plane, its edges included; row by row from the bottom, from the left.
struct PlaneGrid {
    int columns = 2;  ///< at least 2
    int rows = 2;     ///< at least 2
    double left = -1.0;
    double bottom = -1.0;
    double width = 2.0;
    double height = 2.0;
    bool operator==(const PlaneGrid&) const = default;

    [[nodiscard]] std::size_t size() const {
        return static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows);
    }
    [[nodiscard]] double x(int column) const { return left + width * column / (columns - 1); }
    [[nodiscard]] double y(int row) const { return bottom + height * row / (rows - 1); }

    /// All of the plane that a stage shows, with nodes about `step` apart.
    [[nodiscard]] static PlaneGrid over(const Stage& stage, double step) {
        const double wide = stage.rect.width() / stage.scale;
        const double high = stage.rect.height() / stage.scale;
        const auto nodes = [step](double length) {
            return std::clamp(static_cast<int>(std::ceil(length / step)) + 1, 2, 512);
        };
        return {.columns = nodes(wide),
                .rows = nodes(high),
                .left = -0.5 * wide,
                .bottom = -0.5 * high,
                .width = wide,
                .height = high};
    }
};

/// Between the nodes, bilinear; outside, as at the edge. `values` holds `stride` numbers a node.
[[nodiscard]] inline double valueAt(const PlaneGrid& grid, std::span<const float> values, double x, double y,
                                    std::size_t stride = 1, std::size_t component = 0) {
    const double u = std::clamp((x - grid.left) / grid.width, 0.0, 1.0) * (grid.columns - 1);
    const double v = std::clamp((y - grid.bottom) / grid.height, 0.0, 1.0) * (grid.rows - 1);
    const int column = std::min(static_cast<int>(u), grid.columns - 2);
    const int row = std::min(static_cast<int>(v), grid.rows - 2);
    const double a = u - column;
    const double b = v - row;
    const auto node = [&](int i, int j) {
        return static_cast<double>(
            values[(static_cast<std::size_t>(j) * static_cast<std::size_t>(grid.columns) +
                    static_cast<std::size_t>(i)) *
                       stride +
                   component]);
    };
    return (1 - b) * ((1 - a) * node(column, row) + a * node(column + 1, row)) +
           b * ((1 - a) * node(column, row + 1) + a * node(column + 1, row + 1));
}

}  // namespace diffuscope
