#pragma once
#include "diffusion/NoiseSchedule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

/// Equal round Gaussians evenly on a circle, and what is exact about them, in double and straight from the
/// definition: with v = alphaBar sd^2 + 1 - alphaBar and w_k proportional to exp(-|x - sqrt(alphaBar) m_k|^2
/// / 2v), eps* = sqrt(1 - alphaBar) (x - sqrt(alphaBar) sum w_k m_k) / v.
class GaussianRing {
  public:
    GaussianRing(int parts, double radius, double deviation) : deviation_(deviation) {
        for (int k = 0; k < parts; ++k) {
            const double angle = 2.0 * std::numbers::pi * k / parts;
            means_.push_back({radius * std::cos(angle), radius * std::sin(angle)});
        }
    }

    /// `signal` = sqrt(alphaBar), `noise` = sqrt(1 - alphaBar).
    void eps(double signal, double noise, const double x[2], double result[2]) const {
        const double v = signal * signal * deviation_ * deviation_ + noise * noise;
        double largest = -1e300;
        for (const auto& m : means_) largest = std::max(largest, signal * (x[0] * m[0] + x[1] * m[1]) / v);
        double weights = 0.0;
        double mean[2] = {0.0, 0.0};
        for (const auto& m : means_) {
            const double w = std::exp(signal * (x[0] * m[0] + x[1] * m[1]) / v - largest);
            weights += w;
            for (std::size_t axis = 0; axis < 2; ++axis) mean[axis] += w * m[axis];
        }
        for (int axis = 0; axis < 2; ++axis)
            result[axis] = noise * (x[axis] - signal * mean[axis] / weights) / v;
    }

    void eps(const diffuscope::NoiseLevel& level, std::span<const float> x, std::span<float> result) const {
        for (std::size_t i = 0; i < x.size(); i += 2) {
            const double at[2] = {static_cast<double>(x[i]), static_cast<double>(x[i + 1])};
            double e[2];
            eps(static_cast<double>(level.sqrtAlphaBar), static_cast<double>(level.sqrtOneMinusAlphaBar), at,
                e);
            result[i] = static_cast<float>(e[0]);
            result[i + 1] = static_cast<float>(e[1]);
        }
    }

  private:
    double deviation_;
    std::vector<std::array<double, 2>> means_;
};
