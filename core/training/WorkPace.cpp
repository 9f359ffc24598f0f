#include "training/WorkPace.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr double mostUnits = 1u << 26;
constexpr std::chrono::seconds window{5};
constexpr std::chrono::milliseconds judgedAfter{1500};
constexpr int fewestSlices = 20;

double secondsOf(PassPace::Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::size_t SlicePace::unitsOf(double seconds) const {
    return static_cast<std::size_t>(std::clamp(seconds / secondsPerUnit_, 1.0, mostUnits));
}

void SlicePace::took(std::size_t units, double seconds) {
    // One slice that was held up, or seemed to cost nothing, does not decide alone.
    if (units > 0)
        secondsPerUnit_ = std::clamp(seconds / static_cast<double>(units),
                                     std::max(secondsPerUnit_ / 4, 1e-9), secondsPerUnit_ * 4);
}

PassPace::PassPace(std::size_t units, Clock::time_point start) : units_(units), start_(start) {
    done_.emplace_back(start, 0);
}

void PassPace::add(std::size_t units, Clock::time_point now) {
    if (done_.empty()) return;
    done_.emplace_back(now, done_.back().second + units);
    ++slices_;
    while (done_.size() > 2 && now - done_.front().first > window) done_.pop_front();
}

double PassPace::secondsLeft() const {
    if (done_.empty()) return std::numeric_limits<double>::quiet_NaN();
    // By the later half: the first slices of a program that has just started are small and held up.
    const auto& [from, before] = done_[(done_.size() - 1) / 2];
    const auto& [until, done] = done_.back();
    if (done >= units_) return 0.0;
    if (until - start_ < judgedAfter || slices_ < fewestSlices || done == before)
        return std::numeric_limits<double>::quiet_NaN();
    return secondsOf(until - from) * static_cast<double>(units_ - done) / static_cast<double>(done - before);
}

double PassPace::secondsInAll() const {
    return done_.empty() ? secondsLeft() : secondsOf(done_.back().first - start_) + secondsLeft();
}

std::string durationText(double seconds) {
    const auto text = [](double value, const char* unit) {
        const long rounded = std::lround(value);
        return std::to_string(rounded) + unit + (rounded == 1 ? "" : "s");
    };
    if (seconds < 90.0) return text(seconds, " second");
    return seconds < 5400.0 ? text(seconds / 60.0, " minute") : text(seconds / 3600.0, " hour");
}

}  // namespace diffuscope
