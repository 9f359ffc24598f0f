#include "diffusion/IdealDenoiser.h"
#include "training/CloudRun.h"
#include "training/Diagnostics.h"
#include "training/RunReader.h"
#include "training/Trainer.h"

#include <QTest>
#include <cmath>

using namespace diffuscope;

namespace {

Settings smallSettings() {
    Settings settings;
    settings.data.points = 1000;
    settings.schedule.steps = 100;
    settings.view.particles = 300;
    settings.network.width = 32;
    settings.network.depth = 2;
    settings.training.batch = 256;
    settings.training.floorShare = 0.0;
    return settings;
}

struct Run {
    Snapshot snapshot;
    double recentLoss = 0.0;
};

/// A snapshot as the worker makes it, after `steps` steps of training.
Run runOf(const Settings& settings, int steps) {
    const auto data = trainingData(settings.data, settings.seed);
    Trainer trainer(settings, data, makeEigenBackend(1, "test"));
    (void)trainer.advance(steps);
    Snapshot snapshot;
    snapshot.settings = settings;
    snapshot.data = data;
    snapshot.trained = trainedOn(settings.data.dataset, data);
    snapshot.schedule = std::make_shared<const NoiseSchedule>(settings.schedule);
    CloudRun cloud = reverseRun(trainer.backend(), *snapshot.schedule, data, settings,
                                settings.view.particles, std::size_t{1} << 28);
    while (!cloud.done()) cloud.advance(1'000'000);
    snapshot.reverse = cloud.trajectory();
    snapshot.networkState = std::make_shared<const TrainingState>(trainer.backend().state());
    snapshot.network = networkDenoiser(*snapshot.networkState);
    snapshot.era = 1;
    return {snapshot, trainer.history().recent(500)};
}

double meanOf(const std::vector<BinReading>& bins, double BinReading::*value) {
    double sum = 0.0;
    double width = 0.0;
    for (const BinReading& bin : bins) {
        sum += bin.*value * (bin.tTo - bin.tFrom);
        width += bin.tTo - bin.tFrom;
    }
    return sum / width;
}

struct GivenUp {};

}  // namespace

class RunReaderTest : public QObject {
    Q_OBJECT
  private slots:
    /// The mean of the bins over t is the loss that training shows, above what no network can do better.
    void binsOfATrainedRun() {
        const Run run = runOf(smallSettings(), 2000);
        ThreadPool pool(1);
        RunReader reader;
        const Readings readings = reader.read(run.snapshot, {pool});
        QVERIFY(reader.complete());
        QCOMPARE(readings.bins.size(), std::size_t{64});
        QCOMPARE(readings.bins.front().tFrom, 0.0);
        QCOMPARE(readings.bins.back().tTo, 100.0);
        for (const BinReading& bin : readings.bins) {
            QVERIFY(std::isfinite(bin.loss) && std::isfinite(bin.gradientNorm) && bin.gradientNorm > 0.0);
            QVERIFY(bin.irreducible > 0.0);
            // With e = eps - eps* and d = eps* - eps-hat, |e + d|^2 - |e|^2 has the mean g = E|d|^2 and, for
            // e without direction, the variance 2 |e|^2 g: five standard errors of 64 draws below the mean
            // are at the least -0.2 E|e|^2, whatever g is.
            QVERIFY2(
                bin.loss > 0.75 * bin.irreducible,
                qPrintable(QString("%1 < %2 at t = %3").arg(bin.loss).arg(bin.irreducible).arg(bin.tTo)));
        }
        const double loss = meanOf(readings.bins, &BinReading::loss);
        QVERIFY2(std::abs(loss / run.recentLoss - 1.0) < 0.1,
                 qPrintable(QString("%1, trained %2").arg(loss).arg(run.recentLoss)));
        const double best = meanOf(readings.bins, &BinReading::irreducible);
        QVERIFY2(loss > best && loss < 1.5 * best, qPrintable(QString("%1, %2").arg(loss).arg(best)));

        const SpreadReading& spread = readings.spread;
        QCOMPARE(spread.simple.size(), std::size_t{RunReader::spreadBatches});
        QCOMPARE(spread.fourVariable.size(), spread.simple.size());
        QVERIFY(spread.varianceRatio > 1.0 && std::isfinite(spread.varianceRatio));
    }

    /// What many points delay comes with later readings of the same cloud, and only that.
    void manyPointsAreFilledLater() {
        Settings settings = smallSettings();
        settings.data.points = 100'000;
        settings.view.particles = 50;
        const Run run = runOf(settings, 20);
        ThreadPool pool(1);
        RunReader reader;
        const Readings first = reader.read(run.snapshot, {pool});
        QVERIFY(!reader.complete());
        const auto known = static_cast<std::size_t>(RunReader::pairsPerReading / (64 * 100'000)) + 1;
        for (std::size_t i = 0; i < 64; ++i) QCOMPARE(std::isfinite(first.bins[i].irreducible), i < known);
        const Readings second = reader.read(run.snapshot, {pool});
        QVERIFY(reader.complete());
        QCOMPARE(second.slicedW2.value, first.slicedW2.value);
        for (std::size_t i = 0; i < 64; ++i) {
            QCOMPARE(second.bins[i].loss, first.bins[i].loss);
            QVERIFY(std::isfinite(second.bins[i].irreducible));
            if (i < known) QCOMPARE(second.bins[i].irreducible, first.bins[i].irreducible);
        }
        const auto ideal = idealDenoiser(run.snapshot.trained);
        for (const int bin : {0, 31, 63})
            QCOMPARE(second.bins[static_cast<std::size_t>(bin)].irreducible,
                     irreducibleOfBin(*ideal, *run.snapshot.trained, *run.snapshot.schedule, bin, 64, 1));
        // Another sampler is another era, with the same points and what cannot be learned of them.
        Snapshot next = run.snapshot;
        next.era = 2;
        const Readings third = reader.read(next, {pool});
        QCOMPARE(third.era, std::uint64_t{2});
        QVERIFY(reader.complete());
        QCOMPARE(third.bins[63].irreducible, second.bins[63].irreducible);
    }

    /// Wherever a reading is given up, the next one is what it would have been.
    void givenUpAnywhere() {
        const Run run = runOf(smallSettings(), 50);
        ThreadPool pool(1);
        int calls = 0;
        RunReader undisturbed;
        const Readings expected = undisturbed.read(run.snapshot, {pool, [&] { ++calls; }});
        QVERIFY(calls > 64 * 2 + 100);  // each bin twice, each t of the estimators, and the others
        for (int k = 0; k <= 8; ++k) {
            RunReader reader;
            int left = 1 + (calls - 1) * k / 8;
            const Measuring disturbed{pool, [&] {
                                          if (--left == 0) throw GivenUp{};
                                      }};
            QVERIFY_EXCEPTION_THROWN((void)reader.read(run.snapshot, disturbed), GivenUp);
            const Readings found = reader.read(run.snapshot, {pool});
            QVERIFY(reader.complete());
            QCOMPARE(found.energy.value, expected.energy.value);
            QCOMPARE(found.logLikelihood, expected.logLikelihood);
            QCOMPARE(found.bins.size(), expected.bins.size());
            for (std::size_t i = 0; i < found.bins.size(); ++i) {
                QCOMPARE(found.bins[i].gradientNorm, expected.bins[i].gradientNorm);
                QCOMPARE(found.bins[i].irreducible, expected.bins[i].irreducible);
            }
            QVERIFY(found.spread.fourVariable == expected.spread.fourVariable);
        }
    }

    /// A million points are asked about fewer draws at once, so that nobody waits for more.
    void piecesOfAnIdealDenoiser() {
        DataSet set;
        set.points.assign(2'000'000, 0.5f);
        QCOMPARE(idealDenoiser(std::make_shared<const DataSet>(set))->piece(), std::size_t{88});
        set.points.resize(2 * 8192);
        QCOMPARE(idealDenoiser(std::make_shared<const DataSet>(set))->piece(), std::size_t{256});
    }

    void oneStepOnePoint() {
        Settings settings = smallSettings();
        settings.data.points = 1;
        settings.schedule.steps = 1;
        settings.view.particles = 2;
        ThreadPool pool(1);
        RunReader reader;
        const Readings readings = reader.read(runOf(settings, 5).snapshot, {pool});
        QVERIFY(reader.complete());
        QCOMPARE(readings.bins.size(), std::size_t{1});
        QVERIFY(std::isfinite(readings.bins.front().loss));
        QVERIFY(readings.bins.front().irreducible < 1e-6);
    }
};

QTEST_GUILESS_MAIN(RunReaderTest)
#include "RunReaderTest.moc"
