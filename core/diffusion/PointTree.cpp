#include "diffusion/PointTree.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace diffuscope {
namespace {

constexpr int side = PointTree::side;
using Square = Eigen::Matrix<double, side, side>;
using Rows = Eigen::Matrix<double, Eigen::Dynamic, side>;
using Column = Eigen::ArrayXd;

double place(int a) {
    return std::cos(std::numbers::pi * (a + 0.5) / side);
}

/// T_0 … T_side-1 at each `t`.
Rows chebyshev(const Column& t) {
    Rows values(t.size(), side);
    values.col(0).setOnes();
    values.col(1) = t.matrix();
    for (int k = 2; k < side; ++k)
        values.col(k) = 2.0 * t * values.col(k - 1).array() - values.col(k - 2).array();
    return values;
}

/// From sums of T_k T_l over the points to the weights of the places: the polynomial that is 1 at place a and
/// 0 at the others is (1 + 2 sum_k>0 T_k(place a) T_k) / side.
Square toWeights() {
    Square matrix;
    for (int a = 0; a < side; ++a)
        for (int k = 0; k < side; ++k)
            matrix(a, k) = (k == 0 ? 1.0 : 2.0) / side * std::cos(k * std::numbers::pi * (a + 0.5) / side);
    return matrix;
}

/// Coordinates in halves of a side from its centre; 0 where the side is.
Column inBox(const Column& values, double centre, float half) {
    if (half == 0.0f) return Column::Zero(values.size());
    return (values - centre) / static_cast<double>(half);
}

/// The places along a side.
Column placesOn(double centre, float half) {
    Column values(side);
    for (int a = 0; a < side; ++a) values[a] = centre + static_cast<double>(half) * place(a);
    return values;
}

Column part(const float* values, const PointTree::Node& node) {
    return Eigen::Map<const Eigen::ArrayXf>(values + node.first, static_cast<Eigen::Index>(node.count))
        .cast<double>();
}

}  // namespace

const std::array<float, PointTree::side>& PointTree::places() {
    static const auto values = [] {
        std::array<float, side> found{};
        for (int a = 0; a < side; ++a) found[static_cast<std::size_t>(a)] = static_cast<float>(place(a));
        return found;
    }();
    return values;
}

PointTree::PointTree(std::span<const float> points) {
    std::vector<std::size_t> order(points.size() / 2);
    if (order.empty()) return;
    std::iota(order.begin(), order.end(), std::size_t{0});
    arrange(points, order, 0);
    const std::size_t filled = (size() + leafSize - 1) / leafSize * leafSize;
    for (std::size_t i = 0; i < filled; ++i) {
        const std::size_t from = order[std::min(i, size() - 1)];
        x_.push_back(points[2 * from]);
        y_.push_back(points[2 * from + 1]);
    }
    addGrids();
}

void PointTree::arrange(std::span<const float> points, std::span<std::size_t> order, std::size_t first) {
    Node node{};
    node.first = static_cast<std::uint32_t>(first);
    node.count = static_cast<std::uint32_t>(order.size());
    float low[2] = {points[2 * order[0]], points[2 * order[0] + 1]};
    float high[2] = {low[0], low[1]};
    double sum[2] = {};
    double squares = 0.0;  // of distances to the first point
    for (const std::size_t i : order)
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const float value = points[2 * i + axis];
            low[axis] = std::min(low[axis], value);
            high[axis] = std::max(high[axis], value);
            const double from = static_cast<double>(value) - static_cast<double>(points[2 * order[0] + axis]);
            sum[axis] += from;
            squares += from * from;
        }
    const auto count = static_cast<double>(order.size());
    node.lowX = low[0];
    node.highX = high[0];
    node.lowY = low[1];
    node.highY = high[1];
    node.meanX = static_cast<float>(static_cast<double>(points[2 * order[0]]) + sum[0] / count);
    node.meanY = static_cast<float>(static_cast<double>(points[2 * order[0] + 1]) + sum[1] / count);
    node.spread = static_cast<float>((squares - (sum[0] * sum[0] + sum[1] * sum[1]) / count) / count);
    node.logHalf = std::log(std::max(node.halfX(), node.halfY()));
    node.logCount = std::log(static_cast<float>(order.size()));
    const std::size_t at = nodes_.size();
    nodes_.push_back(node);
    if (order.size() <= leafSize) return;
    const std::size_t axis = high[0] - low[0] < high[1] - low[1] ? 1 : 0;
    const std::size_t leaves = (order.size() + leafSize - 1) / leafSize;
    const std::size_t half = (leaves + 1) / 2 * leafSize;
    // Equal coordinates are told apart by index, so that the order is the same everywhere.
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(half), order.end(),
                     [&](std::size_t a, std::size_t b) {
                         const float ofA = points[2 * a + axis];
                         const float ofB = points[2 * b + axis];
                         return ofA != ofB ? ofA < ofB : a < b;
                     });
    arrange(points, order.first(half), first);
    nodes_[at].right = static_cast<std::uint32_t>(nodes_.size());
    arrange(points, order.subspan(half), first + half);
}

/// Children come after their parents: from the end on, a box takes the grids within it, or its points.
void PointTree::addGrids() {
    const Square weights = toWeights();
    std::uint32_t grids = 0;
    for (Node& node : nodes_)
        if (node.count >= leastOfGrid) node.grid = grids++;
    grids_.resize(static_cast<std::size_t>(grids) * side * side);
    for (std::size_t at = nodes_.size(); at-- > 0;) {
        const Node& node = nodes_[at];
        if (node.grid == none) continue;
        const auto sums = [&node](const Column& x, const Column& y) {
            return std::pair(chebyshev(inBox(x, node.centreX(), node.halfX())),
                             chebyshev(inBox(y, node.centreY(), node.halfY())));
        };
        Square moments = Square::Zero();
        if (node.right != none && nodes_[at + 1].grid != none && nodes_[node.right].grid != none) {
            for (const Node* child : {&nodes_[at + 1], &nodes_[node.right]}) {
                const auto [x, y] = sums(placesOn(child->centreX(), child->halfX()),
                                         placesOn(child->centreY(), child->halfY()));
                const Square inner =
                    Eigen::Map<const Eigen::Matrix<float, side, side>>(grid(*child)).cast<double>();
                moments.noalias() += x.transpose() * inner * y;
            }
        } else {
            const auto [x, y] = sums(part(x_.data(), node), part(y_.data(), node));
            moments.noalias() = x.transpose() * y;
        }
        Eigen::Map<Eigen::Matrix<float, side, side>>(grids_.data() + std::size_t{node.grid} * side * side) =
            (weights * moments * weights.transpose()).cast<float>();
    }
}

}  // namespace diffuscope
