#include "diffusion/IdealPoints.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace diffuscope {
namespace {

using Column = Eigen::ArrayXf;
using View = Eigen::Map<const Column>;

View view(const std::vector<float>& values, std::size_t from, std::size_t size) {
    return {values.data() + from, static_cast<Eigen::Index>(size)};
}
View view(const std::vector<float>& values) {
    return view(values, 0, values.size());
}

}  // namespace

/// One thread's room.
struct IdealPoints::Scratch {
    Column ux{blockSize};
    Column uy{blockSize};
    Column logs{blockSize};
    Column nearest;  ///< square of each block's distance: no point of it is nearer
    float least = 0.0f;
};

IdealPoints::IdealPoints(std::span<const float> points) {
    std::vector<std::size_t> order(points.size() / 2);
    std::iota(order.begin(), order.end(), std::size_t{0});
    arrange(points, order);
    for (const std::size_t i : order) {
        x_.push_back(points[2 * i]);
        y_.push_back(points[2 * i + 1]);
    }
    for (std::size_t from = 0; from < size(); from += blockSize) {
        const std::size_t count = std::min(blockSize, size() - from);
        lowX_.push_back(view(x_, from, count).minCoeff());
        highX_.push_back(view(x_, from, count).maxCoeff());
        lowY_.push_back(view(y_, from, count).minCoeff());
        highY_.push_back(view(y_, from, count).maxCoeff());
    }
}

/// Halves the points at the median of their longer side, again and again, down to blocks.
void IdealPoints::arrange(std::span<const float> points, std::span<std::size_t> order) {
    if (order.size() <= blockSize) return;
    float low[2] = {points[2 * order[0]], points[2 * order[0] + 1]};
    float high[2] = {low[0], low[1]};
    for (const std::size_t i : order)
        for (std::size_t axis = 0; axis < 2; ++axis) {
            low[axis] = std::min(low[axis], points[2 * i + axis]);
            high[axis] = std::max(high[axis], points[2 * i + axis]);
        }
    const std::size_t axis = high[0] - low[0] < high[1] - low[1] ? 1 : 0;
    const std::size_t blocks = (order.size() + blockSize - 1) / blockSize;
    const std::size_t half = (blocks + 1) / 2 * blockSize;
    // Equal coordinates are told apart by index, so that the order is the same everywhere.
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(half), order.end(),
                     [&](std::size_t a, std::size_t b) {
                         const float at = points[2 * a + axis];
                         const float bt = points[2 * b + axis];
                         return at != bt ? at < bt : a < b;
                     });
    arrange(points, order.first(half));
    arrange(points, order.subspan(half));
}

/// Rounding is monotonic, so that a block's distance is never above that of its points, digit for digit.
std::size_t IdealPoints::nearest(float signal, float atX, float atY, Scratch& scratch) const {
    scratch.nearest = (signal * view(lowX_) - atX).max(atX - signal * view(highX_)).max(0.0f).square() +
                      (signal * view(lowY_) - atY).max(atY - signal * view(highY_)).max(0.0f).square();
    std::size_t best = 0;
    scratch.least = std::numeric_limits<float>::infinity();
    const auto ask = [&](std::size_t block) {
        const std::size_t from = block * blockSize;
        const std::size_t count = std::min(blockSize, size() - from);
        auto squares = scratch.logs.head(static_cast<Eigen::Index>(count));
        squares =
            (signal * view(x_, from, count) - atX).square() + (signal * view(y_, from, count) - atY).square();
        const float smallest = squares.minCoeff();
        if (!(smallest < scratch.least)) return;
        scratch.least = smallest;
        best = from + static_cast<std::size_t>(std::find(squares.begin(), squares.end(), smallest) -
                                               squares.begin());
    };
    Eigen::Index first = 0;
    scratch.nearest.minCoeff(&first);
    ask(static_cast<std::size_t>(first));
    for (Eigen::Index block = 0; block < scratch.nearest.size(); ++block)
        if (scratch.nearest[block] < scratch.least && block != first) ask(static_cast<std::size_t>(block));
    return best;
}

/// The weights are taken relative to the nearest point m: with u = signal (y_i - y_m) and
/// z = signal y_m - x_t, log w_i - log w_m = -u . (u + 2 z) / (2 noise^2), which keeps its digits both close
/// to a point and far away from all.
void IdealPoints::eps(const NoiseLevel& level, float atX, float atY, Scratch& scratch, float* result) const {
    constexpr float negligible = -60.0f;  // e^-60 of the largest weight; keeps exp() off denormals
    const float signal = level.sqrtAlphaBar;
    const float noise = level.sqrtOneMinusAlphaBar;
    const std::size_t m = nearest(signal, atX, atY, scratch);
    const float zx = signal * x_[m] - atX;
    const float zy = signal * y_[m] - atY;
    const float factor = -0.5f / (noise * noise);
    // Farther blocks weigh less than e^-60 of the nearest point, a part in a million of rounding included.
    const float reach = scratch.least * (1.0f + 1e-6f) + negligible / factor;
    double greatest = -std::numeric_limits<double>::infinity();
    double weights = 0.0;
    double sumX = 0.0;
    double sumY = 0.0;
    for (std::size_t from = 0, block = 0; from < size(); from += blockSize, ++block) {
        if (scratch.nearest[static_cast<Eigen::Index>(block)] > reach) continue;
        const std::size_t count = std::min(blockSize, size() - from);
        const auto length = static_cast<Eigen::Index>(count);
        auto ux = scratch.ux.head(length);
        auto uy = scratch.uy.head(length);
        auto logs = scratch.logs.head(length);
        ux = signal * (view(x_, from, count) - x_[m]);
        uy = signal * (view(y_, from, count) - y_[m]);
        logs = factor * (ux * (ux + 2.0f * zx) + uy * (uy + 2.0f * zy));
        const float highest = logs.maxCoeff();
        if (double(highest) < greatest + double(negligible)) continue;
        if (double(highest) > greatest) {
            const double rescale = std::exp(greatest - double(highest));
            weights *= rescale;
            sumX *= rescale;
            sumY *= rescale;
            greatest = double(highest);
        }
        logs = (logs - static_cast<float>(greatest)).max(negligible).exp();
        weights += double(logs.sum());
        sumX += double((logs * ux).sum());
        sumY += double((logs * uy).sum());
    }
    result[0] = static_cast<float>(-(double(zx) + sumX / weights) / double(noise));
    result[1] = static_cast<float>(-(double(zy) + sumY / weights) / double(noise));
}

void IdealPoints::eps(const NoiseLevel& level, std::span<const float> xt, std::span<float> eps) const {
    Scratch scratch;
    for (std::size_t i = 0; i + 1 < xt.size(); i += 2) this->eps(level, xt[i], xt[i + 1], scratch, &eps[i]);
}

}  // namespace diffuscope
