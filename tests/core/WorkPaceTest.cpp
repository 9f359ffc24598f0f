#include "training/CloudRun.h"
#include "training/WorkPace.h"

#include <QTest>
#include <cmath>
#include <thread>

using namespace diffuscope;
using namespace std::chrono_literals;

namespace {

/// A run of 100 steps of 1000 particles whose unit takes `cost`; the largest block asked for so far.
CloudRun slowRun(std::chrono::nanoseconds cost, std::size_t& largest) {
    std::vector<int> times(101);
    for (int i = 0; i <= 100; ++i) times[static_cast<std::size_t>(i)] = 100 - i;
    const auto advance = [cost, &largest](std::size_t, std::size_t steps, std::uint32_t,
                                          std::span<float> positions, std::span<float>, std::span<float>) {
        const std::size_t units = steps * positions.size() / 2;
        largest = std::max(largest, units);
        std::this_thread::sleep_for(cost * units);
    };
    return {std::make_shared<const CloudWay>(CloudWay{.times = times, .advance = advance}),
            {0, 100},
            std::vector<float>(2000, 0.0f)};
}

}  // namespace

class WorkPaceTest : public QObject {
    Q_OBJECT
  private slots:
    /// What is left follows from the last seconds, whatever was before them.
    void timeLeft() {
        const PassPace::Clock::time_point start{};
        PassPace pace(1000, start);
        QVERIFY(std::isnan(pace.secondsLeft()));
        for (int i = 1; i <= 25; ++i) pace.add(2, start + i * 10ms);
        QVERIFY(std::isnan(pace.secondsLeft()));
        // Larger slices, 200 units a second: the small ones of the start do not count.
        for (int i = 1; i <= 30; ++i) pace.add(10, start + 250ms + i * 50ms);
        QVERIFY(std::abs(pace.secondsLeft() - 650.0 / 200.0) < 1e-9);
        QVERIFY(std::abs(pace.secondsInAll() - 5.0) < 1e-9);
        // Eight times slower from now on.
        for (int i = 1; i <= 20; ++i) pace.add(25, start + 1750ms + i * 1s);
        QVERIFY(std::abs(pace.secondsLeft() - 150.0 / 25.0) < 1e-9);
        QVERIFY(std::abs(pace.secondsInAll() - 27.75) < 1e-9);
        pace.add(150, start + 22s);
        QCOMPARE(pace.secondsLeft(), 0.0);
        QVERIFY(std::isnan(PassPace().secondsLeft()));
        QVERIFY(std::isnan(PassPace().secondsInAll()));
    }

    /// A slice of ten milliseconds has about the units that fit into it; the first one is small.
    void slicesFitTheTime() {
        std::size_t largest = 0;  // of 64 at the least
        CloudRun run = slowRun(100us, largest);
        SlicePace pace;
        std::size_t done = pace.advance(run, 0.01);
        QCOMPARE(done, std::size_t{64});
        for (int i = 0; i < 10; ++i) done += pace.advance(run, 0.01);
        QVERIFY(largest <= 100);
        QVERIFY(run.share() > 0.0);
        QVERIFY(std::abs(run.share() * static_cast<double>(run.units()) - static_cast<double>(done)) < 1.0);
        // A faster run is noticed: after some slices one takes many steps.
        CloudRun fast = slowRun(0ns, largest);
        while (!fast.done() && largest < 10'000) (void)pace.advance(fast, 0.01);
        QVERIFY(largest >= 10'000);
    }

    void durations_data() {
        QTest::addColumn<double>("seconds");
        QTest::addColumn<QString>("text");
        QTest::addRow("one") << 1.2 << "1 second";
        QTest::addRow("seconds") << 89.4 << "89 seconds";
        QTest::addRow("minutes") << 95.0 << "2 minutes";
        QTest::addRow("many minutes") << 5300.0 << "88 minutes";
        QTest::addRow("hours") << 5500.0 << "2 hours";
    }
    void durations() {
        QFETCH(double, seconds);
        QFETCH(QString, text);
        QCOMPARE(QString::fromStdString(durationText(seconds)), text);
    }
};

QTEST_GUILESS_MAIN(WorkPaceTest)
#include "WorkPaceTest.moc"
