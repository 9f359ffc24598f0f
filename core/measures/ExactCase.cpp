#include "measures/ExactCase.h"

#include "diffusion/GaussianMixture.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace diffuscope {
namespace {

constexpr double rounding = 1e-5;  // of floats, over a thousand steps

/// Mean and variance of the particles along an axis.
struct Moments {
    double mean = 0.0;
    double variance = 0.0;
};

Moments measure(std::span<const float> xt, std::size_t axis) {
    const std::size_t count = xt.size() / 2;
    Moments found;
    for (std::size_t i = 0; i < count; ++i) found.mean += static_cast<double>(xt[2 * i + axis]);
    found.mean /= static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double away = static_cast<double>(xt[2 * i + axis]) - found.mean;
        found.variance += away * away;
    }
    found.variance /= static_cast<double>(count) - 1.0;
    return found;
}

/// Standard errors for normal x: sqrt(v / n) of the mean, v sqrt(2 / (n - 1)) of the variance.
void addAxis(std::span<const float> xt, std::size_t axis, const ExactMoments& exact, const Moments& ofQt,
             std::vector<ExactReading>& readings) {
    const auto count = static_cast<double>(xt.size() / 2);
    const Moments found = measure(xt, axis);
    const std::string of = " of x_" + std::to_string(exact.t) + " along " + (axis == 0 ? "x" : "y");
    readings.push_back(
        {"mean" + of, found.mean, exact.mean[axis],
         4.0 * std::sqrt(exact.variance / count) + rounding * (1.0 + std::abs(exact.mean[axis])), ofQt.mean});
    if (count > 1.0)
        readings.push_back(
            {"variance" + of, found.variance, exact.variance,
             4.0 * exact.variance * std::sqrt(2.0 / (count - 1.0)) + rounding * (rounding + exact.variance),
             ofQt.variance});
}

/// The law of a particle's position x and memory m along the axes: means, and the covariance that both share.
struct Joint {
    std::array<double, 2> x{0.0, 0.0};
    std::array<double, 2> m{0.0, 0.0};
    double xx = 1.0;
    double xm = 0.0;
    double mm = 0.0;

    /// One step with x0-hat = slope x + rest, a learned variance at this share of its range.
    void take(const ReverseStep& step, double slope, const std::array<double, 2>& rest, double share) {
        const auto fromX0 = static_cast<double>(step.fromX0);
        const auto keepX0 = static_cast<double>(step.keepX0);
        const double noise =
            static_cast<double>(step.noise) * std::exp(0.5 * share * static_cast<double>(step.logRange));
        const double a = static_cast<double>(step.fromXt) + fromX0 * slope;
        const double b = static_cast<double>(step.fromMemory);
        const double c = step.remembers() ? static_cast<double>(step.keepXt) + keepX0 * slope : 0.0;
        const double d = step.remembers() ? 0.0 : 1.0;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const double before = x[axis];
            x[axis] = a * before + b * m[axis] + fromX0 * rest[axis];
            m[axis] = c * before + d * m[axis] + (step.remembers() ? keepX0 * rest[axis] : 0.0);
        }
        const Joint was = *this;
        xx = a * a * was.xx + 2.0 * a * b * was.xm + b * b * was.mm + noise * noise;
        xm = a * c * was.xx + (a * d + b * c) * was.xm + b * d * was.mm;
        mm = c * c * was.xx + 2.0 * c * d * was.xm + d * d * was.mm;
    }
};

double largestDistance(std::span<const float> xt, const std::array<double, 2>& point) {
    double largest = 0.0;
    for (std::size_t i = 0; i + 1 < xt.size(); i += 2)
        largest = std::max(largest, std::hypot(static_cast<double>(xt[i]) - point[0],
                                               static_cast<double>(xt[i + 1]) - point[1]));
    return largest;
}

}  // namespace

ExactCase exactCaseOf(const DataSet& data) {
    if (data.mixture.size() != 1) return ExactCase::None;
    const auto& [weight, mean, covariance, label] = data.mixture.front();
    if (covariance == std::array{0.0, 0.0, 0.0}) return ExactCase::SinglePoint;
    const bool standard = mean == std::array{0.0, 0.0} && covariance == std::array{1.0, 0.0, 1.0};
    return standard ? ExactCase::StandardNormal : ExactCase::None;
}

std::vector<ExactMoments> exactMoments(const DataSet& data, std::span<const ReverseStep> plan) {
    const ExactCase exactCase = exactCaseOf(data);
    if (exactCase == ExactCase::None || plan.empty()) return {};
    const bool point = exactCase == ExactCase::SinglePoint;
    const std::array<double, 2> rest = point ? data.mixture.front().mean : std::array{0.0, 0.0};
    std::vector<ExactMoments> moments{{plan.front().from, {0.0, 0.0}, 1.0}};
    Joint law;
    for (const ReverseStep& step : plan) {
        law.take(step, point ? 0.0 : static_cast<double>(step.level.sqrtAlphaBar), rest, point ? 0.0 : 1.0);
        moments.push_back({step.to, law.x, law.xx});
    }
    return moments;
}

std::vector<ExactReading> exactReadings(const DataSet& data, const NoiseSchedule& schedule,
                                        std::span<const ReverseStep> plan, int t, std::span<const float> xt) {
    const std::vector<ExactMoments> moments = exactMoments(data, plan);
    // Of several steps to the same t the last one counts.
    const auto exact =
        std::find_if(moments.rbegin(), moments.rend(), [t](const ExactMoments& one) { return one.t == t; });
    if (exact == moments.rend() || xt.empty()) return {};
    const bool point = exactCaseOf(data) == ExactCase::SinglePoint;
    const std::array<double, 2> centre = data.mixture.front().mean;
    const ExactLevel level = exactLevel(schedule, t);
    const double noise = level.sqrtOneMinusAlphaBar;
    std::vector<ExactReading> readings;
    for (std::size_t axis = 0; axis < 2; ++axis)
        addAxis(xt, axis, *exact,
                point ? Moments{level.sqrtAlphaBar * centre[axis], noise * noise} : Moments{0.0, 1.0},
                readings);
    if (point && t == 0 && exact->variance == 0.0)
        readings.push_back({"largest distance of x_0 to the point", largestDistance(xt, centre), 0.0,
                            rounding * (1.0 + std::hypot(centre[0], centre[1])), 0.0});
    return readings;
}

}  // namespace diffuscope
