#pragma once
#include "denoiser/DenoiserBackend.h"
#include "diffusion/Noise.h"

#include <Eigen/Dense>

#include <cmath>
#include <vector>

/// The training step as the papers and DenoiserBackend.h write it, in double and without any attention to
/// speed: what the backends are tested against. Only the random draws are shared with them.
namespace reference {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

struct Network {
    std::vector<Matrix> weights;  ///< (out, in)
    std::vector<Vector> biases;
};

template <typename Flat>
Network networkOf(const diffuscope::MlpLayout& layout, const Flat& flat) {
    Network network;
    std::size_t at = 0;
    int in = diffuscope::inputFeatures;
    for (int l = 0; l <= layout.depth; ++l) {
        const int out = l < layout.depth ? layout.width : 2;
        Matrix w(out, in);
        for (int i = 0; i < out; ++i)
            for (int j = 0; j < in; ++j) w(i, j) = static_cast<double>(flat[at++]);
        Vector b(out);
        for (int i = 0; i < out; ++i) b(i) = static_cast<double>(flat[at++]);
        network.weights.push_back(w);
        network.biases.push_back(b);
        in = out;
    }
    return network;
}

inline std::vector<double> flatOf(const Network& network) {
    std::vector<double> flat;
    for (std::size_t l = 0; l < network.weights.size(); ++l) {
        const Matrix& w = network.weights[l];
        for (int i = 0; i < w.rows(); ++i)
            for (int j = 0; j < w.cols(); ++j) flat.push_back(w(i, j));
        for (int i = 0; i < w.rows(); ++i) flat.push_back(network.biases[l](i));
    }
    return flat;
}

inline Vector features(double x, double y, double c) {
    Vector f(diffuscope::inputFeatures);
    int at = 0;
    f(at++) = x;
    f(at++) = y;
    for (int k = 0; k < diffuscope::positionOctaves; ++k) {
        const double frequency = std::ldexp(static_cast<double>(diffuscope::positionFrequency), k);
        f(at++) = std::sin(frequency * x);
        f(at++) = std::cos(frequency * x);
        f(at++) = std::sin(frequency * y);
        f(at++) = std::cos(frequency * y);
    }
    f(at++) = c / 12.0;
    f(at++) = std::sqrt(1.0 / (1.0 + std::exp(c)));
    for (int k = 1; k <= diffuscope::conditionHarmonics; ++k) {
        const double angle = k * static_cast<double>(diffuscope::conditionFrequency) * c;
        f(at++) = std::sin(angle);
        f(at++) = std::cos(angle);
    }
    return f;
}

inline double logistic(double z) {
    return 1.0 / (1.0 + std::exp(-z));
}

/// Pre-activations of every layer for one sample; the last are the outputs.
inline std::vector<Vector> forward(const Network& network, const Vector& input) {
    std::vector<Vector> z;
    Vector a = input;
    for (std::size_t l = 0; l < network.weights.size(); ++l) {
        z.push_back(network.weights[l] * a + network.biases[l]);
        a = z.back().unaryExpr([](double v) { return v * logistic(v); });
    }
    return z;
}

inline Vector predict(const Network& network, double x, double y, double c) {
    return forward(network, features(x, y, c)).back();
}

struct Sample {
    double x, y, c, eps0, eps1;
};

inline std::vector<Sample> batch(const diffuscope::BatchSettings& settings,
                                 diffuscope::Conditioning conditioning, const std::vector<float>& data,
                                 const std::vector<diffuscope::NoiseLevel>& levels, std::int64_t n) {
    using namespace diffuscope;
    std::vector<Sample> samples;
    const int floorCount = conditioning == Conditioning::StepIndex
                               ? 0
                               : static_cast<int>(std::lround(settings.floorShare * settings.batch));
    for (int i = 0; i < settings.batch; ++i) {
        const auto word = philox(settings.seed, Stream::Batch, static_cast<std::uint32_t>(i),
                                 static_cast<std::uint32_t>(n));
        const bool fromFloor = i < floorCount;
        const double places = fromFloor ? floorCount : settings.batch - floorCount;
        const double place = fromFloor ? i : i - floorCount;
        double signal, noise, c;
        if (fromFloor) {
            double u = static_cast<double>(uniformOf(word[1]));
            if (settings.stratified) u = (place + u) / places;
            c = -12.0 + 22.0 * u;
            signal = std::sqrt(logistic(c));
            noise = std::sqrt(logistic(-c));
        } else {
            double u = word[1] * 0x1p-32;
            if (settings.stratified) u = (place + u) / places;
            const NoiseLevel& level =
                levels[static_cast<std::size_t>(u * static_cast<double>(levels.size()))];
            signal = static_cast<double>(level.sqrtAlphaBar);
            noise = static_cast<double>(level.sqrtOneMinusAlphaBar);
            c = static_cast<double>(level.condition);
        }
        const std::size_t point = 2 * indexBelow(word[0], static_cast<std::uint32_t>(data.size() / 2));
        const auto eps = normalsOf(word[2], word[3]);
        samples.push_back(
            {signal * static_cast<double>(data[point]) + noise * static_cast<double>(eps[0]),
             signal * static_cast<double>(data[point + 1]) + noise * static_cast<double>(eps[1]), c,
             static_cast<double>(eps[0]), static_cast<double>(eps[1])});
    }
    return samples;
}

/// The batch's mean of |eps - eps-hat|^2.
inline double loss(const Network& network, const std::vector<Sample>& samples) {
    double sum = 0.0;
    for (const Sample& s : samples) {
        sum += (predict(network, s.x, s.y, s.c) - Eigen::Vector2d(s.eps0, s.eps1)).squaredNorm();
    }
    return sum / static_cast<double>(samples.size());
}

inline Network gradient(const Network& network, const std::vector<Sample>& samples) {
    Network g = network;
    for (Matrix& w : g.weights) w.setZero();
    for (Vector& b : g.biases) b.setZero();
    for (const Sample& s : samples) {
        const Vector input = features(s.x, s.y, s.c);
        const std::vector<Vector> z = forward(network, input);
        Vector delta =
            2.0 / static_cast<double>(samples.size()) * (z.back() - Eigen::Vector2d(s.eps0, s.eps1));
        for (std::size_t l = z.size(); l-- > 0;) {
            const Vector a =
                l == 0 ? input : Vector(z[l - 1].unaryExpr([](double v) { return v * logistic(v); }));
            g.weights[l] += delta * a.transpose();
            g.biases[l] += delta;
            if (l == 0) break;
            delta = (network.weights[l].transpose() * delta)
                        .cwiseProduct(z[l - 1].unaryExpr(
                            [](double v) { return logistic(v) * (1.0 + v * (1.0 - logistic(v))); }))
                        .eval();
        }
    }
    return g;
}

struct State {
    diffuscope::MlpLayout layout;
    std::vector<double> parameters, average, m, v;
    std::int64_t step = 0;

    explicit State(const diffuscope::TrainingState& from)
        : layout(from.layout),
          parameters(from.parameters.begin(), from.parameters.end()),
          average(from.average.begin(), from.average.end()),
          m(from.firstMoment.begin(), from.firstMoment.end()),
          v(from.secondMoment.begin(), from.secondMoment.end()),
          step(from.step) {}

    [[nodiscard]] Network network() const { return networkOf(layout, parameters); }

    /// One step; returns its loss.
    double train(const diffuscope::BatchSettings& settings, const std::vector<float>& data,
                 const std::vector<diffuscope::NoiseLevel>& levels) {
        ++step;
        const auto samples = batch(settings, layout.conditioning, data, levels, step);
        const Network now = network();
        std::vector<double> g = flatOf(gradient(now, samples));
        double norm2 = 0.0;
        for (const double value : g) norm2 += value * value;
        const double clip = std::min(1.0, 1.0 / std::sqrt(norm2));
        const double n = static_cast<double>(step);
        const double decay = std::min(0.999, (1.0 + n) / (10.0 + n));
        for (std::size_t i = 0; i < g.size(); ++i) {
            m[i] = 0.9 * m[i] + 0.1 * clip * g[i];
            v[i] = 0.999 * v[i] + 0.001 * clip * clip * g[i] * g[i];
            const double mHat = m[i] / (1.0 - std::pow(0.9, n));
            const double vHat = v[i] / (1.0 - std::pow(0.999, n));
            parameters[i] -= settings.learningRate * mHat / (std::sqrt(vHat) + 1e-8);
            average[i] = decay * average[i] + (1.0 - decay) * parameters[i];
        }
        return loss(now, samples);
    }
};

/// |a - b| / |b| over whole vectors.
template <typename A, typename B>
double relativeDistance(const A& a, const B& b) {
    double difference = 0.0;
    double norm = 0.0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        difference += d * d;
        norm += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return std::sqrt(difference / std::max(norm, 1e-300));
}

}  // namespace reference
