#include "diffusion/ForwardProcess.h"
#include "diffusion/Noise.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <vector>

using namespace diffuscope;

class ForwardProcessTest : public QObject {
    Q_OBJECT
  private slots:
    void startsAreDataPoints();
    void chainAndClosedFormAgree_data();
    void chainAndClosedFormAgree();
    void chainIsIndependentOfTheSplit();
    void closedFormIsItsFormula();
};

namespace {

constexpr std::size_t particles = 20000;

/// Distance of Kolmogorov and Smirnov between one axis of two clouds.
double distance(const std::vector<float>& a, const std::vector<float>& b, std::size_t axis) {
    std::vector<float> first;
    std::vector<float> second;
    for (std::size_t i = axis; i < a.size(); i += 2) {
        first.push_back(a[i]);
        second.push_back(b[i]);
    }
    std::sort(first.begin(), first.end());
    std::sort(second.begin(), second.end());
    double greatest = 0.0;
    std::size_t j = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        while (j < second.size() && second[j] <= first[i]) ++j;
        greatest = std::max(greatest, std::abs(double(i + 1) - double(j)) / double(first.size()));
    }
    return greatest;
}

}  // namespace

void ForwardProcessTest::startsAreDataPoints() {
    const std::vector<float> data{1, 2, 3, 4, 5, 6};
    std::vector<float> starts(2 * particles);
    forwardStart(data, 1, 0, starts);
    std::array<int, 3> counts{};
    for (std::size_t i = 0; i < particles; ++i) {
        const auto point = std::size_t((starts[2 * i] - 1.0f) / 2.0f);
        QVERIFY(point < 3);
        QCOMPARE(starts[2 * i], data[2 * point]);
        QCOMPARE(starts[2 * i + 1], data[2 * point + 1]);
        ++counts[point];
    }
    // Six standard deviations of a binomial count: false alarms 3 * 2e-9.
    for (const int count : counts) QVERIFY(std::abs(count - 20000.0 / 3) < 6.0 * std::sqrt(20000.0 * 2 / 9));
}

void ForwardProcessTest::chainAndClosedFormAgree_data() {
    QTest::addColumn<int>("kind");
    for (const ScheduleRow& row : schedules())
        QTest::addRow("%s", row.choice.id.data()) << int(&row - schedules().data());
}

// Two samples of n: P(D > x sqrt(2/n)) is about 2 exp(-2 x^2); x = 3.2 gives 3e-9, times 2 axes, 4 times and
// 9 schedules: 2e-7. The seeds are fixed.
void ForwardProcessTest::chainAndClosedFormAgree() {
    QFETCH(int, kind);
    ScheduleSettings settings;
    settings.kind = static_cast<ScheduleKind>(kind);
    settings.steps = 60;
    const NoiseSchedule schedule(settings);
    const std::vector<float> data{1.5f, -0.7f, -0.4f, 0.9f};
    std::vector<float> x0(2 * particles);
    forwardStart(data, 1, 0, x0);
    std::vector<float> chain = x0;
    std::vector<float> closed(2 * particles);
    std::vector<float> eps(2 * particles);
    for (int t = 1; t <= settings.steps; ++t) {
        forwardStep(schedule, t, 1, 0, chain);
        if (t != 1 && t != 10 && t != 30 && t != 60) continue;
        for (std::size_t i = 0; i < particles; ++i) {
            const auto z = normalAt(2, Stream::Measure, std::uint32_t(i), std::uint32_t(t));
            eps[2 * i] = z[0];
            eps[2 * i + 1] = z[1];
        }
        forwardClosedForm(schedule, t, x0, eps, closed);
        const double bound = 3.2 * std::sqrt(2.0 / double(particles));
        QVERIFY(distance(chain, closed, 0) < bound);
        QVERIFY(distance(chain, closed, 1) < bound);
    }
}

void ForwardProcessTest::chainIsIndependentOfTheSplit() {
    const NoiseSchedule schedule(ScheduleSettings{});
    const std::vector<float> data{1, 2, 3, 4, 5, 6};
    std::vector<float> whole(40);
    std::vector<float> parts(40);
    forwardStart(data, 5, 0, whole);
    forwardStart(data, 5, 0, std::span(parts).first(14));
    forwardStart(data, 5, 7, std::span(parts).subspan(14));
    QCOMPARE(parts, whole);
    for (int t = 1; t <= 20; ++t) {
        forwardStep(schedule, t, 5, 0, whole);
        forwardStep(schedule, t, 5, 7, std::span(parts).subspan(14));
        forwardStep(schedule, t, 5, 0, std::span(parts).first(14));
    }
    QCOMPARE(parts, whole);
}

void ForwardProcessTest::closedFormIsItsFormula() {
    const NoiseSchedule schedule(ScheduleSettings{});
    const std::vector<float> x0{2, -3};
    const std::vector<float> eps{0.5f, 4};
    std::vector<float> xt(2);
    for (const int t : {1, 500, 1000}) {
        forwardClosedForm(schedule, t, x0, eps, xt);
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const double expected = std::sqrt(schedule.alphaBar(t)) * double(x0[axis]) +
                                    std::sqrt(1.0 - schedule.alphaBar(t)) * double(eps[axis]);
            QVERIFY(std::abs(double(xt[axis]) - expected) < 1e-6);
        }
    }
}

QTEST_GUILESS_MAIN(ForwardProcessTest)
#include "ForwardProcessTest.moc"
