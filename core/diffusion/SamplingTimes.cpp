#include "diffusion/Samplers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace diffuscope {
namespace {

/// t in 1…T whose value is nearest to `wanted`, of values that fall with t.
template <typename Value>
int nearestTime(int last, double wanted, const Value& value) {
    int low = 1;
    int high = last;
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        (value(middle) >= wanted ? low : high) = middle;
    }
    return std::abs(value(low) - wanted) <= std::abs(value(high) - wanted) ? low : high;
}

/// The time wanted for the k-th of `taken` steps, k = taken for T.
int wantedTime(const NoiseSchedule& schedule, SpacingKind spacing, std::int64_t k, std::int64_t taken) {
    const std::int64_t all = schedule.steps();
    switch (spacing) {
        case SpacingKind::Uniform:
            return static_cast<int>((2 * all * k + taken) / (2 * taken));  // nearest to T k / taken
        case SpacingKind::Quadratic: {
            const double share = static_cast<double>(k) / static_cast<double>(taken);
            return static_cast<int>(std::lround(static_cast<double>(all) * share * share));
        }
        case SpacingKind::LogSnr: {
            // Below -12 there is no signal to speak of: a curve that goes on falling has its last levels
            // there passed in one step.
            const double first = schedule.logSnr(1);
            const double last = std::clamp(schedule.logSnr(schedule.steps()), -largestCondition, first);
            const double share =
                taken == 1 ? 0.0 : static_cast<double>(k - 1) / static_cast<double>(taken - 1);
            return nearestTime(schedule.steps(), first + (last - first) * share,
                               [&](int t) { return schedule.logSnr(t); });
        }
    }
    return 0;
}

int wantedFlowTime(const NoiseSchedule& schedule, std::int64_t k, std::int64_t taken) {
    const double share = static_cast<double>(k) / static_cast<double>(taken);
    const double wanted = flowTime(schedule, schedule.steps()) * share;
    return nearestTime(schedule.steps(), -wanted, [&](int t) { return -flowTime(schedule, t); });
}

}  // namespace

std::span<const Choice> spacings() {
    static constexpr Choice rows[] = {
        {"uniform", "Even in t", "Every so many steps. (Song et al. 2021)"},
        {"quadratic", "Quadratic in t", "Denser towards the data. (Song et al. 2021)"},
        {"log-snr", "Even in λ", "Each step divides the noise by the same factor. (Lu et al. 2022)"},
    };
    return rows;
}

double flowTime(const NoiseSchedule& schedule, int t) {
    const double signal = std::exp(0.5 * schedule.logAlphaBar(t));
    const double noise = std::sqrt(schedule.oneMinusAlphaBar(t));
    return noise / (signal + noise);
}

std::vector<int> samplingTimes(const NoiseSchedule& schedule, const SamplerSettings& settings) {
    const Visits visits = samplerRow(settings).visits;
    const int all = std::max(1, schedule.steps());
    const int taken = visits == Visits::All ? all : std::clamp(settings.steps, 1, all);
    std::vector<int> times(static_cast<std::size_t>(taken) + 1, 0);
    times.front() = all;
    for (int k = 1; k < taken; ++k) {  // from the data up
        const int below = times[static_cast<std::size_t>(taken - k + 1)];
        const int wanted = visits == Visits::All         ? k
                           : visits == Visits::FlowTimes ? wantedFlowTime(schedule, k, taken)
                                                         : wantedTime(schedule, settings.spacing, k, taken);
        times[static_cast<std::size_t>(taken - k)] = std::clamp(wanted, below + 1, all - (taken - k));
    }
    return times;
}

}  // namespace diffuscope
