#pragma once
#include "denoiser/Denoiser.h"
#include "diffusion/Noise.h"
#include "diffusion/ReverseSampler.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

// The best possible denoisers of distributions whose posterior is known, written down anew in double.

inline std::vector<float> normals(std::uint64_t seed, std::size_t count) {
    std::vector<float> points(2 * count);
    diffuscope::reverseStart(seed, 0, points);
    return points;
}

/// x_0 ~ N(0, I): eps* = sqrt(1 - alphaBar) x_t.
class StandardNormalDenoiser : public diffuscope::Denoiser {
  public:
    void eps(std::span<const float> xt, const diffuscope::NoiseLevel& level, int,
             std::span<float> eps) const override {
        for (std::size_t i = 0; i < xt.size(); ++i) eps[i] = level.sqrtOneMinusAlphaBar * xt[i];
    }
};

/// x_0 is one point.
class SinglePointDenoiser : public diffuscope::Denoiser {
  public:
    SinglePointDenoiser(float x, float y) : point_{x, y} {}
    void eps(std::span<const float> xt, const diffuscope::NoiseLevel& level, int,
             std::span<float> eps) const override {
        for (std::size_t i = 0; i < xt.size(); ++i)
            eps[i] = (xt[i] - level.sqrtAlphaBar * point_[i % 2]) / level.sqrtOneMinusAlphaBar;
    }

  private:
    float point_[2];
};

/// Equal weights at (-centre, 0) and (centre, 0), covariance deviation^2 I.
class TwoGaussians : public diffuscope::Denoiser {
  public:
    TwoGaussians(double centre, double deviation) : centre_(centre), variance_(deviation * deviation) {}

    void eps(std::span<const float> xt, const diffuscope::NoiseLevel& level, int,
             std::span<float> eps) const override {
        const auto a = double(level.sqrtAlphaBar);
        const auto s = double(level.sqrtOneMinusAlphaBar);
        const double v = a * a * variance_ + s * s;
        for (std::size_t i = 0; i < xt.size(); i += 2) {
            const auto x = double(xt[i]);
            // -s grad ln q: both components have the slope -(x - m)/v, mixed by tanh.
            const double mean = a * centre_ * std::tanh(a * centre_ * x / v);
            eps[i] = static_cast<float>(s * (x - mean) / v);
            eps[i + 1] = static_cast<float>(s * double(xt[i + 1]) / v);
        }
    }

    /// ln q_t, alphaBar = 1 for the data themselves.
    [[nodiscard]] double logDensity(double x, double y, double alphaBar) const {
        const double v = alphaBar * variance_ + 1.0 - alphaBar;
        const double m = std::sqrt(alphaBar) * centre_;
        const auto at = [&](double mean) { return -0.5 * ((x - mean) * (x - mean) + y * y) / v; };
        const double high = std::max(at(m), at(-m));
        return high + std::log(0.5 * (std::exp(at(m) - high) + std::exp(at(-m) - high))) -
               std::log(2.0 * std::numbers::pi * v);
    }

    [[nodiscard]] std::vector<float> draws(std::uint64_t seed, std::size_t count) const {
        std::vector<float> points = normals(seed, count);
        for (std::size_t i = 0; i < count; ++i) {
            const auto word =
                diffuscope::philox(seed, diffuscope::Stream::Data, static_cast<std::uint32_t>(i), 9)[0];
            const double centre = word >> 31 ? centre_ : -centre_;
            points[2 * i] = static_cast<float>(centre + std::sqrt(variance_) * double(points[2 * i]));
            points[2 * i + 1] = static_cast<float>(std::sqrt(variance_) * double(points[2 * i + 1]));
        }
        return points;
    }

  private:
    double centre_;
    double variance_;
};
