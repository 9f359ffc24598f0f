#pragma once
#include "diffusion/NoiseSchedule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

struct Expected {
    std::array<double, 2> eps;
    double slope;  ///< bound on how fast eps changes with x_t: (1 + alphaBar tr Cov(x_0 | x_t) / noise^2) /
                   ///< noise
};

/// The definition, in long double and without any cleverness but log-sum-exp.
inline Expected idealReference(const std::vector<float>& data, const diffuscope::NoiseLevel& level, float x,
                               float y) {
    const long double signal = level.sqrtAlphaBar;
    const long double noise = level.sqrtOneMinusAlphaBar;
    std::vector<long double> logs;
    long double greatest = -std::numeric_limits<long double>::infinity();
    for (std::size_t i = 0; i < data.size(); i += 2) {
        const long double dx = x - signal * data[i];
        const long double dy = y - signal * data[i + 1];
        logs.push_back(-(dx * dx + dy * dy) / (2.0L * noise * noise));
        greatest = std::max(greatest, logs.back());
    }
    long double weights = 0.0L;
    std::array<long double, 2> mean{};
    for (long double& log : logs) log = std::exp(log - greatest);
    for (std::size_t i = 0; i < data.size(); ++i) {
        weights += logs[i / 2] / 2.0L;
        mean[i % 2] += logs[i / 2] * data[i];
    }
    for (long double& value : mean) value /= weights;
    long double trace = 0.0L;
    for (std::size_t i = 0; i < data.size(); ++i)
        trace += logs[i / 2] * (data[i] - mean[i % 2]) * (data[i] - mean[i % 2]) / weights;
    return {{double((x - signal * mean[0]) / noise), double((y - signal * mean[1]) / noise)},
            double((1.0L + signal * signal * trace / (noise * noise)) / noise)};
}

/// How far a float calculation may be off: a few roundings of x_t and of the points, times the slope.
inline double idealTolerance(const Expected& expected, float x, float y) {
    return 3e-7 * (1.0 + std::hypot(double(x), double(y))) * expected.slope;
}
