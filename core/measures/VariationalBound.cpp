#include "measures/VariationalBound.h"

#include "Error.h"
#include "diffusion/Noise.h"
#include "diffusion/ReverseSampler.h"
#include "measures/Predict.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diffuscope {
namespace {

constexpr double dimensions = 2.0;
constexpr int firstNoise = 16;  // below are the other measures' draws

/// sigma_t^2 of the reverse step, with what replaces a variance that is 0 at t = 1.
double modelVariance(const NoiseSchedule& schedule, const SamplerSettings& settings, int t) {
    if (settings.sigma == SigmaKind::Lower && t == 1) {
        const double replaced = schedule.steps() > 1 ? schedule.posteriorVariance(2) : schedule.beta(1);
        return settings.sigmaScale * settings.sigmaScale * replaced;
    }
    const double deviation = sigma(schedule, settings, t);
    return deviation * deviation;
}

/// KL(N(m, variance I) || N(m', sigma2 I)) with squares = |m - m'|^2. (Nats)
double gaussianKl(double variance, double sigma2, double squares) {
    const double excess = variance / sigma2 - 1.0;
    return 0.5 * dimensions * (excess - std::log1p(excess)) + 0.5 * squares / sigma2;
}

/// Points at one t with their noise, and what the denoiser says.
class NoisyPoints {
  public:
    explicit NoisyPoints(std::span<const float> points)
        : points_(points), xt_(points.size()), noise_(points.size()), eps_(points.size()) {}

    void predict(const Denoiser& denoiser, int label, const NoiseSchedule& schedule,
                 Conditioning conditioning, int t, std::uint64_t seed, const Measuring& measuring) {
        const NoiseLevel level = noiseLevel(schedule, t, conditioning);
        const auto step = static_cast<std::uint32_t>(firstNoise + t);
        for (std::size_t i = 0; i < points_.size() / 2; ++i) {
            const auto z = normalAt(seed, Stream::Measure, static_cast<std::uint32_t>(i), step);
            for (std::size_t axis = 0; axis < 2; ++axis) {
                const std::size_t at = 2 * i + axis;
                noise_[at] = z[axis];
                xt_[at] = level.sqrtAlphaBar * points_[at] + level.sqrtOneMinusAlphaBar * z[axis];
            }
        }
        predictInPieces(denoiser, xt_, level, label, eps_, measuring);
    }

    /// |x_0 - x0hat|^2 of point i. Unclamped this is (1 - alphaBar)/alphaBar |eps - eps-hat|^2, which keeps
    /// its digits where there is little noise.
    [[nodiscard]] double squaredError(std::size_t i, double signal, double noise, const Box* clamp) const {
        double sum = 0.0;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const std::size_t at = 2 * i + axis;
            double error = noise / signal * (double(noise_[at]) - double(eps_[at]));
            if (clamp) {
                const double x0 = double(points_[at]);
                const double guess = x0 + error;
                const double low = double(clamp->low[axis]);
                const double high = double(clamp->high[axis]);
                if (guess < low || guess > high) error = std::clamp(guess, low, high) - x0;
            }
            sum += error * error;
        }
        return sum;
    }

  private:
    std::span<const float> points_;
    std::vector<float> xt_;
    std::vector<float> noise_;
    std::vector<float> eps_;
};

}  // namespace

VariationalBound variationalBound(const Denoiser& denoiser, int label, const NoiseSchedule& schedule,
                                  const SamplerSettings& settings, Conditioning conditioning, const Box& box,
                                  std::span<const float> points, std::uint64_t seed,
                                  const Measuring& measuring) {
    const int steps = schedule.steps();
    const std::size_t count = points.size() / 2;
    if (count == 0) throw InputError("The variational bound needs points.");
    const auto infinite = [](double value) {
        if (!(value > 0.0) || !std::isfinite(value))
            throw InputError(
                "The variational bound is infinite where the reverse steps add no noise (sigma = 0).");
    };

    VariationalBound bound;
    bound.count = static_cast<int>(count);
    bound.terms.assign(static_cast<std::size_t>(steps) + 1, 0.0);
    if (settings.sigma == SigmaKind::Lower)
        bound.note = steps > 1 ? "The lower variance is 0 at t = 1; that of t = 2 is taken there."
                               : "The lower variance is 0 at t = 1; beta_1 is taken there.";
    const double unit = 1.0 / (dimensions * std::numbers::ln2);  // bits per dimension of a nat
    std::vector<double> ofPoint(count, 0.0);
    const auto add = [&](int t, std::size_t i, double nats) {
        ofPoint[i] += unit * nats;
        bound.terms[static_cast<std::size_t>(t)] += unit * nats / static_cast<double>(count);
    };

    NoisyPoints noisy(points);
    const Box* clamp = settings.clampX0 ? &box : nullptr;
    for (int t = 1; t <= steps; ++t) {
        const double signal =
            std::exp(0.5 * std::max(schedule.logAlphaBar(t), NoiseLevel::smallestLogAlphaBar));
        const double noise = std::sqrt(schedule.oneMinusAlphaBar(t));
        const double sigma2 = modelVariance(schedule, settings, t);
        infinite(sigma2);
        infinite(1.0 / sigma2);
        noisy.predict(denoiser, label, schedule, conditioning, t, seed, measuring);
        // The mean of q(x_{t-1} | x_t, x_0) moves by this much with x_0. It is 1 at t = 1. (Ho 2020, eq. 7)
        const double weight = std::sqrt(schedule.alphaBar(t - 1)) * schedule.beta(t) / (noise * noise);
        for (std::size_t i = 0; i < count; ++i) {
            const double squares = weight * weight * noisy.squaredError(i, signal, noise, clamp);
            add(t - 1, i,
                t == 1 ? 0.5 * dimensions * std::log(2.0 * std::numbers::pi * sigma2) + 0.5 * squares / sigma2
                       : gaussianKl(schedule.posteriorVariance(t), sigma2, squares));
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        const double x = double(points[2 * i]);
        const double y = double(points[2 * i + 1]);
        add(steps, i,
            gaussianKl(schedule.oneMinusAlphaBar(steps), 1.0, schedule.alphaBar(steps) * (x * x + y * y)));
    }

    for (const double term : bound.terms) bound.bitsPerDim += term;
    double squares = 0.0;
    for (const double value : ofPoint) squares += (value - bound.bitsPerDim) * (value - bound.bitsPerDim);
    const auto n = static_cast<double>(count);
    bound.error = count > 1 ? std::sqrt(squares / (n * (n - 1.0))) : std::nan("");
    return bound;
}

}  // namespace diffuscope
