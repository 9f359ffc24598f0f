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

/// sigma_t^2 of the reverse step, with what replaces a variance that is 0 at t = 1; of a learned one its
/// lower end.
double modelVariance(const NoiseSchedule& schedule, const SamplerSettings& settings, int t) {
    const double variance = settings.sigma == SigmaKind::Lower
                                ? schedule.lowerVariance(t)
                                : sigmaRow(settings).variance(schedule, settings, t);
    return settings.sigmaScale * settings.sigmaScale * variance;
}

/// KL(N(m, variance) || N(m', sigma2)) along one axis, with square = (m - m')^2. (Nats)
double gaussianKl(double variance, double sigma2, double square) {
    const double excess = variance / sigma2 - 1.0;
    return 0.5 * (excess - std::log1p(excess) + square / sigma2);
}

/// -ln of the density N(m, sigma2) along one axis, with square = (x - m)^2.
double gaussianNats(double sigma2, double square) {
    return 0.5 * (std::log(2.0 * std::numbers::pi * sigma2) + square / sigma2);
}

/// Points at one t with their noise, and what the denoiser says.
class NoisyPoints {
  public:
    NoisyPoints(std::span<const float> points, bool learned)
        : points_(points),
          xt_(points.size()),
          noise_(points.size()),
          eps_(points.size()),
          shares_(learned ? points.size() : 0) {}

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
        predictInPieces(denoiser, xt_, level, label, eps_, measuring, shares_);
    }

    /// (x_0 - x0hat)^2 of point i along an axis. Unclamped this is (1 - alphaBar)/alphaBar (eps - eps-hat)^2,
    /// which keeps its digits where there is little noise.
    [[nodiscard]] double squaredError(std::size_t i, std::size_t axis, double signal, double noise,
                                      const Box* clamp) const {
        const std::size_t at = 2 * i + axis;
        double error = noise / signal * (double(noise_[at]) - double(eps_[at]));
        if (clamp) {
            const double x0 = double(points_[at]);
            const double guess = x0 + error;
            const double low = double(clamp->low[axis]);
            const double high = double(clamp->high[axis]);
            if (guess < low || guess > high) error = std::clamp(guess, low, high) - x0;
        }
        return error * error;
    }

    /// Where the learned variance lies in its range; 0 where none is learned.
    [[nodiscard]] double share(std::size_t i, std::size_t axis) const {
        return shares_.empty() ? 0.0 : double(shares_[2 * i + axis]);
    }

  private:
    std::span<const float> points_;
    std::vector<float> xt_;
    std::vector<float> noise_;
    std::vector<float> eps_;
    std::vector<float> shares_;
};

}  // namespace

VariationalBound variationalBound(const Denoiser& denoiser, int label, const NoiseSchedule& schedule,
                                  const SamplerSettings& settings, Conditioning conditioning, const Box& box,
                                  std::span<const float> points, std::uint64_t seed,
                                  const Measuring& measuring) {
    const int steps = schedule.steps();
    const std::size_t count = points.size() / 2;
    if (count == 0) throw InputError("The variational bound needs points.");
    const bool learned = sigmaRow(settings).learned;
    if (learned && !denoiser.saysVariance())
        throw InputError(
            "There is no variational bound: the learned variance needs a network that was trained with "
            "training.loss=learned-variance.");
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

    NoisyPoints noisy(points, learned);
    const Box* clamp = settings.clampX0 ? &box : nullptr;
    for (int t = 1; t <= steps; ++t) {
        const double signal =
            std::exp(0.5 * std::max(schedule.logAlphaBar(t), NoiseLevel::smallestLogAlphaBar));
        const double noise = std::sqrt(schedule.oneMinusAlphaBar(t));
        const double low = modelVariance(schedule, settings, t);
        const double range = learned ? schedule.logVarianceRange(t) : 0.0;
        infinite(low);
        infinite(1.0 / low);
        noisy.predict(denoiser, label, schedule, conditioning, t, seed, measuring);
        // The mean of q(x_{t-1} | x_t, x_0) moves by this much with x_0. It is 1 at t = 1. (Ho 2020, eq. 7)
        const double weight = std::sqrt(schedule.alphaBar(t - 1)) * schedule.beta(t) / (noise * noise);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t axis = 0; axis < 2; ++axis) {
                const double square = weight * weight * noisy.squaredError(i, axis, signal, noise, clamp);
                const double sigma2 = low * std::exp(range * noisy.share(i, axis));
                add(t - 1, i,
                    t == 1 ? gaussianNats(sigma2, square)
                           : gaussianKl(schedule.posteriorVariance(t), sigma2, square));
            }
    }
    for (std::size_t at = 0; at < points.size(); ++at) {
        const double square = double(points[at]) * double(points[at]);
        add(steps, at / 2,
            gaussianKl(schedule.oneMinusAlphaBar(steps), 1.0, schedule.alphaBar(steps) * square));
    }

    for (const double term : bound.terms) bound.bitsPerDim += term;
    double squares = 0.0;
    for (const double value : ofPoint) squares += (value - bound.bitsPerDim) * (value - bound.bitsPerDim);
    const auto n = static_cast<double>(count);
    bound.error = count > 1 ? std::sqrt(squares / (n * (n - 1.0))) : std::nan("");
    return bound;
}

}  // namespace diffuscope
