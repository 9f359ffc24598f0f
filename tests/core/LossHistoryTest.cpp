#include "training/LossHistory.h"

#include <QtTest>
#include <cmath>

using diffuscope::LossHistory;

class LossHistoryTest : public QObject {
    Q_OBJECT
  private slots:
    void keepsEveryStepUntilFull();
    void mergesNeighbours();
    void recentCoversTheSteps();
    void smoothsAsAnExponentialAverage();
    void restoresAndClears();
};

void LossHistoryTest::keepsEveryStepUntilFull() {
    LossHistory history;
    QVERIFY(std::isnan(history.recent(10)));
    for (int step = 1; step < 4096; ++step) history.add(step, static_cast<float>(step));
    QCOMPARE(history.stride(), std::int64_t{1});
    QCOMPARE(history.points().size(), std::size_t{4095});
    QCOMPARE(history.points()[99].step, std::int64_t{100});
    QCOMPARE(history.points()[99].loss, 100.0f);
}

void LossHistoryTest::mergesNeighbours() {
    LossHistory history;
    for (int step = 1; step <= 100000; ++step) history.add(step, static_cast<float>(step));
    QVERIFY(history.points().size() < LossHistory::capacity);
    QVERIFY(history.points().size() >= LossHistory::capacity / 2);
    QCOMPARE(history.stride(), std::int64_t{32});
    for (std::size_t i = 0; i < history.points().size(); ++i) {
        const auto& point = history.points()[i];
        const auto last = static_cast<std::int64_t>(i + 1) * 32;
        QCOMPARE(point.step, last);
        // Mean of last - 31 … last.
        QVERIFY(std::abs(static_cast<double>(point.loss) - (static_cast<double>(last) - 15.5)) < 0.01);
    }
}

void LossHistoryTest::recentCoversTheSteps() {
    LossHistory history;
    for (int step = 1; step <= 10; ++step) history.add(step, static_cast<float>(step));
    QCOMPARE(history.recent(1), 10.0);
    QCOMPARE(history.recent(4), 8.5);
    QCOMPARE(history.recent(1000), 5.5);
    for (int step = 11; step <= 4096; ++step) history.add(step, static_cast<float>(step));
    QCOMPARE(history.stride(), std::int64_t{2});
    QCOMPARE(history.recent(3), 4094.5);  // two points of two steps
}

void LossHistoryTest::smoothsAsAnExponentialAverage() {
    LossHistory history;
    for (int step = 1; step <= 300; ++step) history.add(step, 7.0f);
    for (const float value : history.smoothed(50)) QVERIFY(std::abs(value - 7.0f) < 1e-5f);
    history.add(301, 8.0f);
    QVERIFY(std::abs(history.smoothed(50).back() - (7.0f + 1.0f / 50.0f)) < 1e-3f);
    QCOMPARE(history.smoothed(1).back(), 8.0f);
    QCOMPARE(history.smoothed(1).size(), history.points().size());
}

void LossHistoryTest::restoresAndClears() {
    LossHistory history;
    for (int step = 1; step <= 8192; ++step) history.add(step, static_cast<float>(step % 17));
    LossHistory copy = LossHistory::restored(history.points(), history.stride());
    QVERIFY(copy == history);
    for (int step = 8193; step <= 9000; ++step) {
        history.add(step, 1.0f);
        copy.add(step, 1.0f);
    }
    QVERIFY(copy == history);
    copy.clear();
    QVERIFY(copy == LossHistory());
}

QTEST_GUILESS_MAIN(LossHistoryTest)
#include "LossHistoryTest.moc"
