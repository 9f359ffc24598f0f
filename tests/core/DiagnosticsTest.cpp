#include "ReferenceTraining.h"
#include "diffusion/IdealDenoiser.h"
#include "training/Diagnostics.h"
#include "training/EstimatorSpread.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>

using namespace diffuscope;

namespace {

constexpr std::array<float, 2> thePoint{0.7f, -1.2f};

/// eps* of data that are `thePoint` alone.
class PointDenoiser : public Denoiser {
  public:
    void eps(std::span<const float> xt, const NoiseLevel& level, int, std::span<float> eps) const override {
        for (std::size_t i = 0; i < xt.size(); ++i)
            eps[i] = (xt[i] - level.sqrtAlphaBar * thePoint[i % 2]) / level.sqrtOneMinusAlphaBar;
    }
};

/// eps* of x_0 ~ N(0, I). (Su 2025, section 3.5)
class NormalDenoiser : public Denoiser {
  public:
    void eps(std::span<const float> xt, const NoiseLevel& level, int, std::span<float> eps) const override {
        for (std::size_t i = 0; i < xt.size(); ++i) eps[i] = level.sqrtOneMinusAlphaBar * xt[i];
    }
};

class ZeroDenoiser : public Denoiser {
  public:
    void eps(std::span<const float>, const NoiseLevel&, int, std::span<float> eps) const override {
        std::fill(eps.begin(), eps.end(), 0.0f);
    }
};

DataSet pointSet() {
    DataSet set;
    set.points = {thePoint[0], thePoint[1]};
    return set;
}

DataSet normalSet(std::uint32_t count) {
    DataSet set;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto z = normalAt(31, Stream::Data, i, 0);
        set.points.insert(set.points.end(), {z[0], z[1]});
    }
    return set;
}

double meanOf(const std::vector<float>& values) {
    double sum = 0.0;
    for (const float value : values) sum += static_cast<double>(value);
    return sum / static_cast<double>(values.size());
}

double varianceOf(const std::vector<float>& values) {
    const double mean = meanOf(values);
    double sum = 0.0;
    for (const float value : values) sum += std::pow(static_cast<double>(value) - mean, 2.0);
    return sum / static_cast<double>(values.size() - 1);
}

}  // namespace

class DiagnosticsTest : public QObject {
    Q_OBJECT
  private slots:
    void spreadOnTheStandardNormal();
    void spreadOnOnePoint();
    void spreadOfIgnorance();
    void binsCoverTheSteps_data();
    void binsCoverTheSteps();
    void binsOfAFreshNetwork();
    void gradientIsTheReferences();
    void irreducibleOfTheExactCases();
    void irreducibleOfPointsIsBelowThatOfTheirDistribution();
};

// Every t occurs once in a batch of T draws. Per axis and draw the residual of an exact case is Gaussian of
// variance s, its square has variance 2 s^2, and the batch's mean the sum of 4 s_t^2 over T^2. The estimate
// of a variance from 4000 batches has a relative standard error of sqrt(2/3999) = 2.2 % and their ratio, the
// two being correlated, at most 4.5 %: 25 % are more than five of them.

void DiagnosticsTest::spreadOnTheStandardNormal() {
    const int T = 25;
    const NoiseSchedule schedule{ScheduleSettings{.steps = T}};
    const SpreadReading reading =
        estimatorSpread(NormalDenoiser{}, normalSet(100000), schedule, Conditioning::LogSnr, 4000, T, 5);
    QCOMPARE(reading.simple.size(), std::size_t{4000});
    QCOMPARE(reading.fourVariable.size(), std::size_t{4000});
    double mean = 0.0, simple = 0.0, fourVariable = 0.0;
    for (int t = 1; t <= T; ++t) {
        const double c2 = schedule.beta(t) / schedule.oneMinusAlphaBar(t);
        const double s = c2 * schedule.alphaBar(t);  // of c (eps - eps*)
        mean += 2.0 * (s + 1.0 - c2) / T;
        simple += 4.0 * s * s;
        fourVariable += 4.0 * (s + 1.0 - c2) * (s + 1.0 - c2);
    }
    QVERIFY(std::abs(meanOf(reading.simple) / mean - 1.0) < 0.02);
    QVERIFY(std::abs(meanOf(reading.fourVariable) / mean - 1.0) < 0.02);
    const double ratio = fourVariable / simple;
    QVERIFY(ratio > 2.0);
    QVERIFY2(std::abs(reading.varianceRatio / ratio - 1.0) < 0.25,
             qPrintable(QString("%1, not %2").arg(reading.varianceRatio).arg(ratio)));
    QVERIFY(std::abs(varianceOf(reading.simple) / (simple / T / T) - 1.0) < 0.15);
}

/// The simple estimator of an exact prediction does not spread at all; the other one does, as calculated.
void DiagnosticsTest::spreadOnOnePoint() {
    const int T = 25;
    const NoiseSchedule schedule{ScheduleSettings{.kind = ScheduleKind::Cosine, .steps = T}};
    const SpreadReading reading =
        estimatorSpread(PointDenoiser{}, pointSet(), schedule, Conditioning::LogSnr, 4000, T, 5);
    double mean = 0.0, fourVariable = 0.0;
    for (int t = 1; t <= T; ++t) {
        const double rest = 1.0 - schedule.beta(t) / schedule.oneMinusAlphaBar(t);
        mean += 2.0 * rest / T;
        fourVariable += 4.0 * rest * rest / T / T;
    }
    QVERIFY(std::abs(meanOf(reading.simple) / mean - 1.0) < 1e-5);
    QVERIFY(varianceOf(reading.simple) < 1e-10 * fourVariable);
    QVERIFY(std::abs(meanOf(reading.fourVariable) / mean - 1.0) < 0.02);
    QVERIFY(std::abs(varianceOf(reading.fourVariable) / fourVariable - 1.0) < 0.15);
    QVERIFY(reading.varianceRatio > 1e10);
}

/// A prediction of zero: |eps_t|^2 against c^2 |eps|^2.
void DiagnosticsTest::spreadOfIgnorance() {
    const int T = 40;
    const NoiseSchedule schedule{ScheduleSettings{.steps = T}};
    const SpreadReading reading =
        estimatorSpread(ZeroDenoiser{}, pointSet(), schedule, Conditioning::LogSnr, 4000, T, 7);
    double simple = 0.0;
    for (int t = 1; t <= T; ++t)
        simple += 4.0 * std::pow(schedule.beta(t) / schedule.oneMinusAlphaBar(t), 2.0);
    QVERIFY(std::abs(meanOf(reading.simple) - 2.0) < 0.02);
    QVERIFY(std::abs(meanOf(reading.fourVariable) - 2.0) < 0.02);
    QVERIFY(std::abs(reading.varianceRatio / (4.0 * T / simple) - 1.0) < 0.25);
}

void DiagnosticsTest::binsCoverTheSteps_data() {
    QTest::addColumn<int>("steps");
    for (const int steps : {1, 2, 63, 64, 65, 1000, 10000}) QTest::addRow("T = %d", steps) << steps;
}

void DiagnosticsTest::binsCoverTheSteps() {
    QFETCH(int, steps);
    const NoiseSchedule schedule{ScheduleSettings{.steps = steps}};
    const auto bins = readBins(initialState({8, 1, Conditioning::LogSnr}, 1), normalSet(10), schedule, 3, 1);
    QCOMPARE(bins.size(), static_cast<std::size_t>(std::min(steps, 64)));
    QCOMPARE(bins.front().tFrom, 0.0);
    QCOMPARE(bins.back().tTo, static_cast<double>(steps));
    for (std::size_t i = 0; i < bins.size(); ++i) {
        QVERIFY(bins[i].tTo > bins[i].tFrom);
        if (i > 0) QCOMPARE(bins[i].tFrom, bins[i - 1].tTo);
        QVERIFY(std::isfinite(bins[i].loss) && std::isfinite(bins[i].gradientNorm));
        QVERIFY(std::isnan(bins[i].irreducible));
    }
}

/// Its output is zero, so the loss is the mean of |eps|^2: 2, with a standard error of 2/sqrt(64 x 400).
void DiagnosticsTest::binsOfAFreshNetwork() {
    const NoiseSchedule schedule{ScheduleSettings{}};
    const auto bins =
        readBins(initialState({16, 2, Conditioning::LogSnr}, 1), normalSet(500), schedule, 400, 3);
    double mean = 0.0;
    for (const BinReading& bin : bins) mean += bin.loss / 64.0;
    QVERIFY(std::abs(mean - 2.0) < 0.08);
    const auto again =
        readBins(initialState({16, 2, Conditioning::LogSnr}, 1), normalSet(500), schedule, 400, 3);
    for (std::size_t i = 0; i < bins.size(); ++i) QCOMPARE(again[i].gradientNorm, bins[i].gradientNorm);
}

/// Loss and gradient norm of one bin, T = 1, against the double reference on the same draws.
void DiagnosticsTest::gradientIsTheReferences() {
    TrainingState state = initialState({20, 2, Conditioning::LogSnr}, 1);
    for (std::size_t i = 0; i < state.average.size(); ++i)
        state.average[i] += 0.1f * normalAt(3, Stream::Data, static_cast<std::uint32_t>(i), 1)[0];
    const NoiseSchedule schedule{ScheduleSettings{.steps = 1}};
    const NoiseLevel level = noiseLevel(schedule, 1, Conditioning::LogSnr);
    const DataSet data = normalSet(50);
    constexpr int count = 150;
    std::vector<reference::Sample> samples;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto words = philox(9, Stream::Bins, i, 0);
        const std::size_t point = 2 * std::size_t{indexBelow(words[0], 50)};
        const auto eps = normalsOf(words[2], words[3]);
        const auto at = [&](std::size_t axis) {
            return static_cast<double>(level.sqrtAlphaBar * data.points[point + axis] +
                                       level.sqrtOneMinusAlphaBar * eps[axis]);
        };
        samples.push_back({at(0), at(1), static_cast<double>(level.condition), static_cast<double>(eps[0]),
                           static_cast<double>(eps[1])});
    }
    const auto network = reference::networkOf(state.layout, state.average);
    double norm2 = 0.0;
    for (const double g : reference::flatOf(reference::gradient(network, samples))) norm2 += g * g;
    const auto bins = readBins(state, data, schedule, count, 9);
    QCOMPARE(bins.size(), std::size_t{1});
    QVERIFY(std::abs(bins[0].loss / reference::loss(network, samples) - 1.0) < 1e-5);
    QVERIFY(std::abs(bins[0].gradientNorm / std::sqrt(norm2) - 1.0) < 1e-5);
}

/// 0 for one point; 2 alphaBar for the standard normal: |eps - eps*|^2 of a draw is exponential with that
/// mean, so that the mean of 4000 has a relative standard error of 1/sqrt(4000), and 7 of them are a false
/// alarm of 3e-12. By denoisers that are written down here and by the program's own.
void DiagnosticsTest::irreducibleOfTheExactCases() {
    const NoiseSchedule schedule{ScheduleSettings{.steps = 3}};
    const auto point = idealDenoiser(std::make_shared<DataSet>(pointSet()));
    const auto pointMixture = mixtureDenoiser({{1.0, {thePoint[0], thePoint[1]}, {0.0, 0.0, 0.0}, 0}});
    const auto normalMixture = mixtureDenoiser({{1.0, {0.0, 0.0}, {1.0, 0.0, 1.0}, 0}});
    const PointDenoiser itself;
    const NormalDenoiser normal;
    const DataSet data = normalSet(50000);
    for (int bin = 0; bin < 3; ++bin) {
        for (const Denoiser* denoiser :
             std::initializer_list<const Denoiser*>{&itself, point.get(), pointMixture.get()})
            QVERIFY(irreducibleOfBin(*denoiser, pointSet(), schedule, bin, 100, 1) < 1e-9);
        const double exact = 2.0 * schedule.alphaBar(bin + 1);
        for (const Denoiser* denoiser :
             std::initializer_list<const Denoiser*>{&normal, normalMixture.get()}) {
            const double found = irreducibleOfBin(*denoiser, data, schedule, bin, 4000, 1);
            QVERIFY(std::abs(found / exact - 1.0) < 7.0 / std::sqrt(4000.0));
        }
    }
}

/// Who knows the points themselves errs less about them than who knows their distribution; where there is
/// little noise by far, since the points are told apart. Where nearly all is noise both err alike.
void DiagnosticsTest::irreducibleOfPointsIsBelowThatOfTheirDistribution() {
    const NoiseSchedule schedule{ScheduleSettings{}};
    const DataSet data = normalSet(300);
    const NormalDenoiser normal;
    const auto ofPoints = idealDenoiser(std::make_shared<DataSet>(data));
    std::vector<double> known;
    std::vector<double> general;
    for (int bin = 0; bin < mostBins; ++bin) {
        known.push_back(irreducibleOfBin(*ofPoints, data, schedule, bin, 400, 1));
        general.push_back(irreducibleOfBin(normal, data, schedule, bin, 400, 1));
    }
    QVERIFY(known.front() < 0.5 * general.front());
    QVERIFY(std::accumulate(known.begin(), known.end(), 0.0) <
            std::accumulate(general.begin(), general.end(), 0.0));
    QVERIFY(std::abs(known.back() / general.back() - 1.0) < 0.1);
}

QTEST_GUILESS_MAIN(DiagnosticsTest)
#include "DiagnosticsTest.moc"
