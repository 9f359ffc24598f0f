#include "diffusion/ReverseSampler.h"
#include "training/CloudRun.h"
#include "training/Recall.h"
#include "training/Recomputation.h"

#include <QTest>
#include <memory>
#include <vector>

using namespace diffuscope;

namespace {

constexpr int count = 150;
constexpr std::size_t frame = std::size_t{8} * count;  // bytes of a cloud

void finish(CloudRun& run, std::size_t units = 1u << 20) {
    while (!run.done()) (void)run.advance(units);
}

void finish(Recomputation& again, std::size_t units) {
    while (!again.done()) (void)again.advance(units);
}

/// A run in which every sampler takes several steps and remembers what it may.
struct Instruments {
    Settings settings;
    std::shared_ptr<const DataSet> data;
    std::unique_ptr<DenoiserBackend> backend;
    std::shared_ptr<const NoiseSchedule> schedule;

    explicit Instruments(SamplerKind kind = SamplerKind::Ddpm, DenoiserKind denoiser = DenoiserKind::Network,
                         bool compute = false) {
        settings.data.points = 50;
        settings.schedule.steps = 40;
        settings.sampler.kind = kind;
        settings.sampler.denoiser = denoiser;
        settings.sampler.steps = 21;
        settings.sampler.eta = 0.6;
        settings.sampler.langevinSteps = 3;
        settings.network.width = 16;
        settings.network.depth = 1;
        data = trainingData(settings.data, 1);
        backend = compute ? makeComputeBackend("") : makeEigenBackend(1, "");
        TrainingState state = initialState(layoutOf(settings, 0), 2);
        for (float& weight : state.average) weight += 0.05f;  // a fresh network predicts zero
        backend->setState(state);
        schedule = std::make_shared<const NoiseSchedule>(settings.schedule);
    }
    [[nodiscard]] CloudRun run(bool forward, std::size_t bytes) const {
        CloudRun run = forward ? forwardRun(schedule, data, 7, count, bytes)
                               : reverseRun(*backend, *schedule, data, settings, count, bytes);
        finish(run);
        return run;
    }
};

}  // namespace

class RecomputationTest : public QObject {
    Q_OBJECT
  private slots:
    void everyStepIsTheRunsOwn_data();
    void everyStepIsTheRunsOwn();
    void millionParticlesFit_data();
    void millionParticlesFit();
    void thinningARunKeepsItsSteps();
    void whatLeadsThereGoesOnAndTheRestIsGivenUp();
    void nearestVisitedStepIsMeant();
    void noRoomNoWork();
    void filmsKeepWhatTheyShow();
    void trainingGoesOnMeanwhile_data();
    void trainingGoesOnMeanwhile();
    void lessMemoryAtOnce();
};

void RecomputationTest::everyStepIsTheRunsOwn_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("denoiser");
    QTest::addColumn<bool>("compute");
    QTest::addColumn<bool>("forward");
    for (const SamplerRow& row : samplers()) {
        const int kind = int(&row - samplers().data());
        const std::string id(row.choice.id);
        QTest::addRow("%s, cpu", id.c_str()) << kind << int(DenoiserKind::Network) << false << false;
        QTest::addRow("%s, gpu", id.c_str()) << kind << int(DenoiserKind::Network) << true << false;
        QTest::addRow("%s, ideal", id.c_str()) << kind << int(DenoiserKind::Ideal) << false << false;
    }
    QTest::addRow("forward") << 0 << 0 << false << true;
}

// With the two ends and hardly more kept, each step is computed again, in any order, and equals what a run
// that keeps everything has there; and nothing ever takes more than was allowed.
void RecomputationTest::everyStepIsTheRunsOwn() {
    QFETCH(int, kind);
    QFETCH(int, denoiser);
    QFETCH(bool, compute);
    QFETCH(bool, forward);
    const Instruments instruments(SamplerKind(kind), DenoiserKind(denoiser), compute);
    const CloudRun all = instruments.run(forward, 1u << 20);
    const Trajectory& whole = all.trajectory();
    QVERIFY(whole.t.size() > 20);
    for (const std::size_t frames : {std::size_t{2}, std::size_t{7}}) {
        const CloudRun thin = instruments.run(forward, frames * frame);
        QVERIFY(thin.trajectory().bytes() <= frames * frame);
        QVERIFY(thin.trajectory().t.size() < whole.t.size());
        for (const std::size_t room : {std::size_t{1}, std::size_t{5}}) {
            const std::size_t bytes = (frames + room) * frame;
            Recomputation again(thin.way(), thin.trajectory(), bytes);
            const auto check = [&](std::size_t i) {
                again.ask(whole.t[i]);
                finish(again, i % 2 == 0 ? 70 : 1u << 20);
                const Trajectory& now = again.trajectory();
                const std::size_t place = now.nearest(whole.t[i]);
                return now.bytes() <= bytes && now.t[place] == whole.t[i] &&
                       *now.positions[place] == *whole.positions[i];
            };
            const std::size_t size = whole.t.size();
            for (std::size_t i = 0; i < size; ++i) QVERIFY(check(i * 13 % size));
            if (compute) continue;  // in software it takes its time
            for (std::size_t i = 0; i < size; ++i) QVERIFY(check(i));
            for (std::size_t i = size; i-- > 0;) QVERIFY(check(i));
        }
    }
}

void RecomputationTest::millionParticlesFit_data() {
    QTest::addColumn<int>("kind");
    for (const SamplerRow& row : samplers())
        QTest::addRow("%s", std::string(row.choice.id).c_str()) << int(&row - samplers().data());
}

// Counted by what the runs set out to keep: 1,000,000 particles and T = 1000.
void RecomputationTest::millionParticlesFit() {
    QFETCH(int, kind);
    constexpr int million = 1'000'000;
    constexpr std::size_t mebibyte = std::size_t{1} << 20;
    Instruments instruments(SamplerKind(kind), DenoiserKind::Mixture);
    instruments.settings.data.dataset = DatasetKind::EightGaussians;
    instruments.settings.schedule.steps = 1000;
    instruments.settings.sampler.steps = 1000;
    const auto data = trainingData(instruments.settings.data, 1);
    const NoiseSchedule schedule(instruments.settings.schedule);
    for (const std::size_t bytes : {16 * mebibyte, 128 * mebibyte}) {
        const CloudRun run =
            reverseRun(*instruments.backend, schedule, data, instruments.settings, million, bytes);
        const Trajectory& kept = run.trajectory();
        QCOMPARE(kept.t.front(), 0);
        QCOMPARE(kept.t.back(), 1000);
        const std::size_t each = kept.memory.empty() ? 8 : 16;
        // At the ends nothing is remembered.
        QVERIFY((kept.t.size() - 2) * each * million + std::size_t{16} * million <= bytes);
        QVERIFY(kept.t.size() + 1 > bytes / (each * million));
    }
}

/// Kept steps are let go in the middle of a run as well, and what is left still leads everywhere.
void RecomputationTest::thinningARunKeepsItsSteps() {
    for (const SamplerKind kind : {SamplerKind::Ddpm, SamplerKind::DpmSolver}) {
        const Instruments instruments(kind);
        const CloudRun all = instruments.run(false, 1u << 20);
        CloudRun run = reverseRun(*instruments.backend, *instruments.schedule, instruments.data,
                                  instruments.settings, count, 1u << 20);
        for (int i = 0; i < 9; ++i) (void)run.advance(count);
        run.thin(6 * frame);
        finish(run);
        QVERIFY(run.trajectory().complete());
        QVERIFY(run.trajectory().bytes() <= 6 * frame);
        Recomputation again(run.way(), run.trajectory(), 8 * frame);
        for (std::size_t i = 0; i < all.trajectory().t.size(); ++i) {
            const int t = all.trajectory().t[i];
            again.ask(t);
            finish(again, 500);
            QCOMPARE(again.trajectory().t[again.trajectory().nearest(t)], t);
            QCOMPARE(*again.trajectory().positions[again.trajectory().nearest(t)],
                     *all.trajectory().positions[i]);
        }
    }
}

/// The work is counted: a walk that leads to the new place is not begun anew, and one that does not is left
/// where it is.
void RecomputationTest::whatLeadsThereGoesOnAndTheRestIsGivenUp() {
    const Instruments instruments;
    const CloudRun thin = instruments.run(false, 2 * frame);  // t = 40 and t = 0
    Recomputation again(thin.way(), thin.trajectory(), 3 * frame);
    const auto workUntilDone = [&] {
        std::size_t units = 0;
        while (!again.done()) units += again.advance(count);
        return units;
    };
    QVERIFY(again.done());
    again.ask(20.0);
    for (int i = 0; i < 5; ++i) (void)again.advance(count);
    again.ask(10.0);  // further down: 25 of 30 steps are left
    QCOMPARE(workUntilDone(), std::size_t{25} * count);
    QCOMPARE(again.trajectory().t, (std::vector<int>{0, 10, 40}));
    again.ask(8.0);  // from what was computed
    QCOMPARE(workUntilDone(), std::size_t{2} * count);
    again.ask(20.0);
    for (int i = 0; i < 10; ++i) (void)again.advance(count);  // at t = 30
    again.ask(35.0);                                          // was passed
    QCOMPARE(workUntilDone(), std::size_t{5} * count);
    again.ask(20.0);
    (void)again.advance(count);
    again.ask(0.0);  // is there: nobody waits for t = 20 any more
    QVERIFY(again.done());
    QCOMPARE(again.advance(count), std::size_t{0});
}

void RecomputationTest::nearestVisitedStepIsMeant() {
    Instruments instruments(SamplerKind::Ddim);
    instruments.settings.sampler.steps = 10;
    instruments.settings.sampler.spacing = SpacingKind::Uniform;  // 0, 4, 8 …
    const CloudRun thin = instruments.run(false, 2 * frame);
    for (const auto& [time, t] : {std::pair(5.9, 4), std::pair(6.0, 4), std::pair(6.1, 8),
                                  std::pair(39.0, 40), std::pair(-3.0, 0), std::pair(99.0, 40)}) {
        Recomputation again(thin.way(), thin.trajectory(), 3 * frame);
        again.ask(time);
        finish(again, 1000);
        QCOMPARE(again.trajectory().t[again.trajectory().nearest(time)], t);
    }
}

void RecomputationTest::noRoomNoWork() {
    const Instruments instruments;
    const CloudRun thin = instruments.run(false, 2 * frame);
    Recomputation again(thin.way(), thin.trajectory(), 3 * frame - 1);
    again.ask(20.0);
    QVERIFY(again.done());
    Recomputation none;
    none.ask(3.0);
    QVERIFY(none.done());
    QVERIFY(none.trajectory().empty());
}

void RecomputationTest::filmsKeepWhatTheyShow() {
    const Instruments instruments;
    const CloudRun all = instruments.run(false, 1u << 20);
    const double playheads[] = {0.0, 3.5, 3.6, 20.0, 20.0};
    CloudRun run = reverseRun(*instruments.backend, *instruments.schedule, instruments.data,
                              instruments.settings, count, 1u << 20);
    QVERIFY(!run.keepNear(playheads, 5 * frame - 1));
    QVERIFY(run.keepNear(playheads, 5 * frame));
    finish(run);
    QCOMPARE(run.trajectory().t, (std::vector<int>{0, 3, 4, 20, 40}));
    for (std::size_t k = 0; k < 5; ++k)
        QCOMPARE(*run.trajectory().positions[k],
                 *all.trajectory().positions[static_cast<std::size_t>(run.trajectory().t[k])]);
}

void RecomputationTest::trainingGoesOnMeanwhile_data() {
    QTest::addColumn<bool>("compute");
    QTest::newRow("cpu") << false;
    QTest::newRow("gpu") << true;
}

/// What is computed again is of the weights that the run had, and training keeps its own.
void RecomputationTest::trainingGoesOnMeanwhile() {
    QFETCH(bool, compute);
    const Instruments instruments(SamplerKind::Ddpm, DenoiserKind::Network, compute);
    DenoiserBackend& backend = *instruments.backend;
    const auto before = std::make_shared<const TrainingState>(backend.state());
    const CloudRun all = instruments.run(false, 1u << 20);
    const CloudRun thin = instruments.run(false, 2 * frame);
    backend.setData(instruments.data->points);
    backend.setLevels(noiseLevels(*instruments.schedule, Conditioning::LogSnr));
    std::vector<float> losses(20);
    backend.train({.seed = 3, .batch = 64}, losses);
    const TrainingState trained = backend.state();
    QVERIFY(trained.average != before->average);
    Recall recall;
    recall.setReverse(thin, before, 4 * frame);
    for (const int t : {20, 33, 7}) {
        recall.ask(t);
        while (!recall.done()) recall.advance(backend, 1e-4);
        const Trajectory& now = recall.reverse();
        QCOMPARE(now.t[now.nearest(t)], t);
        QCOMPARE(*now.positions[now.nearest(t)], *all.trajectory().positions[static_cast<std::size_t>(t)]);
    }
    QVERIFY(backend.state() == trained);
}

void RecomputationTest::lessMemoryAtOnce() {
    const Instruments instruments;
    const CloudRun run = instruments.run(true, 10 * frame);
    Recall recall;
    recall.setForward(run, 20 * frame);
    for (const int t : {1, 9, 17}) {
        recall.ask(t);
        while (!recall.done()) recall.advance(*instruments.backend, 1e-4);
    }
    QVERIFY(recall.forward().bytes() > 10 * frame);
    recall.limit({.cloud = 4 * frame, .recalled = 5 * frame});
    QCOMPARE(recall.forward().bytes(), 4 * frame);
    recall.ask(9.0);
    while (!recall.done()) recall.advance(*instruments.backend, 1e-4);
    QCOMPARE(recall.forward().bytes(), 5 * frame);
    QCOMPARE(recall.forward().t[recall.forward().nearest(9.0)], 9);
}

QTEST_GUILESS_MAIN(RecomputationTest)
#include "RecomputationTest.moc"
