#include "diffusion/ForwardProcess.h"
#include "diffusion/ReverseSampler.h"
#include "training/CloudRun.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

using namespace diffuscope;

class CloudRunTest : public QObject {
    Q_OBJECT
  private slots:
    void slicesChangeNothing_data();
    void slicesChangeNothing();
    void forwardSlicesChangeNothing();
    void keptNoiseChangesNothing();
    void stridesChangeNothing_data();
    void stridesChangeNothing();
};

namespace {

/// Runs to the end in slices of `units`; a kept position must never change once it is there.
bool finish(CloudRun& run, std::size_t units) {
    Trajectory before = run.trajectory();
    while (!run.done()) {
        (void)run.advance(units);
        for (std::size_t i = 0; i < before.positions.size(); ++i)
            if (before.positions[i] && before.positions[i] != run.trajectory().positions[i]) return false;
        before = run.trajectory();
    }
    return run.trajectory().complete();
}

bool samePositions(const Trajectory& a, const Trajectory& b) {
    if (a.t != b.t) return false;
    for (std::size_t i = 0; i < a.positions.size(); ++i)
        if (*a.positions[i] != *b.positions[i]) return false;
    return true;
}

}  // namespace

void CloudRunTest::slicesChangeNothing_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("denoiser");
    QTest::addColumn<bool>("compute");
    for (const SamplerRow& row : samplers()) {
        const int kind = int(&row - samplers().data());
        const std::string id(row.choice.id);
        QTest::addRow("%s, cpu", id.c_str()) << kind << int(DenoiserKind::Network) << false;
        QTest::addRow("%s, gpu", id.c_str()) << kind << int(DenoiserKind::Network) << true;
        QTest::addRow("%s, ideal", id.c_str()) << kind << int(DenoiserKind::Ideal) << false;
    }
}

// What a sampler remembers goes with the particles from slice to slice, and only positions that a step ends
// in are kept.
void CloudRunTest::slicesChangeNothing() {
    QFETCH(int, kind);
    QFETCH(int, denoiser);
    QFETCH(bool, compute);
    Settings settings;
    settings.data.points = 50;
    settings.schedule.steps = 30;
    settings.sampler.kind = SamplerKind(kind);
    settings.sampler.denoiser = DenoiserKind(denoiser);
    settings.sampler.steps = 9;
    settings.sampler.eta = 0.6;
    settings.sampler.langevinSteps = 3;
    settings.network.width = 16;
    settings.network.depth = 1;
    const auto data = trainingData(settings.data, 1);
    const auto backend = compute ? makeComputeBackend("") : makeEigenBackend(1, "");
    backend->setState(initialState(layoutOf(settings, 0), 2));
    const NoiseSchedule schedule(settings.schedule);
    constexpr int count = 150;
    const auto start = [&] { return reverseRun(*backend, schedule, data, settings, count, 1u << 20); };
    CloudRun whole = start();
    QVERIFY(finish(whole, 1u << 20));
    const std::vector<int> times = samplingTimes(schedule, settings.sampler);
    QCOMPARE(whole.trajectory().t, std::vector<int>(times.rbegin(), times.rend()));
    for (const std::size_t units : {std::size_t{1}, std::size_t{150}, std::size_t{400}}) {
        CloudRun sliced = start();
        QVERIFY(finish(sliced, units));
        QVERIFY(samePositions(sliced.trajectory(), whole.trajectory()));
    }
}

void CloudRunTest::forwardSlicesChangeNothing() {
    const auto schedule = std::make_shared<const NoiseSchedule>(ScheduleSettings{.steps = 30});
    const auto data = trainingData({}, 1);
    CloudRun whole = forwardRun(schedule, data, 7, 150, 1u << 20);
    CloudRun sliced = forwardRun(schedule, data, 7, 150, 1u << 20);
    QVERIFY(finish(whole, 1u << 20));
    QVERIFY(finish(sliced, 1));
    QVERIFY(samePositions(sliced.trajectory(), whole.trajectory()));
    std::vector<float> x(300);
    forwardStart(data->points, 7, 0, x);
    for (int t = 1; t <= 30; ++t) forwardStep(*schedule, t, 7, 0, x);
    QCOMPARE(*whole.trajectory().positions.back(), x);
}

/// Another schedule finds the noise drawn, some of it by a run that nobody ended, and goes the way that it
/// would have gone without.
void CloudRunTest::keptNoiseChangesNothing() {
    const auto data = trainingData({}, 1);
    const auto noise = std::make_shared<ForwardNoise>(7, 30, 150);
    QVERIFY(noise->isOf(7, 30, 150));
    QVERIFY(!noise->isOf(8, 30, 150) && !noise->isOf(7, 31, 150) && !noise->isOf(7, 30, 151));
    const auto runs = [&](double betaMax, std::size_t units) {
        const auto schedule =
            std::make_shared<const NoiseSchedule>(ScheduleSettings{.betaMax = betaMax, .steps = 30});
        CloudRun kept = forwardRun(schedule, data, 7, 150, 1u << 20, noise);
        CloudRun drawn = forwardRun(schedule, data, 7, 150, 1u << 20);
        return finish(kept, units) && finish(drawn, units) &&
               samePositions(kept.trajectory(), drawn.trajectory());
    };
    CloudRun given = forwardRun(std::make_shared<const NoiseSchedule>(ScheduleSettings{.steps = 30}), data, 7,
                                150, 1u << 20, noise);
    given.advance(10 * 150);
    QVERIFY(runs(0.02, 400));
    QVERIFY(runs(0.3, 1));
    QVERIFY(runs(0.1, 1u << 20));
}

void CloudRunTest::stridesChangeNothing_data() {
    QTest::addColumn<int>("kind");
    for (const SamplerRow& row : samplers())
        QTest::addRow("%s", std::string(row.choice.id).c_str()) << int(&row - samplers().data());
    QTest::addRow("forward") << -1;
}

// Between kept steps a large cloud goes several at once, block by block.
void CloudRunTest::stridesChangeNothing() {
    QFETCH(int, kind);
    Settings settings;
    settings.data.points = 50;
    settings.schedule.steps = 30;
    settings.sampler.kind = SamplerKind(std::max(kind, 0));
    settings.sampler.steps = 25;
    settings.sampler.langevinSteps = 3;
    settings.network.width = 16;
    settings.network.depth = 1;
    const auto data = trainingData(settings.data, 1);
    const auto backend = makeEigenBackend(1, "");
    backend->setState(initialState(layoutOf(settings, 0), 2));
    const auto schedule = std::make_shared<const NoiseSchedule>(settings.schedule);
    constexpr int count = 9000;
    const auto start = [&](std::size_t clouds) {
        return kind < 0 ? forwardRun(schedule, data, 7, count, clouds * 8 * count)
                        : reverseRun(*backend, *schedule, data, settings, count, clouds * 8 * count);
    };
    CloudRun whole = start(100);
    QVERIFY(finish(whole, 1u << 20));
    for (const std::size_t clouds : {std::size_t{2}, std::size_t{8}})
        for (const std::size_t units : {std::size_t{8999}, std::size_t{4096}, std::size_t{1000}}) {
            CloudRun sparse = start(clouds);
            QVERIFY(sparse.trajectory().t.size() <= clouds);
            double share = 0.0;
            for (std::size_t did = 0; !sparse.done();) {
                did += sparse.advance(units);
                QVERIFY(sparse.share() > share);
                share = sparse.share();
                QVERIFY(sparse.done() || std::abs(share * double(sparse.units()) - double(did)) < 0.5);
            }
            QVERIFY(sparse.trajectory().complete());
            for (std::size_t i = 0; i < sparse.trajectory().t.size(); ++i)
                QCOMPARE(*sparse.trajectory().positions[i],
                         *whole.trajectory().positions[whole.trajectory().nearest(sparse.trajectory().t[i])]);
        }
}

QTEST_GUILESS_MAIN(CloudRunTest)
#include "CloudRunTest.moc"
