#include "measures/Likelihood.h"

#include "Error.h"
#include "diffusion/Noise.h"
#include "measures/Predict.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace diffuscope {
namespace {

/// The level of a log-SNR. A network that is told the step index is told the one in between, along lambda.
NoiseLevel levelAt(const NoiseSchedule& schedule, Conditioning conditioning, double logSnr) {
    NoiseLevel level = noiseLevelOfLogSnr(logSnr);
    if (conditioning == Conditioning::LogSnr) return level;
    int below = 1;  // lambda falls with t
    int above = schedule.steps();
    while (above - below > 1) {
        const int middle = (below + above) / 2;
        (schedule.logSnr(middle) >= logSnr ? below : above) = middle;
    }
    const double high = schedule.logSnr(below);
    const double low = schedule.logSnr(above);
    const double share = high > low ? std::clamp((high - logSnr) / (high - low), 0.0, 1.0) : 0.0;
    const auto first = double(noiseLevel(schedule, below, conditioning).condition);
    const auto second = double(noiseLevel(schedule, above, conditioning).condition);
    level.condition = static_cast<float>(first + share * (second - first));
    return level;
}

constexpr double noiseAlone = -20.0;  // lambda from which on no datum is left: see Likelihood.h

/// Points on their way through the flow: positions and what their log-density changes by.
struct Flow {
    std::vector<double> x;       ///< (count, 2)
    std::vector<double> change;  ///< count
};

class Field {
  public:
    Field(const Denoiser& denoiser, int label, const NoiseSchedule& schedule, Conditioning conditioning,
          std::size_t count, const Measuring& measuring)
        : denoiser_(denoiser),
          label_(label),
          schedule_(schedule),
          conditioning_(conditioning),
          measuring_(measuring),
          probes_(probes * 2 * count),
          eps_(probes_.size()) {}

    /// d/du of both at `at`, u = -lambda/2.
    void derivative(const Flow& at, double u, Flow& result) {
        const NoiseLevel level = levelAt(schedule_, conditioning_, -2.0 * u);
        const auto s = double(level.sqrtOneMinusAlphaBar);
        const auto h = static_cast<float>(0.01 * s);
        constexpr std::array<std::array<float, 2>, probes> offsets{
            {{0.0f, 0.0f}, {1.0f, 0.0f}, {-1.0f, 0.0f}, {0.0f, 1.0f}, {0.0f, -1.0f}}};
        for (std::size_t i = 0; i < at.change.size(); ++i)
            for (std::size_t probe = 0; probe < probes; ++probe)
                for (std::size_t axis = 0; axis < 2; ++axis)
                    probes_[2 * (probes * i + probe) + axis] =
                        static_cast<float>(at.x[2 * i + axis]) + h * offsets[probe][axis];
        predictInPieces(denoiser_, probes_, level, label_, eps_, measuring_);
        for (std::size_t i = 0; i < at.change.size(); ++i) {
            double trace = 0.0;
            for (std::size_t axis = 0; axis < 2; ++axis) {
                const std::size_t centre = 2 * probes * i + axis;
                const std::size_t plus = centre + 2 * (1 + 2 * axis);
                const std::size_t minus = plus + 2;
                // By the step that the rounded positions really make.
                trace += (double(eps_[plus]) - double(eps_[minus])) /
                         (double(probes_[plus]) - double(probes_[minus]));
                result.x[2 * i + axis] = s * (double(eps_[centre]) - s * at.x[2 * i + axis]);
            }
            result.change[i] = -s * (trace - 2.0 * s);
        }
    }

  private:
    static constexpr std::size_t probes = 5;
    const Denoiser& denoiser_;
    int label_;
    const NoiseSchedule& schedule_;
    Conditioning conditioning_;
    const Measuring& measuring_;
    std::vector<float> probes_;
    std::vector<float> eps_;
};

void addScaled(const Flow& base, const Flow& direction, double factor, Flow& result) {
    for (std::size_t i = 0; i < base.x.size(); ++i) result.x[i] = base.x[i] + factor * direction.x[i];
    for (std::size_t i = 0; i < base.change.size(); ++i)
        result.change[i] = base.change[i] + factor * direction.change[i];
}

}  // namespace

std::vector<double> logDensities(const Denoiser& denoiser, int label, const NoiseSchedule& schedule,
                                 Conditioning conditioning, std::span<const float> x1, int steps,
                                 const Measuring& measuring) {
    const std::size_t count = x1.size() / 2;
    Flow flow{{x1.begin(), x1.end()}, std::vector<double>(count, 0.0)};
    Field field(denoiser, label, schedule, conditioning, count, measuring);
    const double first = -0.5 * schedule.logSnr(1);
    const double last = -0.5 * std::max(schedule.logSnr(schedule.steps()), noiseAlone);
    const double step = (last - first) / steps;
    constexpr std::array<double, 4> reach{0.5, 0.5, 1.0, 0.0};
    constexpr std::array<double, 4> weight{1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0};
    Flow slope = flow;
    Flow stage = flow;
    Flow next = flow;
    for (int k = 0; k < steps && step > 0.0; ++k) {
        const double u = first + k * step;
        next = flow;
        stage = flow;
        double at = u;
        for (std::size_t i = 0; i < reach.size(); ++i) {
            field.derivative(stage, at, slope);
            addScaled(next, slope, weight[i] * step, next);
            addScaled(flow, slope, reach[i] * step, stage);
            at = u + reach[i] * step;
        }
        flow = next;
    }
    // ln p falls by as much as the flow spreads: ln p_1 = ln N(x_T; 0, I) minus the change on the way.
    std::vector<double> densities(count);
    for (std::size_t i = 0; i < count; ++i)
        densities[i] = -std::log(2.0 * std::numbers::pi) -
                       0.5 * (flow.x[2 * i] * flow.x[2 * i] + flow.x[2 * i + 1] * flow.x[2 * i + 1]) -
                       flow.change[i];
    return densities;
}

Likelihood logLikelihood(const Denoiser& denoiser, int label, const NoiseSchedule& schedule,
                         Conditioning conditioning, std::span<const float> points, int steps,
                         std::uint64_t seed, const Measuring& measuring) {
    const std::size_t count = points.size() / 2;
    if (count == 0) throw InputError("The likelihood needs points.");
    const double signal = std::exp(0.5 * schedule.logAlphaBar(1));
    const double noise = std::sqrt(schedule.oneMinusAlphaBar(1));
    std::vector<float> x1(points.size());
    for (std::size_t i = 0; i < count; ++i) {
        const auto z = normalAt(seed, Stream::Measure, static_cast<std::uint32_t>(i), 2);
        for (std::size_t axis = 0; axis < 2; ++axis)
            x1[2 * i + axis] =
                static_cast<float>(signal * double(points[2 * i + axis]) + noise * double(z[axis]));
    }
    const std::vector<double> densities =
        logDensities(denoiser, label, schedule, conditioning, x1, steps, measuring);
    const auto n = static_cast<double>(count);
    double mean = 0.0;
    for (const double value : densities) mean += value / n;
    double squares = 0.0;
    for (const double value : densities) squares += (value - mean) * (value - mean);
    return {mean, count > 1 ? std::sqrt(squares / (n * (n - 1.0))) : std::nan(""), schedule.logSnr(1),
            static_cast<int>(count)};
}

}  // namespace diffuscope
