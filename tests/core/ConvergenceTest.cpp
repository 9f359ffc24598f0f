#include "core/GaussianRing.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/ForwardProcess.h"
#include "diffusion/ReverseSampler.h"
#include "gpu/GlContext.h"
#include "training/CloudRun.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <vector>

using namespace diffuscope;

/// How fast samplers come to what they approximate as their steps become more: the solvers of the
/// probability-flow equation, and the paths of the stochastic chains, which keep their Brownian path.
class ConvergenceTest : public QObject {
    Q_OBJECT
  private slots:
    void solversHaveTheirOrder_data();
    void solversHaveTheirOrder();
    void forwardPathsConverge();
    void reversePathsConverge_data();
    void reversePathsConverge();
    void idealPathsConverge_data();
    void idealPathsConverge();
    void backendsConverge_data();
    void backendsConverge();
};

namespace {

const GaussianRing ring{5, 1.2, 0.4};

NoiseSchedule linear(int steps) {
    ScheduleSettings settings;
    settings.steps = steps;
    return NoiseSchedule(settings);
}

double rootMeanSquare(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]) / double(a.size());
    return std::sqrt(sum);
}

double rootMeanSquare(const std::vector<float>& a, const std::vector<float>& b) {
    return rootMeanSquare(std::vector<double>(a.begin(), a.end()), std::vector<double>(b.begin(), b.end()));
}

/// The probability-flow equation dy/ds = eps from t = T down to t = 1 by the classical Runge-Kutta method in
/// ln s, in double.
std::vector<double> flow(const NoiseSchedule& schedule, const std::vector<float>& start) {
    constexpr int steps = 2000;
    const auto logS = [&](int t) { return -0.5 * schedule.logSnr(t); };
    const double from = logS(schedule.steps());
    const double h = (logS(1) - from) / steps;
    const auto slope = [](double at, const double y[2], double result[2]) {
        const double s = std::exp(at);
        const double signal = 1.0 / std::hypot(1.0, s);
        const double x[2] = {signal * y[0], signal * y[1]};
        ring.eps(signal, s * signal, x, result);
        for (int axis = 0; axis < 2; ++axis) result[axis] *= s;
    };
    std::vector<double> end;
    for (std::size_t i = 0; i < start.size(); i += 2) {
        const double scale = std::sqrt(schedule.alphaBar(schedule.steps()));
        double y[2] = {double(start[i]) / scale, double(start[i + 1]) / scale};
        for (int k = 0; k < steps; ++k) {
            double d[4][2];
            const double at = from + h * k;
            slope(at, y, d[0]);
            const double y1[2] = {y[0] + 0.5 * h * d[0][0], y[1] + 0.5 * h * d[0][1]};
            slope(at + 0.5 * h, y1, d[1]);
            const double y2[2] = {y[0] + 0.5 * h * d[1][0], y[1] + 0.5 * h * d[1][1]};
            slope(at + 0.5 * h, y2, d[2]);
            const double y3[2] = {y[0] + h * d[2][0], y[1] + h * d[2][1]};
            slope(at + h, y3, d[3]);
            for (int axis = 0; axis < 2; ++axis)
                y[axis] += h / 6.0 * (d[0][axis] + 2.0 * d[1][axis] + 2.0 * d[2][axis] + d[3][axis]);
        }
        for (const double value : y) end.push_back(value * std::sqrt(schedule.alphaBar(1)));
    }
    return end;
}

/// Positions after the last step that leads to t = `until`, with the ring's ideal denoiser.
std::vector<float> run(const NoiseSchedule& schedule, const SamplerSettings& settings, std::size_t particles,
                       int until) {
    std::vector<float> x(2 * particles);
    std::vector<float> eps(x.size());
    std::vector<float> memory(x.size());
    reverseStart(21, 0, x);
    auto paths = pathTiles(21, Stream::ReverseChain, 0, particles);
    for (const ReverseStep& step : reversePlan(schedule, settings, Conditioning::LogSnr, {})) {
        if (step.to < until) break;
        ring.eps(step.level, x, eps);
        applyReverseStep(step, paths, eps, x, memory);
    }
    return x;
}

/// "error, error, error: order a, b"; the orders are the slopes between neighbours.
QString report(const std::vector<int>& steps, const std::vector<double>& errors,
               std::vector<double>& orders) {
    QString text;
    for (std::size_t i = 0; i < errors.size(); ++i) {
        text += QString(" %1: %2").arg(steps[i]).arg(errors[i], 0, 'g', 3);
        if (i == 0) continue;
        orders.push_back(std::log(errors[i - 1] / errors[i]) / std::log(double(steps[i]) / steps[i - 1]));
        text += QString(" (order %1)").arg(orders.back(), 0, 'f', 2);
    }
    return text;
}

void compareTheCurve(const std::vector<int>& steps, const std::vector<double>& errors) {
    std::vector<double> orders;
    qInfo("root mean square distance from the finest path at T =%s",
          qPrintable(report(steps, errors, orders)));
    for (std::size_t i = 1; i < errors.size(); ++i) QVERIFY(errors[i] < 0.7 * errors[i - 1]);
    QVERIFY(errors.back() < 0.25 * errors.front());
}

}  // namespace

void ConvergenceTest::solversHaveTheirOrder_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<double>("least");
    QTest::addColumn<double>("most");
    QTest::newRow("heun") << int(SamplerKind::Heun) << 1.6 << 2.8;
    QTest::newRow("dpm-solver") << int(SamplerKind::DpmSolver) << 1.6 << 2.8;
    QTest::newRow("ddim") << int(SamplerKind::Ddim) << 0.7 << 1.4;
}

// Even in lambda, from T to t = 1: the step to the data is of first order for all.
void ConvergenceTest::solversHaveTheirOrder() {
    QFETCH(int, kind);
    QFETCH(double, least);
    QFETCH(double, most);
    const NoiseSchedule schedule = linear(10000);
    std::vector<float> start(2 * 30);
    reverseStart(21, 0, start);
    const std::vector<double> exact = flow(schedule, start);
    const std::vector<int> steps{24, 48, 96, 192};
    std::vector<double> errors;
    for (const int count : steps) {
        SamplerSettings settings;
        settings.kind = SamplerKind(kind);
        settings.steps = count + 1;  // the last leads from t = 1 to the data
        settings.clampX0 = false;
        const std::vector<float> x = run(schedule, settings, 30, 1);
        errors.push_back(rootMeanSquare(std::vector<double>(x.begin(), x.end()), exact));
    }
    std::vector<double> orders;
    qInfo("root mean square error with S =%s", qPrintable(report(steps, errors, orders)));
    const double overall = std::log(errors.front() / errors.back()) / std::log(8.0);
    QVERIFY2(overall > least && overall < most, qPrintable(QString::number(overall)));
}

// The chain over one Brownian path: at t = T and half way, T = 50, 200, 1000 come ever closer to T = 10,000.
void ConvergenceTest::forwardPathsConverge() {
    constexpr std::size_t particles = 256;
    const auto chain = [](int steps, int until) {
        const NoiseSchedule schedule = linear(steps);
        std::vector<float> x(2 * particles, 0.7f);
        forwardSteps(schedule, 1, until, 31, 0, x, {});
        return x;
    };
    for (const int part : {1, 2}) {
        const std::vector<float> finest = chain(10000, 10000 / part);
        const std::vector<int> steps{50, 200, 1000};
        std::vector<double> errors;
        for (const int all : steps) errors.push_back(rootMeanSquare(chain(all, all / part), finest));
        compareTheCurve(steps, errors);
    }
}

void ConvergenceTest::reversePathsConverge_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<double>("eta");
    QTest::newRow("ddpm") << int(SamplerKind::Ddpm) << 0.0;
    QTest::newRow("ddim, eta 1") << int(SamplerKind::Ddim) << 1.0;
    QTest::newRow("ddim, eta 0.5") << int(SamplerKind::Ddim) << 0.5;
}

// The same start and the same path, cut ever more finely: the whole way from noise to data, with the ideal
// denoiser.
void ConvergenceTest::reversePathsConverge() {
    QFETCH(int, kind);
    QFETCH(double, eta);
    const auto end = [&](int all) {
        SamplerSettings settings;
        settings.kind = SamplerKind(kind);
        settings.eta = eta;
        settings.steps = all;
        settings.clampX0 = false;
        return run(linear(all), settings, 100, 0);
    };
    const std::vector<float> finest = end(10000);
    const std::vector<int> steps{50, 200, 1000};
    std::vector<double> errors;
    for (const int all : steps) errors.push_back(rootMeanSquare(end(all), finest));
    compareTheCurve(steps, errors);
}

void ConvergenceTest::idealPathsConverge_data() {
    QTest::addColumn<bool>("compute");
    QTest::newRow("cpu") << false;
    QTest::newRow("gpu") << true;
}

// The ideal denoiser of points where the program asks it, on the processor and as a compute shader. Down to
// t = T/5: below, a path decides for one of the points, and which one may depend on the last digit.
void ConvergenceTest::idealPathsConverge() {
    QFETCH(bool, compute);
    const auto backend = compute ? makeComputeBackend("") : makeEigenBackend(2, "");
    const auto data = trainingData({.dataset = DatasetKind::SwissRoll, .points = 100}, 1);
    const auto at = [&](int all) {
        Settings settings;
        settings.seed = 5;
        settings.sampler.denoiser = DenoiserKind::Ideal;
        settings.sampler.clampX0 = false;
        CloudRun run = reverseRun(*backend, linear(all), data, settings, 64, std::size_t{1} << 24);
        while (!run.done()) (void)run.advance(1u << 16);
        return *run.trajectory().positions[run.trajectory().nearest(all / 5)];
    };
    const std::vector<float> finest = at(4000);
    const std::vector<int> steps{50, 200, 1000};
    std::vector<double> errors;
    for (const int all : steps) errors.push_back(rootMeanSquare(at(all), finest));
    compareTheCurve(steps, errors);
}

void ConvergenceTest::backendsConverge_data() {
    QTest::addColumn<bool>("compute");
    QTest::newRow("cpu") << false;
    QTest::newRow("gpu") << true;
}

// The same on the backends themselves, with a network in the place of the ideal denoiser: what it predicts
// does not matter, as long as it is smooth.
void ConvergenceTest::backendsConverge() {
    QFETCH(bool, compute);
    const auto backend = compute ? makeComputeBackend("") : makeEigenBackend(2, "");
    backend->setState(initialState({.width = 16, .depth = 1}, 3));
    const auto end = [&](int all) {
        std::vector<float> x(2 * 64);
        reverseStart(5, 0, x);
        SamplerSettings settings;
        const auto plan =
            reversePlan(linear(all), settings, Conditioning::LogSnr, {{-2.0f, -2.0f}, {2.0f, 2.0f}});
        backend->reverse(plan, 5, 0, x, {}, {});
        return x;
    };
    const std::vector<float> finest = end(4000);
    const std::vector<int> steps{50, 200, 1000};
    std::vector<double> errors;
    for (const int all : steps) errors.push_back(rootMeanSquare(end(all), finest));
    compareTheCurve(steps, errors);
}

QTEST_GUILESS_MAIN(ConvergenceTest)
#include "ConvergenceTest.moc"
