#include "diffusion/Trajectory.h"

#include <QTest>
#include <numeric>

using namespace diffuscope;

class TrajectoryTest : public QObject {
    Q_OBJECT
  private slots:
    void nearestKeptStep();
    void completeness();
    void keptStepsFitTheMemory_data();
    void keptStepsFitTheMemory();
    void keptStepsOfASubSequence();
};

void TrajectoryTest::nearestKeptStep() {
    Trajectory path;
    path.t = {0, 10, 20, 21};
    const std::pair<double, std::size_t> cases[] = {{-5, 0}, {0, 0},    {4.9, 0},  {5, 0},  {5.1, 1}, {10, 1},
                                                    {15, 1}, {15.1, 2}, {20.5, 2}, {21, 3}, {99, 3}};
    for (const auto& [time, index] : cases) QCOMPARE(path.nearest(time), index);
    path.t = {0};
    QCOMPARE(path.nearest(7.0), std::size_t{0});
}

void TrajectoryTest::completeness() {
    Trajectory path;
    QVERIFY(path.empty() && !path.complete());
    QCOMPARE(path.steps(), 0);
    path.t = {0, 5};
    path.positions.assign(2, nullptr);
    QCOMPARE(path.steps(), 5);
    path.positions[1] = std::make_shared<const std::vector<float>>(4, 0.0f);
    QVERIFY(!path.complete());
    path.positions[0] = path.positions[1];
    QVERIFY(path.complete());
}

void TrajectoryTest::keptStepsFitTheMemory_data() {
    QTest::addColumn<int>("steps");
    QTest::addColumn<int>("count");
    QTest::addColumn<qulonglong>("bytes");
    for (const int steps : {1, 2, 7, 50, 1000, 10000})
        for (const int count : {1, 1000, 100000})
            for (const qulonglong bytes : {qulonglong{100}, qulonglong{1} << 20, qulonglong{1} << 28})
                QTest::addRow("%d %d %llu", steps, count, bytes) << steps << count << bytes;
}

void TrajectoryTest::keptStepsFitTheMemory() {
    QFETCH(int, steps);
    QFETCH(int, count);
    QFETCH(qulonglong, bytes);
    std::vector<int> times(std::size_t(steps) + 1);
    std::iota(times.begin(), times.end(), 0);
    const std::vector<int> kept = keptSteps(times, count, bytes);
    QCOMPARE(kept.front(), 0);
    QCOMPARE(kept.back(), steps);
    QVERIFY(kept.size() == 2 || kept.size() * std::size_t(count) * 8 <= bytes);
    if (times.size() * std::size_t(count) * 8 <= bytes) QCOMPARE(kept, times);
    // As many as fit, and evenly: gaps differ by one at the most.
    if (kept.size() < times.size() && kept.size() > 2)
        QVERIFY((kept.size() + 1) * std::size_t(count) * 8 > bytes);
    int smallest = steps;
    int greatest = 0;
    for (std::size_t i = 1; i < kept.size(); ++i) {
        smallest = std::min(smallest, kept[i] - kept[i - 1]);
        greatest = std::max(greatest, kept[i] - kept[i - 1]);
    }
    QVERIFY(smallest >= 1 && greatest - smallest <= 1);
}

void TrajectoryTest::keptStepsOfASubSequence() {
    const std::vector<int> times{0, 3, 5, 8, 10};
    QCOMPARE(keptSteps(times, 1, 24), (std::vector<int>{0, 5, 10}));
    QCOMPARE(keptSteps(times, 1, 40), times);
    QCOMPARE(keptSteps({0}, 1, 8), (std::vector<int>{0}));
}

QTEST_GUILESS_MAIN(TrajectoryTest)
#include "TrajectoryTest.moc"
