#include "training/LossHistory.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace diffuscope {

void LossHistory::add(std::int64_t step, float loss) {
    pendingSum_ += static_cast<double>(loss);
    if (++pendingCount_ < stride_) return;
    points_.push_back({step, static_cast<float>(pendingSum_ / static_cast<double>(pendingCount_))});
    pendingSum_ = 0.0;
    pendingCount_ = 0;
    if (points_.size() < capacity) return;
    for (std::size_t i = 0; i < points_.size() / 2; ++i) {
        const Point& first = points_[2 * i];
        const Point& second = points_[2 * i + 1];
        points_[i] = {second.step, 0.5f * (first.loss + second.loss)};
    }
    points_.resize(points_.size() / 2);
    stride_ *= 2;
}

std::vector<float> LossHistory::smoothed(double span) const {
    // The weights of an exponential average, corrected for its start.
    const double keep = span > 1.0 ? 1.0 - 1.0 / span : 0.0;
    std::vector<float> result;
    result.reserve(points_.size());
    double sum = 0.0;
    double weight = 0.0;
    for (const Point& point : points_) {
        sum = keep * sum + (1.0 - keep) * static_cast<double>(point.loss);
        weight = keep * weight + (1.0 - keep);
        result.push_back(static_cast<float>(sum / weight));
    }
    return result;
}

double LossHistory::recent(std::int64_t steps) const {
    if (points_.empty()) return std::numeric_limits<double>::quiet_NaN();
    const std::int64_t wanted = std::max<std::int64_t>(1, (steps + stride_ - 1) / stride_);
    const auto count = std::min(static_cast<std::size_t>(wanted), points_.size());
    double sum = 0.0;
    for (std::size_t i = points_.size() - count; i < points_.size(); ++i) {
        sum += static_cast<double>(points_[i].loss);
    }
    return sum / static_cast<double>(count);
}

LossHistory LossHistory::restored(std::vector<Point> points, std::int64_t stride) {
    LossHistory history;
    history.points_ = std::move(points);
    history.stride_ = std::max<std::int64_t>(1, stride);
    return history;
}

}  // namespace diffuscope
