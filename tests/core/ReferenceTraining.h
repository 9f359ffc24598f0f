#pragma once
#include "denoiser/DenoiserBackend.h"
#include "diffusion/Noise.h"
#include "diffusion/NoiseSchedule.h"

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
    int in = diffuscope::inputFeatures + layout.classes;
    for (int l = 0; l <= layout.depth; ++l) {
        const int out = l < layout.depth ? layout.width : layout.twoHeads ? 4 : 2;
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

inline Vector features(double x, double y, double c, int classes = 0, int label = -1) {
    Vector f = Vector::Zero(diffuscope::inputFeatures + classes);
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
    if (label >= 0) f(at + label) = 1.0;
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

inline Vector predict(const Network& network, double x, double y, double c, int classes = 0, int label = -1) {
    return forward(network, features(x, y, c, classes, label)).back();
}

/// What is trained: the network's layout, the data, and the loss under a schedule.
struct Task {
    diffuscope::MlpLayout layout;
    std::vector<float> data;
    std::vector<std::int32_t> labels;
    diffuscope::ScheduleSettings schedule;
    diffuscope::TrainingSettings training;
};

/// A noisy point, what eps-hat is compared with, and the rest of what its loss is made of.
struct Sample {
    double x, y, c;
    double target0, target1;
    double weight = 1.0;
    double signal = 0.0, noise = 0.0;  ///< sqrt(alphaBar), sqrt(1 - alphaBar)
    int label = -1;
    double eps0 = 0.0, eps1 = 0.0;
    int t = 0;  ///< 0: of the floor
};

/// beta-tilde_t; that of t = 2 in place of 0, or beta_1 where there is no t = 2.
inline double posteriorVariance(const diffuscope::NoiseSchedule& schedule, int t) {
    if (t == 1 && schedule.steps() == 1) return schedule.beta(1);
    return schedule.posteriorVariance(std::max(t, 2));
}

inline double weightAt(const diffuscope::NoiseSchedule& schedule,
                       const diffuscope::TrainingSettings& training, int t) {
    using diffuscope::LossKind;
    const double beta = schedule.beta(t);
    const double alphaBar = schedule.alphaBar(t);
    switch (training.loss) {
        case LossKind::Bound:
            return beta * beta / (2.0 * beta * (1.0 - beta) * schedule.oneMinusAlphaBar(t));
        case LossKind::X0Space:
            return std::min(schedule.oneMinusAlphaBar(t) / alphaBar, training.weightCap);
        case LossKind::FourVariable:
            return beta / schedule.oneMinusAlphaBar(t);
        default:
            return 1.0;
    }
}

/// Where there is no step: (1 - alphaBar)/alphaBar is known; the others lie on a line in (log-SNR, log
/// weight) between the two steps around, or have the weight of the nearest end.
inline double weightBetween(const diffuscope::NoiseSchedule& schedule,
                            const diffuscope::TrainingSettings& training, double logSnr) {
    if (training.loss == diffuscope::LossKind::X0Space)
        return std::min(std::exp(-logSnr), training.weightCap);
    if (logSnr >= schedule.logSnr(1)) return weightAt(schedule, training, 1);
    for (int t = 2; t <= schedule.steps(); ++t) {
        const double from = schedule.logSnr(t - 1);
        const double to = schedule.logSnr(t);
        if (logSnr < to) continue;
        return weightAt(schedule, training, t - 1) *
               std::pow(weightAt(schedule, training, t) / weightAt(schedule, training, t - 1),
                        (from - logSnr) / (from - to));
    }
    return weightAt(schedule, training, schedule.steps());
}

inline std::vector<Sample> batch(const diffuscope::BatchSettings& settings, const Task& task,
                                 std::int64_t n) {
    using namespace diffuscope;
    const NoiseSchedule schedule(task.schedule);
    const Conditioning conditioning = task.layout.conditioning;
    std::vector<Sample> samples;
    const int floorCount = conditioning == Conditioning::StepIndex
                               ? 0
                               : static_cast<int>(std::lround(settings.floorShare * settings.batch));
    for (int i = 0; i < settings.batch; ++i) {
        const auto word = philox(settings.seed, Stream::Batch, static_cast<std::uint32_t>(i),
                                 static_cast<std::uint32_t>(n));
        const auto extra = philox(settings.seed, Stream::BatchExtra, static_cast<std::uint32_t>(i),
                                  static_cast<std::uint32_t>(n));
        const bool fromFloor = i < floorCount;
        const double places = fromFloor ? floorCount : settings.batch - floorCount;
        const double place = fromFloor ? i : i - floorCount;
        const std::size_t point = indexBelow(word[0], static_cast<std::uint32_t>(task.data.size() / 2));
        Eigen::Vector2d eps(static_cast<double>(normalsOf(word[2], word[3])[0]),
                            static_cast<double>(normalsOf(word[2], word[3])[1]));
        Eigen::Vector2d target = eps;
        Sample s{};
        if (fromFloor) {
            double u = static_cast<double>(uniformOf(word[1]));
            if (settings.stratified) u = (place + u) / places;
            s.c = -12.0 + 22.0 * u;
            s.signal = std::sqrt(logistic(s.c));
            s.noise = std::sqrt(logistic(-s.c));
            const double cell = std::min(std::floor(u * 256.0), 255.0);
            const auto node = [&](double k) {
                return weightBetween(schedule, task.training, -12.0 + 22.0 * k / 256.0);
            };
            s.weight = node(cell) + (u * 256.0 - cell) * (node(cell + 1.0) - node(cell));
        } else {
            double u = word[1] * 0x1p-32;
            if (settings.stratified) u = (place + u) / places;
            s.t = static_cast<int>(u * schedule.steps()) + 1;
            const NoiseLevel level = noiseLevel(schedule, s.t, conditioning);
            s.signal = static_cast<double>(level.sqrtAlphaBar);
            s.noise = static_cast<double>(level.sqrtOneMinusAlphaBar);
            s.c = static_cast<double>(level.condition);
            s.weight = weightAt(schedule, task.training, s.t);
            if (task.training.loss == LossKind::FourVariable) {
                const auto normals = normalsOf(extra[2], extra[3]);
                const Eigen::Vector2d step(static_cast<double>(normals[0]), static_cast<double>(normals[1]));
                const double before = std::sqrt(schedule.alpha(s.t) * schedule.oneMinusAlphaBar(s.t - 1));
                const double all = std::sqrt(schedule.oneMinusAlphaBar(s.t));
                eps = (before * eps + std::sqrt(schedule.beta(s.t)) * step) / all;
                target = step * all / std::sqrt(schedule.beta(s.t));
            }
        }
        if (task.layout.classes > 0 && extra[0] >= 0.1 * 0x1p32) s.label = task.labels[point];
        s.x = s.signal * static_cast<double>(task.data[2 * point]) + s.noise * eps(0);
        s.y = s.signal * static_cast<double>(task.data[2 * point + 1]) + s.noise * eps(1);
        s.target0 = target(0);
        s.target1 = target(1);
        s.eps0 = eps(0);
        s.eps1 = eps(1);
        samples.push_back(s);
    }
    return samples;
}

inline Eigen::Vector2d epsOf(diffuscope::Parametrisation parametrisation, const Sample& s,
                             const Vector& output) {
    const Eigen::Vector2d xt(s.x, s.y);
    const Eigen::Vector2d said = output.head<2>();
    if (parametrisation == diffuscope::Parametrisation::X0) return (xt - s.signal * said) / s.noise;
    if (parametrisation == diffuscope::Parametrisation::V) return s.noise * xt + s.signal * said;
    return said;
}

/// KL(q(x_{t-1} | x_t, x_0) || N(mu, Sigma)) times T/1000, for a mean that follows from `epsHat`.
inline double klTerm(const diffuscope::NoiseSchedule& schedule, const Sample& s,
                     const Eigen::Vector2d& epsHat, const Vector& output) {
    if (s.t == 0) return 0.0;
    const double beta = schedule.beta(s.t);
    const double low = posteriorVariance(schedule, s.t);
    double sum = 0.0;
    for (int axis = 0; axis < 2; ++axis) {
        const double share = logistic(output(2 + axis));
        const double logVariance = share * std::log(beta) + (1.0 - share) * std::log(low);
        const double error = epsHat(axis) - (axis == 0 ? s.eps0 : s.eps1);
        const double meanError = beta / std::sqrt((1.0 - beta) * schedule.oneMinusAlphaBar(s.t)) * error;
        sum +=
            0.5 * (logVariance - std::log(low) + (low + meanError * meanError) / std::exp(logVariance) - 1.0);
    }
    return sum * schedule.steps() / 1000.0;
}

inline Vector predict(const Network& network, const Task& task, const Sample& s) {
    return predict(network, s.x, s.y, s.c, task.layout.classes, s.label);
}

/// The batch's mean loss. The mean of the KL term follows from `meanOf`, which is held fixed.
inline double loss(const Network& network, const Task& task, const std::vector<Sample>& samples,
                   const Network& meanOf) {
    const diffuscope::NoiseSchedule schedule(task.schedule);
    const auto parametrisation = task.layout.parametrisation;
    double sum = 0.0;
    for (const Sample& s : samples) {
        const Vector output = predict(network, task, s);
        sum += s.weight *
               (epsOf(parametrisation, s, output) - Eigen::Vector2d(s.target0, s.target1)).squaredNorm();
        if (task.layout.twoHeads)
            sum += klTerm(schedule, s, epsOf(parametrisation, s, predict(meanOf, task, s)), output);
    }
    return sum / static_cast<double>(samples.size());
}

/// Of the plain loss of a network that predicts eps.
inline double loss(const Network& network, const std::vector<Sample>& samples) {
    return loss(network, {}, samples, network);
}

/// The loss's derivatives by the outputs.
inline Vector outputSlope(const Task& task, const Sample& s, const Vector& output) {
    using diffuscope::Parametrisation;
    const diffuscope::NoiseSchedule schedule(task.schedule);
    const Eigen::Vector2d epsHat = epsOf(task.layout.parametrisation, s, output);
    const double factor = task.layout.parametrisation == Parametrisation::Eps ? 1.0
                          : task.layout.parametrisation == Parametrisation::V ? s.signal
                                                                              : -s.signal / s.noise;
    Vector slope = Vector::Zero(output.size());
    slope.head<2>() = 2.0 * s.weight * factor * (epsHat - Eigen::Vector2d(s.target0, s.target1));
    if (task.layout.twoHeads) {
        constexpr double h = 1e-5;  // the KL term by differences: of the heads alone
        for (int axis = 2; axis < 4; ++axis) {
            Vector up = output;
            Vector down = output;
            up(axis) += h;
            down(axis) -= h;
            slope(axis) = (klTerm(schedule, s, epsHat, up) - klTerm(schedule, s, epsHat, down)) / (2.0 * h);
        }
    }
    return slope;
}

inline Network gradient(const Network& network, const Task& task, const std::vector<Sample>& samples) {
    Network g = network;
    for (Matrix& w : g.weights) w.setZero();
    for (Vector& b : g.biases) b.setZero();
    for (const Sample& s : samples) {
        const Vector input = features(s.x, s.y, s.c, task.layout.classes, s.label);
        const std::vector<Vector> z = forward(network, input);
        Vector delta = outputSlope(task, s, z.back()) / static_cast<double>(samples.size());
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

inline Network gradient(const Network& network, const std::vector<Sample>& samples) {
    return gradient(network, {}, samples);
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
    double train(const diffuscope::BatchSettings& settings, const Task& task) {
        ++step;
        const auto samples = batch(settings, task, step);
        const Network now = network();
        std::vector<double> g = flatOf(gradient(now, task, samples));
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
        return loss(now, task, samples, now);
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
