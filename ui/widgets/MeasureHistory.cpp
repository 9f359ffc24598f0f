#include "widgets/MeasureHistory.h"

#include <algorithm>

namespace diffuscope {

void MeasureHistory::add(const Snapshot& snapshot) {
    if (data_ != snapshot.data) {
        data_ = snapshot.data;
        points_.clear();
        // What was measured of the old points is not carried over, even where the snapshot still holds it.
        last_ = snapshot.readings;
        ++serial_;
        if (!last_ || snapshot.step < last_->step) return;
    } else if (snapshot.readings == last_ && (points_.empty() || points_.back().step <= snapshot.step)) {
        return;
    }
    last_ = snapshot.readings;
    const std::int64_t until = last_ ? std::min(last_->step, snapshot.step + 1) : snapshot.step + 1;
    std::erase_if(points_, [until](const MeasurePoint& point) { return point.step >= until; });
    ++serial_;
    if (!last_ || last_->step > snapshot.step || last_->count == 0) return;
    points_.push_back({last_->step, last_->slicedW2, last_->mmd2, last_->energy});
    if (points_.size() < capacity) return;
    std::size_t kept = 0;
    for (std::size_t i = points_.size() % 2; i < points_.size(); i += 2) points_[kept++] = points_[i];
    points_.resize(kept);
}

}  // namespace diffuscope
