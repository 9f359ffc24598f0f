#include "diffusion/IdealDenoiser.h"
#include "diffusion/Noise.h"
#include "diffusion/ReverseSampler.h"

#include <QTest>
#include <cmath>
#include <vector>

using namespace diffuscope;

namespace {

NoiseSchedule scheduleOf(ScheduleKind kind, int steps, bool keepCurve = true) {
    ScheduleSettings settings;
    settings.kind = kind;
    settings.steps = steps;
    settings.keepCurve = keepCurve;
    return NoiseSchedule(settings);
}

SamplerSettings ddpm(SigmaKind sigma) {
    SamplerSettings settings;
    settings.sigma = sigma;
    settings.clampX0 = false;
    return settings;
}

SamplerSettings ddim(double eta, int steps) {
    SamplerSettings settings;
    settings.kind = SamplerKind::Ddim;
    settings.eta = eta;
    settings.steps = steps;
    settings.spacing = SpacingKind::Uniform;
    settings.clampX0 = false;
    return settings;
}

std::vector<ReverseStep> planOf(const NoiseSchedule& schedule, const SamplerSettings& settings,
                                const Box& box = {}) {
    return reversePlan(schedule, settings, Conditioning::LogSnr, box);
}

/// The step without its noise, in double.
double meanOf(const ReverseStep& step, double x, double eps) {
    const double x0 = (x - double(step.level.sqrtOneMinusAlphaBar) * eps) / double(step.level.sqrtAlphaBar);
    return double(step.fromXt) * x + double(step.fromX0) * x0;
}

void addSchedules() {
    QTest::addColumn<int>("kind");
    for (const ScheduleRow& row : schedules())
        QTest::addRow("%s", row.choice.id.data()) << int(&row - schedules().data());
}

}  // namespace

class ReverseSamplerTest : public QObject {
    Q_OBJECT
  private slots:
    void timesRunFromTToZero();
    void ddpmMeanIsThePapers_data() { addSchedules(); }
    void ddpmMeanIsThePapers();
    void ddimStepIsThePapers_data() { addSchedules(); }
    void ddimStepIsThePapers();
    void sigmasAreTheirFormulas();
    void everyPlanIsUsable();
    void ddimWithEtaOneIsDdpm_data() { addSchedules(); }
    void ddimWithEtaOneIsDdpm();
    void standardNormalKeepsItsVariance_data() { addSchedules(); }
    void standardNormalKeepsItsVariance();
    void standardNormalKeepsItsVarianceWhenRun();
    void singlePointIsHit_data();
    void singlePointIsHit();
    void idealDenoiserMemorises();
    void clampHoldsTheGuess();
    void runsAreIndependentOfTheSplit();
};

void ReverseSamplerTest::timesRunFromTToZero() {
    using Times = std::vector<int>;
    QCOMPARE(samplingTimes(scheduleOf(ScheduleKind::Linear, 3), ddpm(SigmaKind::Upper)), (Times{3, 2, 1, 0}));
    QCOMPARE(samplingTimes(scheduleOf(ScheduleKind::Linear, 1000), ddim(0, 4)),
             (Times{1000, 750, 500, 250, 0}));
    QCOMPARE(samplingTimes(scheduleOf(ScheduleKind::Linear, 10), ddim(0, 4)), (Times{10, 8, 5, 3, 0}));
    QCOMPARE(samplingTimes(scheduleOf(ScheduleKind::Linear, 3), ddim(0, 50)), (Times{3, 2, 1, 0}));
    QCOMPARE(samplingTimes(scheduleOf(ScheduleKind::Linear, 1), ddim(0, 1)), (Times{1, 0}));
    for (const int steps : {1, 2, 7, 999, 10000})
        for (const int taken : {1, 2, 3, 50, 997, 10000}) {
            const Times times = samplingTimes(scheduleOf(ScheduleKind::Cosine, steps), ddim(0, taken));
            QCOMPARE(int(times.size()), std::min(steps, taken) + 1);
            QCOMPARE(times.front(), steps);
            QCOMPARE(times.back(), 0);
            for (std::size_t i = 1; i < times.size(); ++i) QVERIFY(times[i] < times[i - 1]);
        }
}

// mu = (x_t - beta_t / sqrt(1 - alphaBar_t) eps) / sqrt(alpha_t), which the posterior's mean must equal.
void ReverseSamplerTest::ddpmMeanIsThePapers() {
    QFETCH(int, kind);
    for (const int steps : {1, 2, 50, 1000}) {
        const NoiseSchedule schedule = scheduleOf(ScheduleKind(kind), steps);
        for (const ReverseStep& step : planOf(schedule, ddpm(SigmaKind::Upper))) {
            QCOMPARE(step.to, step.from - 1);
            const int t = step.from;
            for (const double eps : {-1.3, 0.0, 0.8}) {
                const double x = 0.7;
                const double mean = (x - schedule.beta(t) / std::sqrt(1.0 - schedule.alphaBar(t)) * eps) /
                                    std::sqrt(schedule.alpha(t));
                // Single-precision coefficients; the two terms cancel where sqrt(alphaBar) is small.
                const double size = 1.0 + std::abs(x - eps) * double(step.fromX0 / step.level.sqrtAlphaBar);
                QVERIFY(std::abs(meanOf(step, x, eps) - mean) < 1e-6 * size);
            }
        }
    }
}

void ReverseSamplerTest::ddimStepIsThePapers() {
    QFETCH(int, kind);
    const NoiseSchedule schedule = scheduleOf(ScheduleKind(kind), 200);
    for (const double eta : {0.0, 0.4, 1.0})
        for (const ReverseStep& step : planOf(schedule, ddim(eta, 23))) {
            const double here = schedule.alphaBar(step.from);
            const double next = schedule.alphaBar(step.to);
            const double sigma = eta * std::sqrt((1.0 - next) / (1.0 - here)) * std::sqrt(1.0 - here / next);
            QVERIFY(std::abs(double(step.noise) - sigma) < 1e-6);
            for (const double eps : {-1.3, 0.0, 0.8}) {
                const double x0 = 0.6;
                const double x = std::sqrt(here) * x0 + std::sqrt(1.0 - here) * eps;
                const double expected = std::sqrt(next) * x0 + std::sqrt(1.0 - next - sigma * sigma) * eps;
                // In terms of a given x0, so that nothing is divided by a small sqrt(alphaBar).
                const double actual = double(step.fromXt) * x + double(step.fromX0) * x0;
                QVERIFY(std::abs(actual - expected) < 1e-6);
            }
        }
}

void ReverseSamplerTest::sigmasAreTheirFormulas() {
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Linear, 50);
    for (const int t : {2, 25, 50}) {
        const double beta = schedule.beta(t);
        const double lower = beta * (1.0 - schedule.alphaBar(t - 1)) / (1.0 - schedule.alphaBar(t));
        QVERIFY(std::abs(sigma(schedule, ddpm(SigmaKind::Upper), t) - std::sqrt(beta)) < 1e-12);
        QVERIFY(std::abs(sigma(schedule, ddpm(SigmaKind::Lower), t) - std::sqrt(lower)) < 1e-12);
        QCOMPARE(sigma(schedule, ddpm(SigmaKind::Zero), t), 0.0);
        SamplerSettings mixed = ddpm(SigmaKind::Interpolated);
        mixed.sigmaMix = 0.25;
        mixed.sigmaScale = 1.5;
        const double expected = 1.5 * std::pow(beta, 0.125) * std::pow(lower, 0.375);
        QVERIFY(std::abs(sigma(schedule, mixed, t) - expected) < 1e-12);
    }
    SamplerSettings lowest = ddpm(SigmaKind::Interpolated);
    lowest.sigmaMix = 0.0;
    QCOMPARE(sigma(schedule, ddpm(SigmaKind::Lower), 1), 0.0);
    QVERIFY(std::abs(sigma(schedule, lowest, 1) - sigma(schedule, lowest, 2)) < 1e-12);
    const NoiseSchedule single = scheduleOf(ScheduleKind::Linear, 1);
    QVERIFY(std::abs(sigma(single, lowest, 1) - std::sqrt(single.beta(1))) < 1e-12);
}

void ReverseSamplerTest::everyPlanIsUsable() {
    const Box box{{-1.5f, -2.0f}, {2.5f, 1.0f}};
    for (const SamplerRow& sampler : samplers())
        for (const SigmaRow& sigma : sigmas())
            for (const int steps : {1, 2, 50, 1000}) {
                SamplerSettings settings;
                settings.kind = SamplerKind(&sampler - samplers().data());
                settings.sigma = SigmaKind(&sigma - sigmas().data());
                settings.eta = 1.0;
                const NoiseSchedule schedule = scheduleOf(ScheduleKind::Cosine, steps);
                const std::vector<ReverseStep> plan = planOf(schedule, settings, box);
                const std::vector<int> times = samplingTimes(schedule, settings);
                // Steps to the same t stand together, and the t's are those visited.
                std::vector<int> reached{plan.front().from};
                for (const ReverseStep& step : plan)
                    if (step.to != reached.back()) reached.push_back(step.to);
                QCOMPARE(reached, times);
                for (const ReverseStep& step : plan) {
                    QVERIFY(std::isfinite(step.fromXt) && std::isfinite(step.fromX0) && step.noise >= 0.0f);
                    QVERIFY(step.clamp && step.box.low == box.low && step.box.high == box.high);
                    QVERIFY(std::isfinite(step.fromMemory) && std::isfinite(step.keepXt) &&
                            std::isfinite(step.keepX0));
                    QCOMPARE(step.level, noiseLevel(schedule, step.asked, Conditioning::LogSnr));
                    QVERIFY(step.asked >= step.to && step.asked <= step.from && step.asked > 0);
                }
                // The last step takes the guess of x_0 itself, without noise.
                QCOMPARE(plan.back().fromXt, 0.0f);
                QCOMPARE(plan.back().fromX0, 1.0f);
                QCOMPARE(plan.back().noise, 0.0f);
            }
}

void ReverseSamplerTest::ddimWithEtaOneIsDdpm() {
    QFETCH(int, kind);
    for (const int steps : {1, 2, 50, 1000}) {
        const NoiseSchedule schedule = scheduleOf(ScheduleKind(kind), steps);
        const auto first = planOf(schedule, ddpm(SigmaKind::Lower));
        const auto second = planOf(schedule, ddim(1.0, steps));
        QCOMPARE(first.size(), second.size());
        double x = 1.1;
        double y = 1.1;
        for (std::size_t i = 0; i < first.size(); ++i) {
            QVERIFY(std::abs(first[i].fromXt - second[i].fromXt) < 1e-6f);
            QVERIFY(std::abs(first[i].fromX0 - second[i].fromX0) < 1e-6f);
            QVERIFY(std::abs(first[i].noise - second[i].noise) < 1e-6f);
            // A whole chain over the same noise, with the exact denoiser of N(0.4, 0.3^2).
            const double z = double(normalAt(1, Stream::ReverseChain, 0, std::uint32_t(first[i].from))[0]);
            const double signal = double(first[i].level.sqrtAlphaBar);
            const double noise = double(first[i].level.sqrtOneMinusAlphaBar);
            const double variance = signal * signal * 0.09 + noise * noise;
            x = meanOf(first[i], x, noise * (x - signal * 0.4) / variance) + double(first[i].noise) * z;
            y = meanOf(second[i], y, noise * (y - signal * 0.4) / variance) + double(second[i].noise) * z;
            QVERIFY(std::abs(x - y) < 1e-6 * double(std::max(steps, 100)) / 100.0);
        }
    }
}

// x_0 ~ N(0, I): eps* = sqrt(1 - alphaBar_t) x_t, and sigma_t^2 = beta_t keeps N(0, I) at every step. The
// last step, which adds no noise, leaves alpha_1.
void ReverseSamplerTest::standardNormalKeepsItsVariance() {
    QFETCH(int, kind);
    for (const int steps : {2, 50, 1000}) {
        const NoiseSchedule schedule = scheduleOf(ScheduleKind(kind), steps);
        double variance = 1.0;
        for (const ReverseStep& step : planOf(schedule, ddpm(SigmaKind::Upper))) {
            const double factor = meanOf(step, 1.0, double(step.level.sqrtOneMinusAlphaBar));
            const double added = double(step.noise) * double(step.noise);
            const double expected = step.to == 0 ? schedule.alpha(1) : 1.0;
            QVERIFY(std::abs(factor * factor + added - expected) < 1e-6);
            variance = factor * factor * variance + added;
            QVERIFY(std::abs(variance - expected) < 1e-5);
        }
    }
}

// The variance of 2n = 40,000 values has standard error sqrt(2 / 40,000); six of them at 100 steps: false
// alarms below 100 * 2e-9 < 1e-6.
void ReverseSamplerTest::standardNormalKeepsItsVarianceWhenRun() {
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Linear, 100);
    std::vector<float> x(40000);
    std::vector<float> eps(x.size());
    reverseStart(7, 0, x);
    for (const ReverseStep& step : planOf(schedule, ddpm(SigmaKind::Upper))) {
        for (std::size_t i = 0; i < x.size(); ++i) eps[i] = step.level.sqrtOneMinusAlphaBar * x[i];
        applyReverseStep(step, 7, 0, eps, x, {});
        double squares = 0.0;
        for (const float value : x) squares += double(value) * double(value) / double(x.size());
        const double expected = step.to == 0 ? schedule.alpha(1) : 1.0;
        QVERIFY(std::abs(squares - expected) < 6.0 * std::sqrt(2.0 / double(x.size())));
    }
}

void ReverseSamplerTest::singlePointIsHit_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<bool>("clamp");
    QTest::addColumn<bool>("implicit");
    for (const ScheduleRow& row : schedules())
        for (const bool clamp : {false, true})
            for (const bool implicit : {false, true})
                QTest::addRow("%s%s%s", row.choice.id.data(), clamp ? " clamp" : "", implicit ? " ddim" : "")
                    << int(&row - schedules().data()) << clamp << implicit;
}

void ReverseSamplerTest::singlePointIsHit() {
    QFETCH(int, kind);
    QFETCH(bool, clamp);
    QFETCH(bool, implicit);
    const std::vector<float> point{0.75f, -1.25f};
    for (const int steps : {1, 50, 1000}) {
        SamplerSettings settings = implicit ? ddim(0.0, 20) : ddpm(SigmaKind::Lower);
        settings.clampX0 = clamp;
        std::vector<float> x(200);
        std::vector<float> eps(x.size());
        reverseStart(3, 0, x);
        for (const ReverseStep& step :
             planOf(scheduleOf(ScheduleKind(kind), steps), settings, clampBox(point))) {
            idealEps(point, step.level, x, eps);
            applyReverseStep(step, 3, 0, eps, x, {});
        }
        for (std::size_t i = 0; i < x.size(); ++i) QVERIFY(std::abs(x[i] - point[i % 2]) < 1e-5f);
    }
}

// The best denoiser of a finite set gives its points back: beta_1 = 1e-4 leaves noise of 0.01 at t = 1, and
// the points lie 0.7 apart.
void ReverseSamplerTest::idealDenoiserMemorises() {
    std::vector<float> data;
    for (int k = 0; k < 8; ++k) {
        data.push_back(float(std::cos(k * M_PI / 4)));
        data.push_back(float(std::sin(k * M_PI / 4)));
    }
    std::vector<float> x(1000);
    std::vector<float> eps(x.size());
    reverseStart(3, 0, x);
    SamplerSettings settings;
    for (const ReverseStep& step : planOf(scheduleOf(ScheduleKind::Linear, 1000), settings, clampBox(data))) {
        idealEps(data, step.level, x, eps);
        applyReverseStep(step, 3, 0, eps, x, {});
    }
    std::array<int, 8> hits{};
    for (std::size_t i = 0; i < x.size(); i += 2)
        for (std::size_t k = 0; k < 8; ++k)
            hits[k] += std::hypot(x[i] - data[2 * k], x[i + 1] - data[2 * k + 1]) < 1e-4f;
    int all = 0;
    for (const int hit : hits) {
        // 500 particles, 1/8 each: six standard deviations of the binomial are 44.
        QVERIFY(hit > 62 - 44 && hit < 63 + 44);
        all += hit;
    }
    QCOMPARE(all, 500);
}

void ReverseSamplerTest::clampHoldsTheGuess() {
    const Box box{{-1.0f, -0.5f}, {1.0f, 0.5f}};
    const NoiseSchedule schedule = scheduleOf(ScheduleKind::Cosine, 100);
    SamplerSettings settings;
    settings.sigma = SigmaKind::Zero;
    const std::vector<ReverseStep> plan = planOf(schedule, settings, box);
    std::vector<float> x{3.0f, -3.0f};
    const std::vector<float> eps{-2.0f, 2.0f};  // a guess far outside, at alphaBar = 2e-7 even more so
    applyReverseStep(plan.front(), 1, 0, eps, x, {});
    QCOMPARE(x[0], plan.front().fromXt * 3.0f + plan.front().fromX0 * 1.0f);
    QCOMPARE(x[1], plan.front().fromXt * -3.0f + plan.front().fromX0 * -0.5f);
    applyReverseStep(plan.back(), 1, 0, eps, x, {});
    QVERIFY(x[0] <= 1.0f && x[1] >= -0.5f);
}

void ReverseSamplerTest::runsAreIndependentOfTheSplit() {
    const auto plan = planOf(scheduleOf(ScheduleKind::Linear, 20), SamplerSettings{}, {});
    std::vector<float> whole(60);
    std::vector<float> parts(60);
    const std::vector<float> eps(60, 0.3f);
    reverseStart(5, 0, whole);
    reverseStart(5, 10, std::span(parts).subspan(20));
    reverseStart(5, 0, std::span(parts).first(20));
    for (const ReverseStep& step : plan) {
        applyReverseStep(step, 5, 0, eps, whole, {});
        applyReverseStep(step, 5, 0, std::span(eps).first(20), std::span(parts).first(20), {});
        applyReverseStep(step, 5, 10, std::span(eps).first(40), std::span(parts).subspan(20), {});
    }
    QCOMPARE(parts, whole);
}

QTEST_GUILESS_MAIN(ReverseSamplerTest)
#include "ReverseSamplerTest.moc"
