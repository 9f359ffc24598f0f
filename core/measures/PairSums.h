#pragma once
#include "Error.h"
#include "measures/Measuring.h"

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace diffuscope {

/// Points by columns, for loops over pairs.
struct PointColumns {
    Eigen::ArrayXf x;
    Eigen::ArrayXf y;

    explicit PointColumns(std::span<const float> points)
        : x(static_cast<Eigen::Index>(points.size() / 2)), y(x.size()) {
        for (Eigen::Index i = 0; i < x.size(); ++i) {
            x[i] = points[static_cast<std::size_t>(2 * i)];
            y[i] = points[static_cast<std::size_t>(2 * i + 1)];
        }
    }
};

/// Sum over all pairs of a point of `a` and one of `b` of a function of their squared distance.
/// sumOf(squares) takes a block of them, a modifiable Eigen array. Blocks are summed in float, everything
/// else in double and in a fixed order. With `half`, where a is b, every pair of two points is taken once,
/// and none of a point with itself.
template <typename SumOf>
double sumOverPairs(std::span<const float> a, std::span<const float> b, bool half, const SumOf& sumOf,
                    const Measuring& measuring) {
    if (a.size() < 2 || b.size() < 2)
        throw InputError("The distance of two point sets needs points in both.");
    constexpr Eigen::Index blockSize = 512;
    constexpr std::size_t pairsPerTask = std::size_t{1} << 19;
    const PointColumns columns(b);
    const std::size_t rows = a.size() / 2;
    const std::size_t rowsPerTask =
        std::max<std::size_t>(1, pairsPerTask / static_cast<std::size_t>(columns.x.size()));
    const std::size_t tasks = (rows + rowsPerTask - 1) / rowsPerTask;
    std::vector<double> sums(tasks, 0.0);
    measuring.forEach(static_cast<int>(tasks), [&](int task) {
        Eigen::Array<float, blockSize, 1> squares;
        const std::size_t first = static_cast<std::size_t>(task) * rowsPerTask;
        double sum = 0.0;
        for (std::size_t row = first; row < std::min(rows, first + rowsPerTask); ++row) {
            const float x = a[2 * row];
            const float y = a[2 * row + 1];
            for (Eigen::Index from = half ? static_cast<Eigen::Index>(row) + 1 : 0; from < columns.x.size();
                 from += blockSize) {
                const Eigen::Index size = std::min(blockSize, columns.x.size() - from);
                auto block = squares.head(size);
                block = (columns.x.segment(from, size) - x).square() +
                        (columns.y.segment(from, size) - y).square();
                sum += double(sumOf(block));
            }
        }
        sums[static_cast<std::size_t>(task)] = sum;
    });
    double sum = 0.0;
    for (const double part : sums) sum += part;
    return sum;
}

}  // namespace diffuscope
