#include "diffusion/IdealPoints.h"

#include "denoiser/Elementary.h"

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace diffuscope {
namespace {

using Node = PointTree::Node;
constexpr int side = PointTree::side;
constexpr int leafSize = PointTree::leafSize;

using Places = Eigen::Array<float, side, 1>;
using Weights = Eigen::Map<const Eigen::Matrix<float, side, side>>;

/// A coordinate of the first points of a leaf: of all, or of few where there are no more.
template <int size>
using Leaf = Eigen::Array<float, size, 1>;
constexpr int few = 16;

/// What is left out or interpolated changes the sum of the weights by less than this share of it, and the
/// mean by less than some ten times that share of noise / signal: a float's rounding is larger.
constexpr float logShare = -18.42f;  // ln 1e-8

/// A grid's sums are rounded relative to the highest weight that its box could hold. Where this is more than
/// e^2 times the mean weight, digits are lost.
constexpr float mostAboveMean = 2.0f;

/// Boxes still to be looked at: each level of the tree leaves one behind at the most.
class Pending {
  public:
    void push(std::uint32_t node) { nodes_[size_++] = node; }
    std::uint32_t pop() { return nodes_[--size_]; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

  private:
    std::array<std::uint32_t, 32> nodes_;
    std::size_t size_ = 0;
};

/// What all queries of one call share.
struct Asked {
    Asked(const PointTree& points, const NoiseLevel& level)
        : tree(points),
          nodes(points.nodes().data()),
          places(Eigen::Map<const Places>(PointTree::places().data())),
          signal(level.sqrtAlphaBar),
          noise(level.sqrtOneMinusAlphaBar),
          factor(-0.5f / (noise * noise)),
          logScale(std::log(signal / noise)) {}

    const PointTree& tree;
    const Node* nodes;
    Places places;
    float signal, noise;
    float factor;    ///< of a squared distance in the logarithm of a weight
    float logScale;  ///< from lengths in the data's space to lengths in noise
};

/// One point x_t. Weights are taken relative to that of the point m next to it.
class Query {
  public:
    Query(const Asked& asked, float x, float y) : asked_(asked), x_(x), y_(y) {}
    void eps(float* result);

  private:
    /// Rounding is monotonic, so that a box's distance is never above that of its points, digit for digit.
    [[nodiscard]] float squareTo(const Node& node) const {
        const float x = std::max(asked_.signal * node.lowX - x_, x_ - asked_.signal * node.highX);
        const float y = std::max(asked_.signal * node.lowY - y_, y_ - asked_.signal * node.highY);
        return std::max(x, 0.0f) * std::max(x, 0.0f) + std::max(y, 0.0f) * std::max(y, 0.0f);
    }

    /// Mean of the logarithms of the box's weights, which is below the logarithm of their mean (Jensen); with
    /// the roundings far away.
    [[nodiscard]] float meanLog(const Node& node) const {
        const float x = asked_.signal * node.meanX - x_;
        const float y = asked_.signal * node.meanY - y_;
        return asked_.factor * (1.0f + 2e-6f) * (x * x + y * y + asked_.signal * asked_.signal * node.spread);
    }

    template <int size>
    [[nodiscard]] static Eigen::Map<const Leaf<size>> part(const float* values, const Node& leaf) {
        return Eigen::Map<const Leaf<size>>(values + leaf.first);
    }
    template <int size>
    [[nodiscard]] Leaf<size> squares(const Node& leaf) const {
        return (asked_.signal * part<size>(asked_.tree.x(), leaf) - x_).square() +
               (asked_.signal * part<size>(asked_.tree.y(), leaf) - y_).square();
    }

    void findNearest();
    void setNearest(const Node& leaf);
    void setBounds();
    [[nodiscard]] bool smooth(const Node& node, float square) const;
    void addAll();
    void addGrid(const Node& node);
    template <int size>
    void addPoints(const Node& leaf);

    const Asked& asked_;
    float x_, y_;
    float least_ = std::numeric_limits<float>::infinity();   ///< square of the distance to m
    float mX_ = 0.0f, mY_ = 0.0f;                            ///< m
    float zX_ = 0.0f, zY_ = 0.0f;                            ///< signal m - x_t
    float known_ = -std::numeric_limits<float>::infinity();  ///< ln of what the weights add up to at least
    float mean_ = 0.0f;                                      ///< ln of the mean weight at least
    float allowed_ = 0.0f;                                   ///< ln of a weight that may be left out
    float reach_ = 0.0f;                                     ///< square beyond which all weights are lower
    float offset_ = 0.0f;                                    ///< from ln of a weight to that relative to m
    double greatest_ = 0.0;
    double weights_ = 0.0, sumX_ = 0.0, sumY_ = 0.0;
};

void Query::eps(float* result) {
    if (std::isnan(x_) || std::isnan(y_)) {
        result[0] = result[1] = std::numeric_limits<float>::quiet_NaN();
        return;
    }
    findNearest();
    setBounds();
    addAll();
    result[0] = static_cast<float>(-(double(zX_) + sumX_ / weights_) / double(asked_.noise));
    result[1] = static_cast<float>(-(double(zY_) + sumY_ / weights_) / double(asked_.noise));
}

/// Finds m: the nearest point, or one whose weight is more than e^-1/4 of the nearest's.
void Query::findNearest() {
    const Node* nodes = asked_.nodes;
    const float slack = 0.5f * asked_.noise * asked_.noise;
    const Node* nearest = nullptr;
    Pending pending;
    std::uint32_t at = 0;
    for (bool more = true; more;) {
        known_ = std::max(known_, nodes[at].logCount + meanLog(nodes[at]));
        if (nodes[at].right != PointTree::none) {
            const std::uint32_t left = at + 1;
            const std::uint32_t right = nodes[at].right;
            const bool first = squareTo(nodes[left]) <= squareTo(nodes[right]);
            pending.push(first ? right : left);
            at = first ? left : right;
            continue;
        }
        const Node& leaf = nodes[at];
        const float smallest =
            leaf.count <= few ? squares<few>(leaf).minCoeff() : squares<leafSize>(leaf).minCoeff();
        if (!nearest || smallest < least_) {
            nearest = &leaf;
            least_ = smallest;
        }
        for (more = false; !more && !pending.empty();) {
            at = pending.pop();
            more = squareTo(nodes[at]) < least_ - slack;
        }
    }
    setNearest(*nearest);
}

void Query::setNearest(const Node& leaf) {
    const Leaf<leafSize> all = squares<leafSize>(leaf);
    const std::size_t m =
        leaf.first + static_cast<std::size_t>(std::find(all.begin(), all.end() - 1, least_) - all.begin());
    mX_ = asked_.tree.x()[m];
    mY_ = asked_.tree.y()[m];
    zX_ = asked_.signal * mX_ - x_;
    zY_ = asked_.signal * mY_ - y_;
}

void Query::setBounds() {
    const float logCount = asked_.nodes[0].logCount;
    offset_ = -asked_.factor * (1.0f + 1e-6f) * least_;
    // m itself weighs 1; a hundredth is for roundings.
    mean_ = std::max(0.0f, known_ - asked_.factor * least_ - 0.01f) - logCount;
    allowed_ = mean_ + logShare;
    reach_ = (1.0f + 1e-6f) * least_ + allowed_ / asked_.factor;
}

/// Whether the grid gives the box's sums. Interpolation at n Chebyshev places on an interval of half the
/// length r (in noise) is off by max |f^(n)| 2 (r/2)^n / n!; f is a Gaussian, f^(n) = He_n f, and with w the
/// distance, |He_n(w)| exp(-w^2/2) is below 1.0865 sqrt(n!) exp(-w^2/4) (Cramer) and, as the zeros of He_16
/// are within 7, below max(w, 7)^n exp(-w^2/2). Two axes take 1 + 2.73 (the Lebesgue constant) of that. The
/// exponentials of addGrid() stay far from a float's bounds where r w < 24.
bool Query::smooth(const Node& node, float square) const {
    static_assert(side == 16);
    constexpr float logFactorial = 30.6719f;
    constexpr float both = 2.1f;  // ln(2 * 1.0865 * (1 + 2.73))
    const float log = asked_.factor * square;
    const float logR = node.logHalf + asked_.logScale;
    const float scaled = side * (logR - 0.693147f) + both + offset_ - allowed_;
    if (!(scaled - 0.5f * logFactorial + 0.5f * log <= 0.0f)) {
        if (!(log < -24.5f)) return false;
        const float logW = 0.5f * logOf(-2.0f * log);
        if (!(scaled - logFactorial + side * logW + log <= 0.0f && logR + logW < 3.18f)) return false;
    }
    const float highest = log + offset_ - mostAboveMean;
    return highest <= mean_ || highest <= meanLog(node) + offset_;
}

void Query::addAll() {
    const Node* nodes = asked_.nodes;
    Pending pending;
    std::uint32_t at = 0;
    float square = squareTo(nodes[at]);
    while (true) {
        const Node& node = nodes[at];
        if (node.grid != PointTree::none && smooth(node, square)) {
            addGrid(node);
        } else if (node.right == PointTree::none) {
            node.count <= few ? addPoints<few>(node) : addPoints<leafSize>(node);
        } else {
            const float left = squareTo(nodes[at + 1]);
            const float right = squareTo(nodes[node.right]);
            const bool alsoRight = !(right > reach_);
            if (!(left > reach_)) {
                if (alsoRight) pending.push(node.right);
                ++at;
                square = left;
                continue;
            }
            if (alsoRight) {
                at = node.right;
                square = right;
                continue;
            }
        }
        if (pending.empty()) return;
        at = pending.pop();
        square = squareTo(nodes[at]);
    }
}

/// As addPoints() for the weighted places of the grid, relative to its centre. exp() of the sum of two
/// coordinates' logarithms is a product, so that the sums are those of a matrix between two vectors.
void Query::addGrid(const Node& node) {
    const double uX = double(asked_.signal) * (node.centreX() - double(mX_));
    const double uY = double(asked_.signal) * (node.centreY() - double(mY_));
    const double log =
        double(asked_.factor) * (uX * (uX + 2.0 * double(zX_)) + uY * (uY + 2.0 * double(zY_)));
    const Places dX = (asked_.signal * node.halfX()) * asked_.places;
    const Places dY = (asked_.signal * node.halfY()) * asked_.places;
    const auto twiceX = static_cast<float>(2.0 * (uX + double(zX_)));
    const auto twiceY = static_cast<float>(2.0 * (uY + double(zY_)));
    const Places alongX = (asked_.factor * dX * (dX + twiceX)).exp();
    Eigen::Matrix<float, side, 2> alongY;
    alongY.col(0) = (asked_.factor * dY * (dY + twiceY)).exp();
    alongY.col(1) = alongY.col(0).array() * dY;
    const Eigen::Matrix<float, side, 2> sums = Weights(asked_.tree.grid(node)).lazyProduct(alongY);
    const Places products = alongX * sums.col(0).array();
    const auto scale = double(expOf(static_cast<float>(log - greatest_)));
    const auto weight = double(products.sum());
    weights_ += scale * weight;
    sumX_ += scale * (uX * weight + double((products * dX).sum()));
    sumY_ += scale * (uY * weight + double((alongX * sums.col(1).array()).sum()));
}

/// With u = signal (y_i - m) and z = signal m - x_t, log w_i - log w_m = -u . (u + 2 z) / (2 noise^2), which
/// keeps its digits both close to a point and far away from all.
template <int size>
void Query::addPoints(const Node& leaf) {
    constexpr float negligible = -60.0f;  // keeps exp() off denormals
    const Leaf<size> uX = asked_.signal * (part<size>(asked_.tree.x(), leaf) - mX_);
    const Leaf<size> uY = asked_.signal * (part<size>(asked_.tree.y(), leaf) - mY_);
    Leaf<size> logs = asked_.factor * (uX * (uX + 2.0f * zX_) + uY * (uY + 2.0f * zY_));
    const auto highest = double(logs.maxCoeff());
    if (highest < greatest_ + double(negligible)) return;
    if (highest > greatest_) {
        const double rescale = std::exp(greatest_ - highest);
        weights_ *= rescale;
        sumX_ *= rescale;
        sumY_ *= rescale;
        greatest_ = highest;
    }
    logs = (logs - static_cast<float>(greatest_)).max(negligible).exp();
    if (leaf.count < size) logs.tail(size - static_cast<Eigen::Index>(leaf.count)).setZero();
    weights_ += double(logs.sum());
    sumX_ += double((logs * uX).sum());
    sumY_ += double((logs * uY).sum());
}

}  // namespace

void IdealPoints::eps(const NoiseLevel& level, std::span<const float> xt, std::span<float> eps) const {
    const Asked asked(tree_, level);
    for (std::size_t i = 0; i + 1 < xt.size(); i += 2) Query(asked, xt[i], xt[i + 1]).eps(&eps[i]);
}

}  // namespace diffuscope
