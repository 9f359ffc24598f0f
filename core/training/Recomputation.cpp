#include "training/Recomputation.h"

#include <algorithm>
#include <cstdlib>

namespace diffuscope {
namespace {

std::size_t placeFor(const Trajectory& trajectory, int t) {
    return static_cast<std::size_t>(std::lower_bound(trajectory.t.begin(), trajectory.t.end(), t) -
                                    trajectory.t.begin());
}

bool has(const Trajectory& trajectory, int t) {
    return std::binary_search(trajectory.t.begin(), trajectory.t.end(), t);
}

}  // namespace

Recomputation::Recomputation(std::shared_ptr<const CloudWay> way, Trajectory kept, std::size_t bytes)
    : way_(std::move(way)), bytes_(bytes), keptBytes_(kept.bytes()), trajectory_(std::move(kept)) {
    if (way_->remembers()) trajectory_.memory.resize(trajectory_.t.size());
    const std::vector<int>& times = way_->times;
    for (std::size_t at = 0; at < times.size(); ++at)
        if (at + 1 == times.size() || times[at + 1] != times[at]) stops_.emplace_back(times[at], at);
    std::sort(stops_.begin(), stops_.end());
}

void Recomputation::limit(std::size_t kept, std::size_t bytes) {
    if (!way_) return;
    while (!found_.empty()) forget(found_.back());
    target_.reset();
    walk_ = {};
    if (trajectory_.bytes() > kept) trajectory_ = thinned(trajectory_, kept);
    keptBytes_ = trajectory_.bytes();
    bytes_ = bytes;
}

/// With what is remembered where that is needed to go on from there.
std::size_t Recomputation::bytesAt(std::size_t at) const {
    const std::size_t positions = static_cast<std::size_t>(trajectory_.count) * 2 * sizeof(float);
    return way_->recallsAt(at) ? 2 * positions : positions;
}

std::size_t Recomputation::room() const {
    const std::size_t positions = static_cast<std::size_t>(trajectory_.count) * 2 * sizeof(float);
    if (bytes_ < keptBytes_ + positions) return 0;
    return std::max<std::size_t>(1, (bytes_ - keptBytes_) / (way_->remembers() ? 2 * positions : positions));
}

/// The nearest place before `at` from which the way can be gone: the first one, if no other.
std::size_t Recomputation::startFor(std::size_t at) const {
    std::size_t start = 0;
    for (const auto& [t, index] : stops_) {
        if (index > at || index < start || !has(trajectory_, t)) continue;
        if (!way_->recallsAt(index) || trajectory_.memory[placeFor(trajectory_, t)]) start = index;
    }
    return start;
}

bool Recomputation::ask(double time) {
    if (!way_ || room() == 0) return false;
    auto stop = std::lower_bound(stops_.begin(), stops_.end(), time,
                                 [](const auto& one, double wanted) { return one.first < wanted; });
    if (stop == stops_.end() || (stop != stops_.begin() && time - (stop - 1)->first <= stop->first - time))
        --stop;
    const auto& [t, at] = *stop;
    if (target_ == at) return false;
    if (has(trajectory_, t)) {
        target_.reset();
        walk_ = {};
        return false;
    }
    const std::size_t start = startFor(at);
    const bool onTheWay = target_ && walk_.at() < at && walk_.bound() <= at && walk_.at() >= start;
    if (!onTheWay) {
        const std::size_t place = placeFor(trajectory_, way_->times[start]);
        std::vector<float> memory;
        if (way_->recallsAt(start)) memory = *trajectory_.memory[place];
        walk_ = CloudWalk(way_, start, *trajectory_.positions[place], std::move(memory));
        from_ = start;
    }
    target_ = at;
    spacing_ = (stopsUntil(at) + room() - 1) / room();
    return true;
}

/// How many stops there are from where the walk began.
std::size_t Recomputation::stopsUntil(std::size_t at) const {
    const auto placeOf = [this](std::size_t index) {
        return std::lower_bound(stops_.begin(), stops_.end(), way_->times[index],
                                [](const auto& one, int t) { return one.first < t; }) -
               stops_.begin();
    };
    return static_cast<std::size_t>(std::abs(placeOf(at) - placeOf(from_)));
}

/// Whether the walk keeps what it has at times[at].
bool Recomputation::wanted(std::size_t at) const {
    const std::vector<int>& times = way_->times;
    if (at + 1 < times.size() && times[at + 1] == times[at]) return false;
    return (at == *target_ || stopsUntil(at) % spacing_ == 0) && !has(trajectory_, times[at]);
}

void Recomputation::forget(int t) {
    const auto place = static_cast<std::ptrdiff_t>(placeFor(trajectory_, t));
    trajectory_.t.erase(trajectory_.t.begin() + place);
    trajectory_.positions.erase(trajectory_.positions.begin() + place);
    if (!trajectory_.memory.empty()) trajectory_.memory.erase(trajectory_.memory.begin() + place);
    std::erase(found_, t);
}

/// What is farthest from the target makes room. The target itself has room even without its memory.
void Recomputation::keep(std::size_t at, std::span<const float> positions) {
    const int t = way_->times[at];
    const int asked = way_->times[*target_];
    const auto distance = [asked](int other) { return std::abs(other - asked); };
    const auto fits = [&](std::size_t bytes) { return trajectory_.bytes() + bytes <= bytes_; };
    while (!fits(bytesAt(at)) && !found_.empty()) {
        const int far = *std::max_element(found_.begin(), found_.end(),
                                          [&](int a, int b) { return distance(a) < distance(b); });
        if (distance(far) <= distance(t)) break;
        forget(far);
    }
    const bool remembers = way_->recallsAt(at) && fits(bytesAt(at));
    if (!remembers && !(way_->recallsAt(at) ? at == *target_ && fits(bytesAt(at) / 2) : fits(bytesAt(at))))
        return;
    const auto place = static_cast<std::ptrdiff_t>(placeFor(trajectory_, t));
    const auto copy = [](std::span<const float> values) {
        return std::make_shared<const std::vector<float>>(values.begin(), values.end());
    };
    trajectory_.t.insert(trajectory_.t.begin() + place, t);
    trajectory_.positions.insert(trajectory_.positions.begin() + place, copy(positions));
    if (way_->remembers())
        trajectory_.memory.insert(trajectory_.memory.begin() + place,
                                  remembers ? copy(walk_.memory()) : nullptr);
    found_.push_back(t);
}

std::size_t Recomputation::advance(std::size_t units) {
    if (!target_) return 0;
    std::size_t last = *target_;
    if (way_->remembers())  // the memory is known where a slice ends
        for (std::size_t at = walk_.at() + 1; at < last; ++at)
            if (wanted(at)) last = at;
    const std::size_t before = walk_.at();
    const std::size_t did = walk_.advance(
        units, last, [this](std::size_t at) { return wanted(at); },
        [this](std::size_t at, std::span<const float> positions) {
            if (!way_->remembers() && wanted(at)) keep(at, positions);
        });
    if (way_->remembers() && walk_.at() == last && walk_.at() != before && wanted(last))
        keep(last, walk_.positions());
    if (walk_.at() == *target_) {
        target_.reset();
        walk_ = {};
    }
    return did;
}

}  // namespace diffuscope
