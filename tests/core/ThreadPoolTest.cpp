#include "denoiser/ThreadPool.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

using namespace diffuscope;

class ThreadPoolTest : public QObject {
    Q_OBJECT
  private slots:
    /// More threads than processors, so that workers come late, and loops that follow at once.
    void everyTaskOnce() {
        for (const int threads : {1, 2, 7}) {
            ThreadPool pool(threads);
            QCOMPARE(pool.size(), threads);
            for (int loop = 0; loop < 3000; ++loop) {
                const int tasks = loop % 23;
                std::vector<int> done(static_cast<std::size_t>(tasks), 0);
                std::vector<int> ofWorker(static_cast<std::size_t>(threads), 0);
                pool.run(tasks, [&](int task, int worker) {
                    done[static_cast<std::size_t>(task)] += 1;        // no other thread has this task
                    ofWorker[static_cast<std::size_t>(worker)] += 1;  // nor this worker's memory
                });
                QVERIFY(std::all_of(done.begin(), done.end(), [](int times) { return times == 1; }));
                QCOMPARE(std::accumulate(ofWorker.begin(), ofWorker.end(), 0), tasks);
            }
        }
    }

    /// What the tasks wrote is there when the loop returns, and what was written before it is there in the
    /// tasks.
    void memoryIsHandedOver() {
        ThreadPool pool(3);
        std::vector<double> values(64, 1.0);
        for (int loop = 0; loop < 2000; ++loop) {
            const double factor = 1.0 + 1e-3 * (loop % 2 == 0 ? 1.0 : -1.0);
            for (double& value : values) value *= factor;
            pool.run(64, [&](int task, int) { values[static_cast<std::size_t>(task)] /= factor; });
        }
        for (const double value : values) QVERIFY(std::abs(value - 1.0) < 1e-9);
    }
};

QTEST_GUILESS_MAIN(ThreadPoolTest)
#include "ThreadPoolTest.moc"
