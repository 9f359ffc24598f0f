#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace diffuscope {

/// Losses of a whole run in bounded memory: at most `capacity` points, each the mean of `stride` steps; when
/// full, neighbours are merged and the stride doubles.
class LossHistory {
  public:
    static constexpr std::size_t capacity = 4096;
    struct Point {
        std::int64_t step;  ///< last step of the stride
        float loss;
        bool operator==(const Point&) const = default;
    };

    void add(std::int64_t step, float loss);
    void clear() { *this = {}; }
    [[nodiscard]] const std::vector<Point>& points() const { return points_; }
    [[nodiscard]] std::int64_t stride() const { return stride_; }
    /// Exponentially smoothed over about `span` points, one per point of points().
    [[nodiscard]] std::vector<float> smoothed(double span) const;
    /// Mean of the last points that cover at least `steps` steps; NaN when empty.
    [[nodiscard]] double recent(std::int64_t steps) const;
    static LossHistory restored(std::vector<Point> points, std::int64_t stride);
    bool operator==(const LossHistory&) const = default;

  private:
    std::vector<Point> points_;
    std::int64_t stride_ = 1;
    double pendingSum_ = 0.0;
    std::int64_t pendingCount_ = 0;
};

}  // namespace diffuscope
