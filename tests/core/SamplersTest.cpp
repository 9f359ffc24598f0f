#include "core/GaussianRing.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/ReverseSampler.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

using namespace diffuscope;

/// The samplers beside DDPM and DDIM, each against its definition, written down once more in its own
/// coordinates, and all of them at the extremes.
class SamplersTest : public QObject {
    Q_OBJECT
  private slots:
    void spacings_data();
    void spacings();
    void spacingIsWhatItsNameSays();
    void heunIsItsDefinition();
    void heunStopsWhereItWouldMagnify();
    void dpmSolverIsItsDefinition();
    void straightIsEulerInFlowTime();
    void langevinIsItsDefinition();
    void langevinIsStationary();
    void singlePointIsHit_data();
    void singlePointIsHit();
    void noisesAreThoseOfTheSteps();
    void extremesStayFinite_data();
    void extremesStayFinite();
};

namespace {

const GaussianRing ring{5, 1.2, 0.3};

SamplerSettings settingsOf(SamplerKind kind, int steps) {
    SamplerSettings settings;
    settings.kind = kind;
    settings.steps = steps;
    settings.clampX0 = false;
    return settings;
}

NoiseSchedule scheduleOf(ScheduleKind kind, int steps) {
    ScheduleSettings settings;
    settings.kind = kind;
    settings.steps = steps;
    return NoiseSchedule(settings);
}

std::vector<ReverseStep> planOf(const NoiseSchedule& schedule, const SamplerSettings& settings,
                                const Box& box = {}) {
    return reversePlan(schedule, settings, Conditioning::LogSnr, box);
}

struct Point {
    double x[2];
};

/// eps* of the ring at t.
Point epsAt(const NoiseSchedule& schedule, int t, const Point& at) {
    Point e;
    ring.eps(std::sqrt(schedule.alphaBar(t)), std::sqrt(schedule.oneMinusAlphaBar(t)), at.x, e.x);
    return e;
}

Point guessAt(const NoiseSchedule& schedule, int t, const Point& at) {
    Point e = epsAt(schedule, t, at);
    for (int axis = 0; axis < 2; ++axis)
        e.x[axis] = (at.x[axis] - std::sqrt(schedule.oneMinusAlphaBar(t)) * e.x[axis]) /
                    std::sqrt(schedule.alphaBar(t));
    return e;
}

/// Largest distance of a run of the plan from positions calculated by `move(from, to, point, index)` in
/// double.
using Move = std::function<void(int from, int to, Point& at, std::size_t particle)>;
double distanceFrom(const NoiseSchedule& schedule, const SamplerSettings& settings, const Move& move) {
    constexpr std::size_t particles = 40;
    std::vector<float> x(2 * particles);
    std::vector<float> eps(x.size());
    std::vector<float> memory(x.size());
    reverseStart(11, 0, x);
    std::vector<Point> exact(particles);
    for (std::size_t i = 0; i < particles; ++i) exact[i] = {{double(x[2 * i]), double(x[2 * i + 1])}};
    for (const ReverseStep& step : planOf(schedule, settings)) {
        ring.eps(step.level, x, eps);
        applyReverseStep(step, 11, 0, eps, x, memory);
    }
    const std::vector<int> times = samplingTimes(schedule, settings);
    for (std::size_t k = 0; k + 1 < times.size(); ++k)
        for (std::size_t i = 0; i < particles; ++i) move(times[k], times[k + 1], exact[i], i);
    double worst = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i)
        worst = std::max(worst, std::abs(double(x[i]) - exact[i / 2].x[i % 2]));
    return worst;
}

}  // namespace

void SamplersTest::spacings_data() {
    QTest::addColumn<int>("kind");
    for (const ScheduleRow& row : schedules())
        QTest::addRow("%s", row.choice.id.data()) << int(&row - schedules().data());
}

// Exactly as many steps as asked for where T allows it, all at t's of their own.
void SamplersTest::spacings() {
    QFETCH(int, kind);
    for (const int all : {1, 2, 7, 50, 1000, 10000}) {
        const NoiseSchedule schedule = scheduleOf(ScheduleKind(kind), all);
        for (const SamplerRow& row : samplers())
            for (std::size_t spacing = 0; spacing < diffuscope::spacings().size(); ++spacing)
                for (const int taken : {1, 2, 20, 999, 10000}) {
                    SamplerSettings settings = settingsOf(SamplerKind(&row - samplers().data()), taken);
                    settings.spacing = SpacingKind(spacing);
                    const std::vector<int> times = samplingTimes(schedule, settings);
                    QCOMPARE(int(times.size()), (row.visits == Visits::All ? all : std::min(all, taken)) + 1);
                    QCOMPARE(times.front(), all);
                    QCOMPARE(times.back(), 0);
                    for (std::size_t i = 1; i < times.size(); ++i) QVERIFY(times[i] < times[i - 1]);
                }
    }
}

void SamplersTest::spacingIsWhatItsNameSays() {
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Linear, 10000);
    SamplerSettings settings = settingsOf(SamplerKind::Heun, 20);
    settings.spacing = SpacingKind::Quadratic;
    QCOMPARE(samplingTimes(schedule, settings)[10], 2500);  // half of the steps: a quarter of T
    settings.spacing = SpacingKind::LogSnr;
    std::vector<int> times = samplingTimes(schedule, settings);
    QCOMPARE(times[19], 1);  // the last level before the data
    const double width = (schedule.logSnr(1) - schedule.logSnr(10000)) / 19.0;
    for (std::size_t k = 0; k < 12; ++k)  // closer to the data one t is a good part of the width
        QVERIFY(std::abs(schedule.logSnr(times[k + 1]) - schedule.logSnr(times[k]) - width) < 0.02 * width);
    settings.kind = SamplerKind::Straight;
    times = samplingTimes(schedule, settings);
    const double part = flowTime(schedule, 10000) / 20.0;
    for (std::size_t k = 0; k + 1 < times.size(); ++k)
        QVERIFY(std::abs(flowTime(schedule, times[k]) - flowTime(schedule, times[k + 1]) - part) <
                0.02 * part);
    // s has the signal-to-noise ratio of t.
    for (const int t : {1, 500, 10000}) {
        const double s = flowTime(schedule, t);
        QVERIFY(std::abs(2.0 * std::log((1.0 - s) / s) - schedule.logSnr(t)) < 1e-9);
    }
    // A curve that falls far below any signal spends its steps where there is some.
    ScheduleSettings steep;
    steep.kind = ScheduleKind::Constant;
    steep.betaMax = 0.999;
    steep.keepCurve = false;
    settings = settingsOf(SamplerKind::Ddim, 5);
    QCOMPARE(samplingTimes(NoiseSchedule(steep), settings), (std::vector<int>{1000, 4, 3, 2, 1, 0}));
}

// Heun's method on dy/ds = eps in y = x / sqrt(alphaBar), s = sqrt((1 - alphaBar) / alphaBar).
void SamplersTest::heunIsItsDefinition() {
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Linear, 400);
    const SamplerSettings settings = settingsOf(SamplerKind::Heun, 15);
    const auto slope = [&](int t, const Point& y) {
        Point x = y;
        for (double& value : x.x) value *= std::sqrt(schedule.alphaBar(t));
        return epsAt(schedule, t, x);
    };
    const double worst = distanceFrom(schedule, settings, [&](int from, int to, Point& at, std::size_t) {
        const auto s = [&](int t) { return std::sqrt(1.0 / schedule.alphaBar(t) - 1.0); };
        Point y = at;
        for (double& value : y.x) value /= std::sqrt(schedule.alphaBar(from));
        const double h = s(to) - s(from);
        const Point first = slope(from, y);
        Point end = y;
        for (int axis = 0; axis < 2; ++axis) end.x[axis] += h * first.x[axis];
        const Point second = to == 0 ? first : slope(to, end);
        for (int axis = 0; axis < 2; ++axis)
            at.x[axis] =
                std::sqrt(schedule.alphaBar(to)) * (y.x[axis] + 0.5 * h * (first.x[axis] + second.x[axis]));
    });
    QVERIFY2(worst < 2e-5, qPrintable(QString::number(worst)));
}

void SamplersTest::heunStopsWhereItWouldMagnify() {
    // Two steps over the whole range: the slopes' difference would count a hundredfold.
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Linear, 1000);
    const auto few = planOf(schedule, settingsOf(SamplerKind::Heun, 3));
    QCOMPARE(few.size(), std::size_t{3});
    for (const ReverseStep& step : few) QVERIFY(!step.remembers());
    const auto many = planOf(schedule, settingsOf(SamplerKind::Heun, 25));
    QCOMPARE(many.size(), std::size_t{49});
    for (const ReverseStep& step : many) QVERIFY(std::abs(step.fromXt) < 4.0f);
}

// The second-order multistep formula in its own words: D = (1 + 1/2r) x0hat - 1/2r x0hat_before.
void SamplersTest::dpmSolverIsItsDefinition() {
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Cosine, 400);
    const SamplerSettings settings = settingsOf(SamplerKind::DpmSolver, 15);
    std::vector<Point> before(40);
    std::vector<double> lastWidth(40, 0.0);
    const double worst = distanceFrom(schedule, settings, [&](int from, int to, Point& at, std::size_t i) {
        const Point guess = guessAt(schedule, from, at);
        if (to == 0) {
            at = guess;
            return;
        }
        const double h = 0.5 * (schedule.logSnr(to) - schedule.logSnr(from));
        const double r = lastWidth[i] / h;
        for (int axis = 0; axis < 2; ++axis) {
            const double d = lastWidth[i] == 0.0
                                 ? guess.x[axis]
                                 : (1.0 + 0.5 / r) * guess.x[axis] - 0.5 / r * before[i].x[axis];
            at.x[axis] =
                std::sqrt(schedule.oneMinusAlphaBar(to) / schedule.oneMinusAlphaBar(from)) * at.x[axis] -
                std::sqrt(schedule.alphaBar(to)) * std::expm1(-h) * d;
        }
        before[i] = guess;
        lastWidth[i] = h;
    });
    QVERIFY2(worst < 2e-4, qPrintable(QString::number(worst)));
}

// X = (1 - s) x_0 + s eps moves along eps - x0hat; x_t is X over its own length.
void SamplersTest::straightIsEulerInFlowTime() {
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Linear, 400);
    const SamplerSettings settings = settingsOf(SamplerKind::Straight, 15);
    const double worst = distanceFrom(schedule, settings, [&](int from, int to, Point& at, std::size_t) {
        const auto s = [&](int t) { return t == 0 ? 0.0 : 1.0 / (1.0 + std::exp(0.5 * schedule.logSnr(t))); };
        const Point eps = epsAt(schedule, from, at);
        const Point guess = guessAt(schedule, from, at);
        for (int axis = 0; axis < 2; ++axis) {
            const double flow = at.x[axis] * std::hypot(1.0 - s(from), s(from));
            const double moved = flow + (s(to) - s(from)) * (eps.x[axis] - guess.x[axis]);
            at.x[axis] = moved / std::hypot(1.0 - s(to), s(to));
        }
    });
    QVERIFY2(worst < 2e-5, qPrintable(QString::number(worst)));
}

void SamplersTest::langevinIsItsDefinition() {
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Linear, 400);
    SamplerSettings settings = settingsOf(SamplerKind::Langevin, 8);
    settings.langevinSteps = 3;
    settings.langevinSize = 0.4;
    const double worst = distanceFrom(schedule, settings, [&](int from, int to, Point& at, std::size_t i) {
        if (to == 0) {
            at = guessAt(schedule, from, at);
            return;
        }
        const double noise = schedule.oneMinusAlphaBar(to);
        const double h = 0.4 * noise;
        for (std::uint32_t lap = 0; lap < 3; ++lap) {
            const Point eps = epsAt(schedule, to, at);
            TileRow z[2];
            PathTile(11, Stream::ReverseChain, std::uint32_t(i))
                .normals(pathStretch(to, from, 400, lap), z[0], z[1]);
            for (int axis = 0; axis < 2; ++axis)
                at.x[axis] += -0.5 * h * eps.x[axis] / std::sqrt(noise) + std::sqrt(h) * double(z[axis][0]);
        }
    });
    QVERIFY2(worst < 5e-5, qPrintable(QString::number(worst)));
}

// x_0 ~ N(0, I), where the score is -x at every level: x <- (1 - h/2) x + sqrt(h) z, whose variance v solves
// v = (1 - h/2)^2 v + h, so v = 1 / (1 - h/4). h = size (1 - alphaBar). 40,000 values: six standard errors
// v sqrt(2 / 40,000), 2e-9.
void SamplersTest::langevinIsStationary() {
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Linear, 1000);
    SamplerSettings settings = settingsOf(SamplerKind::Langevin, 4);
    settings.spacing = SpacingKind::Uniform;
    settings.langevinSteps = 60;
    settings.langevinSize = 0.5;
    std::vector<float> x(40000);
    std::vector<float> eps(x.size());
    reverseStart(3, 0, x);
    const auto plan = planOf(schedule, settings);
    for (std::size_t i = 0; i + 1 < plan.size(); ++i) {
        for (std::size_t k = 0; k < x.size(); ++k) eps[k] = plan[i].level.sqrtOneMinusAlphaBar * x[k];
        applyReverseStep(plan[i], 3, 0, eps, x, {});
        if (plan[i + 1].to == plan[i].to) continue;
        double variance = 0.0;
        for (const float value : x) variance += double(value) * double(value) / double(x.size());
        const double h = 0.5 * schedule.oneMinusAlphaBar(plan[i].to);
        const double expected = 1.0 / (1.0 - h / 4.0);
        QVERIFY(std::abs(variance - expected) < 6.0 * expected * std::sqrt(2.0 / double(x.size())));
    }
    QCOMPARE(plan.back().fromX0, 1.0f);
}

void SamplersTest::singlePointIsHit_data() {
    QTest::addColumn<int>("kind");
    for (const SamplerRow& row : samplers())
        QTest::addRow("%s", row.choice.id.data()) << int(&row - samplers().data());
}

// One point, whose guess is right at every level: every sampler lands on it, to 1e-6 where the
// last level still has its signal; with T = 1 the guess itself is rounded as coarsely as the division
// magnifies.
void SamplersTest::singlePointIsHit() {
    QFETCH(int, kind);
    const std::vector<float> point{0.75f, -1.25f};
    for (const bool clamp : {true, false})
        for (const ScheduleKind curve : {ScheduleKind::Linear, ScheduleKind::Cosine})
            for (const int steps : {1, 50, 1000}) {
                SamplerSettings settings = settingsOf(SamplerKind(kind), 20);
                settings.sigma = SigmaKind::Lower;
                settings.eta = 0.5;
                settings.clampX0 = clamp;
                std::vector<float> x(200);
                std::vector<float> eps(x.size());
                std::vector<float> memory(x.size());
                reverseStart(3, 0, x);
                const auto plan = planOf(scheduleOf(curve, steps), settings, clampBox(point));
                for (const ReverseStep& step : plan) {
                    idealEps(point, step.level, x, eps);
                    applyReverseStep(step, 3, 0, eps, x, memory);
                }
                const float bound = 1e-6f / plan.back().level.sqrtAlphaBar;
                for (std::size_t i = 0; i < x.size(); ++i) QVERIFY(std::abs(x[i] - point[i % 2]) < bound);
            }
}

void SamplersTest::noisesAreThoseOfTheSteps() {
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Linear, 100);
    for (const SamplerRow& row : samplers()) {
        SamplerSettings settings = settingsOf(SamplerKind(&row - samplers().data()), 7);
        settings.eta = 0.8;
        const std::vector<double> noises = stepNoises(schedule, settings);
        QCOMPARE(noises.size(), std::size_t{101});
        QCOMPARE(noises[0], 0.0);
        bool any = false;
        for (const ReverseStep& step : planOf(schedule, settings)) {
            for (int t = step.to + 1; t <= step.from; ++t)
                QCOMPARE(noises[std::size_t(t)], double(step.noise));
            any = any || step.noise > 0.0f;
        }
        QCOMPARE(any, !isDeterministic(settings));
        QVERIFY(row.recommendedSteps > 0 || row.visits == Visits::All);
        QVERIFY(QString::fromUtf8(row.equation).contains("%1"));
    }
}

void SamplersTest::extremesStayFinite_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("curve");
    for (const SamplerRow& row : samplers())
        for (const ScheduleRow& curve : schedules())
            QTest::addRow("%s, %s", row.choice.id.data(), curve.choice.id.data())
                << int(&row - samplers().data()) << int(&curve - schedules().data());
}

void SamplersTest::extremesStayFinite() {
    QFETCH(int, kind);
    QFETCH(int, curve);
    const Box box{{-2.0f, -2.0f}, {2.0f, 2.0f}};
    for (const int all : {1, 2, 10, 10000})
        for (const double betaMax : {0.02, 0.999})
            for (const int taken : {1, 3, 10000})
                for (const bool clamp : {true, false}) {
                    if (all == 10000 && (taken < all || !clamp || betaMax < 0.9))
                        continue;  // the long ones once
                    ScheduleSettings schedule;
                    schedule.kind = ScheduleKind(curve);
                    schedule.steps = all;
                    schedule.betaMax = betaMax;
                    schedule.keepCurve = betaMax == 0.02;
                    SamplerSettings settings = settingsOf(SamplerKind(kind), taken);
                    settings.clampX0 = clamp;
                    settings.sigmaScale = 2.0;
                    settings.eta = 1.0;
                    settings.langevinSteps = 2;
                    settings.langevinSize = 2.0;
                    std::vector<float> x(8);
                    std::vector<float> eps(x.size());
                    std::vector<float> memory(x.size());
                    reverseStart(1, 0, x);
                    for (const ReverseStep& step : planOf(NoiseSchedule(schedule), settings, box)) {
                        ring.eps(step.level, x, eps);
                        applyReverseStep(step, 1, 0, eps, x, memory);
                    }
                    for (const float value : x) QVERIFY(std::isfinite(value) && std::abs(value) < 1e3f);
                }
}

QTEST_GUILESS_MAIN(SamplersTest)
#include "SamplersTest.moc"
