#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diffuscope {

/// Points in a tree of boxes, halved at the median of their longer side down to leaves. A box of many points
/// also has a grid: weights S at side x side places that stand for its points in sums of smooth functions,
/// sum_i f(y_i) = sum_ab S_ab f(place_ab), which is f's Chebyshev interpolation on the box. (Fong & Darve
/// 2009)
class PointTree {
  public:
    static constexpr std::size_t leafSize = 128;
    static constexpr std::size_t leastOfGrid = 192;  ///< points: a grid costs as much as these
    static constexpr int side = 16;
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    struct Node {
        float lowX, highX, lowY, highY;
        float meanX, meanY;
        float spread;   ///< mean square of the distance to the mean
        float logHalf;  ///< ln of half the longer side; -inf for equal points
        float logCount;
        std::uint32_t first, count;
        std::uint32_t right = none;  ///< the left child follows its parent; none for leaves
        std::uint32_t grid = none;

        // Exact, so that no point lies outside of its box: Chebyshev polynomials explode there.
        [[nodiscard]] double centreX() const { return 0.5 * (double{lowX} + double{highX}); }
        [[nodiscard]] double centreY() const { return 0.5 * (double{lowY} + double{highY}); }
        [[nodiscard]] float halfX() const { return 0.5f * (highX - lowX); }
        [[nodiscard]] float halfY() const { return 0.5f * (highY - lowY); }
    };

    explicit PointTree(std::span<const float> points);  ///< (N, 2)

    /// Places of a grid along one side, in halves of it from the centre.
    [[nodiscard]] static const std::array<float, side>& places();

    [[nodiscard]] std::size_t size() const { return nodes_.empty() ? 0 : nodes_[0].count; }
    [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
    /// Leaf after leaf; the last one is filled up to leafSize with its last point.
    [[nodiscard]] const float* x() const { return x_.data(); }
    [[nodiscard]] const float* y() const { return y_.data(); }
    /// S, column by column: entry a + side * b.
    [[nodiscard]] const float* grid(const Node& node) const {
        return grids_.data() + static_cast<std::size_t>(node.grid) * side * side;
    }

  private:
    void arrange(std::span<const float> points, std::span<std::size_t> order, std::size_t first);
    void addGrids();

    std::vector<float> x_, y_;
    std::vector<Node> nodes_;  ///< each before those within it
    std::vector<float> grids_;
};

}  // namespace diffuscope
