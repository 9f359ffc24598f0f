#include "scenes/Pace.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

double wayAtStep(const NoiseSchedule& schedule, int t) {
    static constexpr double most = 6.0;
    const auto lambda = [&schedule](int step) {
        return step == 0 ? most : std::clamp(schedule.logSnr(step), -most, most);
    };
    const double time = static_cast<double>(t) / schedule.steps();
    const double fall = most - lambda(schedule.steps());
    return fall > 0.0 ? 0.5 * time + 0.5 * (most - lambda(t)) / fall : time;
}

}  // namespace

double wayAt(const NoiseSchedule& schedule, double t) {
    t = std::clamp(t, 0.0, static_cast<double>(schedule.steps()));
    const int below = static_cast<int>(std::floor(t));
    const double from = wayAtStep(schedule, below);
    if (below == schedule.steps()) return from;
    return from + (wayAtStep(schedule, below + 1) - from) * (t - below);
}

double timeAt(const NoiseSchedule& schedule, double way) {
    int low = 0;
    int high = schedule.steps();
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        (wayAtStep(schedule, middle) <= way ? low : high) = middle;
    }
    const double from = wayAtStep(schedule, low);
    const double to = wayAtStep(schedule, high);
    return low + (to > from ? std::clamp((way - from) / (to - from), 0.0, 1.0) : 0.0) * (high - low);
}

}  // namespace diffuscope
