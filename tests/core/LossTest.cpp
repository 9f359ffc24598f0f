#include "diffusion/Loss.h"

#include <QtTest>
#include <cmath>
#include <numbers>

using namespace diffuscope;

namespace {

NoiseSchedule scheduleOf(int steps, ScheduleKind kind = ScheduleKind::Linear) {
    return NoiseSchedule({.kind = kind, .steps = steps});
}

LevelLoss at(LossKind kind, const NoiseSchedule& schedule, int t) {
    return lossRow(kind).at(schedule, {.loss = kind}, t);
}

/// KL of two Gaussians on a line by quadrature: no formula is shared with the program.
double klByQuadrature(double mean1, double variance1, double mean2, double variance2) {
    const auto log = [](double x, double mean, double variance) {
        return -0.5 * (x - mean) * (x - mean) / variance - 0.5 * std::log(2.0 * std::numbers::pi * variance);
    };
    const double width = 12.0 * std::sqrt(variance1);
    constexpr int cells = 20000;
    double sum = 0.0;
    for (int i = 0; i < cells; ++i) {
        const double x = mean1 - width + 2.0 * width * (i + 0.5) / cells;
        const double p = log(x, mean1, variance1);
        sum += std::exp(p) * (p - log(x, mean2, variance2));
    }
    return sum * 2.0 * width / cells;
}

}  // namespace

class LossTest : public QObject {
    Q_OBJECT
  private slots:
    void everyLossIsFinite_data();
    void everyLossIsFinite();
    void weightsOfTheBound();
    void weightsOfCleanPoints();
    void fourVariablesShareTheNoise();
    void floorIsContinuous_data();
    void floorIsContinuous();
    void learnedVarianceIsTheKl_data();
    void learnedVarianceIsTheKl();
};

void LossTest::everyLossIsFinite_data() {
    QTest::addColumn<int>("loss");
    QTest::addColumn<int>("steps");
    QTest::addColumn<double>("betaMax");
    for (std::size_t l = 0; l < losses().size(); ++l)
        for (const int steps : {1, 2, 50, 1000, 10000})
            for (const double betaMax : {0.02, 0.999})
                QTest::addRow("%s, T = %d, beta to %g", losses()[l].choice.id.data(), steps, betaMax)
                    << static_cast<int>(l) << steps << betaMax;
}

void LossTest::everyLossIsFinite() {
    QFETCH(int, loss);
    QFETCH(int, steps);
    QFETCH(double, betaMax);
    for (const bool keepCurve : {true, false}) {
        const NoiseSchedule schedule({.betaMax = betaMax, .steps = steps, .keepCurve = keepCurve});
        const LossTable table = lossTable(schedule, {.loss = static_cast<LossKind>(loss)});
        QCOMPARE(table.levels.size(), static_cast<std::size_t>(steps));
        for (const LevelLoss& level : table.levels) {
            QVERIFY(std::isfinite(level.weight) && level.weight > 0.0f);
            QVERIFY(std::isfinite(level.meanFactor) && level.meanFactor >= 0.0f);
            QVERIFY(std::isfinite(level.logRange) && level.logRange >= 0.0f && level.klWeight >= 0.0f);
        }
        for (const float weight : table.floorWeights) QVERIFY(std::isfinite(weight) && weight > 0.0f);
    }
}

/// beta^2/(2 sigma^2 alpha (1 - alphaBar)) of betas that are known: a constant schedule.
void LossTest::weightsOfTheBound() {
    const NoiseSchedule schedule({.kind = ScheduleKind::Constant, .betaMax = 0.02});
    for (const int t : {1, 2, 100, 1000}) {
        const double exact = 0.02 / (2.0 * 0.98 * (1.0 - std::pow(0.98, t)));
        QVERIFY(std::abs(static_cast<double>(at(LossKind::Bound, schedule, t).weight) / exact - 1.0) < 1e-6);
    }
    QVERIFY(std::abs(static_cast<double>(at(LossKind::Bound, schedule, 1).weight) - 0.5 / 0.98) < 1e-6);
}

void LossTest::weightsOfCleanPoints() {
    const NoiseSchedule schedule = scheduleOf(1000);
    const TrainingSettings settings{.loss = LossKind::X0Space, .weightCap = 7.0};
    for (const int t : {1, 50, 300, 1000}) {
        const double exact = std::min(7.0, schedule.oneMinusAlphaBar(t) / schedule.alphaBar(t));
        const double got = static_cast<double>(lossRow(settings.loss).at(schedule, settings, t).weight);
        QVERIFY(std::abs(got / exact - 1.0) < 1e-6);
    }
    const LossTable table = lossTable(schedule, settings);
    QCOMPARE(table.floorWeights.front(), 7.0f);
    QVERIFY(std::abs(static_cast<double>(table.floorWeights.back()) / std::exp(-10.0) - 1.0) < 1e-6);
}

/// The share of step t's own noise in all noise: variances of steps 1…t, carried on by alpha, add up.
void LossTest::fourVariablesShareTheNoise() {
    const NoiseSchedule schedule = scheduleOf(50, ScheduleKind::Cosine);
    double before = 0.0;
    for (int t = 1; t <= 50; ++t) {
        const double all = schedule.alpha(t) * before + schedule.beta(t);
        const double got = static_cast<double>(at(LossKind::FourVariable, schedule, t).weight);
        QVERIFY(std::abs(got - schedule.beta(t) / all) < 1e-6);
        before = all;
    }
    QCOMPARE(at(LossKind::FourVariable, schedule, 1).weight, 1.0f);
}

void LossTest::floorIsContinuous_data() {
    QTest::addColumn<int>("loss");
    for (std::size_t l = 0; l < losses().size(); ++l)
        QTest::newRow(losses()[l].choice.id.data()) << static_cast<int>(l);
}

/// At the log-SNR of a step the floor weighs as the step does, to the width of a cell.
void LossTest::floorIsContinuous() {
    QFETCH(int, loss);
    const NoiseSchedule schedule = scheduleOf(1000);
    const LossTable table = lossTable(schedule, {.loss = static_cast<LossKind>(loss)});
    for (const int t : {1, 10, 100, 400, 1000}) {
        const double place = (schedule.logSnr(t) + 12.0) / 22.0 * LossTable::floorCells;
        const auto cell = static_cast<std::size_t>(place);
        const double share = place - static_cast<double>(cell);
        const double floor = (1.0 - share) * static_cast<double>(table.floorWeights[cell]) +
                             share * static_cast<double>(table.floorWeights[cell + 1]);
        const double step = static_cast<double>(table.levels[static_cast<std::size_t>(t - 1)].weight);
        QVERIFY2(std::abs(floor / step - 1.0) < 0.06, qPrintable(QString("%1, not %2").arg(floor).arg(step)));
    }
}

void LossTest::learnedVarianceIsTheKl_data() {
    QTest::addColumn<int>("t");
    for (const int t : {1, 2, 25, 50}) QTest::addRow("t = %d", t) << t;
}

/// Means and variances as Ho et al. write them (eq. 6, 7 and 11), and the integral of the definition.
void LossTest::learnedVarianceIsTheKl() {
    QFETCH(int, t);
    const NoiseSchedule schedule = scheduleOf(50);
    const LevelLoss level = at(LossKind::LearnedVariance, schedule, t);
    const double beta = schedule.beta(t);
    const double alpha = 1.0 - beta;
    const double noise = schedule.oneMinusAlphaBar(t);
    const double noiseBefore = schedule.oneMinusAlphaBar(t - 1);
    const double low = t > 1 ? beta * noiseBefore / noise : schedule.posteriorVariance(2);
    const double x0 = 0.7, eps = -0.4, epsHat = 0.1, head = 0.8;
    const double xt = std::sqrt(schedule.alphaBar(t)) * x0 + std::sqrt(noise) * eps;
    const double exactMean =
        std::sqrt(schedule.alphaBar(t - 1)) * beta / noise * x0 + std::sqrt(alpha) * noiseBefore / noise * xt;
    const double mean = (xt - beta / std::sqrt(noise) * epsHat) / std::sqrt(alpha);
    const double f = 1.0 / (1.0 + std::exp(-head));
    const double variance = std::exp(f * std::log(beta) + (1.0 - f) * std::log(low));
    const double r = static_cast<double>(level.logRange);
    const double factor = static_cast<double>(level.meanFactor);
    const double got =
        0.5 * (f * r + (1.0 + factor * (eps - epsHat) * (eps - epsHat)) * std::exp(-f * r) - 1.0);
    const double exact = klByQuadrature(exactMean, low, mean, variance);
    QVERIFY2(std::abs(got / exact - 1.0) < 1e-5, qPrintable(QString("%1, not %2").arg(got).arg(exact)));
    QCOMPARE(level.klWeight, 0.05f);
}

QTEST_GUILESS_MAIN(LossTest)
#include "LossTest.moc"
