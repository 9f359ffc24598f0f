#include "training/CloudRun.h"
#include "training/Engine.h"

#include <QTest>
#include <atomic>
#include <cmath>
#include <functional>

using namespace diffuscope;

namespace {

/// A run that is small enough to be complete in a moment.
Settings smallSettings() {
    Settings settings;
    settings.backend = BackendKind::Cpu;
    settings.data.points = 500;
    settings.schedule.steps = 40;
    settings.view.particles = 300;
    settings.network.width = 16;
    settings.network.depth = 2;
    settings.training.batch = 64;
    return settings;
}

std::shared_ptr<const Snapshot> waitFor(const Engine& engine,
                                        const std::function<bool(const Snapshot&)>& wanted) {
    std::shared_ptr<const Snapshot> found;
    (void)QTest::qWaitFor(
        [&] {
            const auto snapshot = engine.snapshot();
            if (snapshot && wanted(*snapshot)) found = snapshot;
            return found != nullptr;
        },
        30'000);
    return found;
}

bool settled(const Snapshot& snapshot) {
    return !snapshot.reverse.empty() && snapshot.reverse.complete() && snapshot.forward.complete() &&
           !snapshot.reversePaths.empty() && snapshot.reversePaths.complete() &&
           snapshot.reverseBefore.empty();
}

std::vector<float> flat(const Trajectory& trajectory) {
    std::vector<float> all;
    for (const Positions& positions : trajectory.positions)
        all.insert(all.end(), positions->begin(), positions->end());
    return all;
}

}  // namespace

class EngineTest : public QObject {
    Q_OBJECT
  private slots:
    void picturesAreCompleteAndFinite() {
        Engine engine(smallSettings(), true);
        const auto snapshot = waitFor(
            engine, [](const Snapshot& s) { return settled(s) && s.step > 200 && std::isfinite(s.loss); });
        QVERIFY(snapshot);
        QCOMPARE(snapshot->forward.t.front(), 0);
        QCOMPARE(snapshot->forward.t.back(), 40);
        QCOMPARE(snapshot->reverse.count, 300);
        QCOMPARE(snapshot->reversePaths.count, 10);
        QCOMPARE(snapshot->backend.id, std::string("cpu"));
        for (const float value : flat(snapshot->reverse)) QVERIFY(std::isfinite(value));
    }

    /// While it trains, a pass has weights of many steps; after it, the cloud is one that can be had again.
    void aPausedCloudIsOfTheNetworkThatIsThere() {
        const Settings settings = smallSettings();
        Engine engine(settings, true);
        QVERIFY(waitFor(engine, [](const Snapshot& s) { return settled(s) && s.step > 200; }));
        engine.setTraining(false);
        const auto snapshot = waitFor(engine, [](const Snapshot& s) {
            return settled(s) && !s.training && s.networkState && s.networkState->step == s.step;
        });
        QVERIFY(snapshot);
        const auto backend = makeEigenBackend(1, "test");
        backend->setState(*snapshot->networkState);
        CloudRun run = reverseRun(*backend, *snapshot->schedule, snapshot->data, settings, 300, 1u << 30);
        while (!run.done()) run.advance(1u << 20);
        QVERIFY(flat(run.trajectory()) == flat(snapshot->reverse));
    }

    /// A forward cloud of a billion moves.
    void aLongForwardCloudLeavesRoomForTraining() {
        Settings settings = smallSettings();
        settings.schedule.steps = 10'000;
        settings.view.particles = 100'000;
        Engine engine(settings, true);
        const auto learned = waitFor(engine, [](const Snapshot& s) { return s.step > 0; });
        QVERIFY(learned);
        QVERIFY(!learned->forward.complete());
        const auto sampled =
            waitFor(engine, [](const Snapshot& s) { return s.pathsAreNew && s.reverseComputed > 0.0; });
        QVERIFY(sampled);
        QVERIFY(!sampled->forward.complete());
    }

    /// The followed particles are the cloud's first, step for step.
    void pathsBelongToTheCloud() {
        Engine engine(smallSettings(), false);
        const auto snapshot = waitFor(engine, settled);
        QVERIFY(snapshot);
        for (const auto& [paths, cloud] : {std::pair(&snapshot->forwardPaths, &snapshot->forward),
                                           std::pair(&snapshot->reversePaths, &snapshot->reverse)})
            for (std::size_t k = 0; k < cloud->t.size(); ++k)
                for (std::size_t i = 0; i < 20; ++i)
                    QVERIFY(std::abs((*paths->positions[k])[i] - (*cloud->positions[k])[i]) < 1e-4f);
    }

    /// sigma moves: the same noise, the same start, another path; the network is not touched.
    void sliderBendsTheSameTrajectories() {
        Engine engine(smallSettings(), false);
        const auto before = waitFor(engine, settled);
        QVERIFY(before);
        Settings changed = smallSettings();
        changed.sampler.sigmaScale = 0.5;
        engine.setSettings(changed);
        const auto after =
            waitFor(engine, [&](const Snapshot& s) { return s.settings == changed && settled(s); });
        QVERIFY(after);
        QCOMPARE(*after->reverse.positions.back(), *before->reverse.positions.back());
        QVERIFY(*after->reverse.positions.front() != *before->reverse.positions.front());
        QCOMPARE(flat(after->forward), flat(before->forward));
        QCOMPARE(after->step, before->step);
        // Back again is the same picture, bit for bit.
        engine.setSettings(smallSettings());
        const auto again =
            waitFor(engine, [&](const Snapshot& s) { return s.settings == smallSettings() && settled(s); });
        QVERIFY(again);
        QCOMPARE(flat(again->reverse), flat(before->reverse));
    }

    /// Whoever sees paths that say so sees those of the moved slider, not of the place before.
    void pathsSayWhoseTheyAre() {
        Engine engine(smallSettings(), false);
        const auto before = waitFor(engine, settled);
        QVERIFY(before && before->pathsAreNew);
        Settings changed = smallSettings();
        changed.schedule.betaMax = 0.05;
        engine.setSettings(changed);
        const auto first =
            waitFor(engine, [&](const Snapshot& s) { return s.settings == changed && s.pathsAreNew; });
        const auto after =
            waitFor(engine, [&](const Snapshot& s) { return s.settings == changed && settled(s); });
        QVERIFY(first && after);
        QCOMPARE(flat(first->reversePaths), flat(after->reversePaths));
        QVERIFY(flat(first->reversePaths) != flat(before->reversePaths));
        QCOMPARE(first->schedule->beta(40), NoiseSchedule(changed.schedule).beta(40));
    }

    /// With the head's variance the plots show the noise between the two ends, where the head puts it; what a
    /// network cannot do is refused, and the picture stays.
    void learnedVariance() {
        Settings settings = smallSettings();
        settings.training.loss = LossKind::LearnedVariance;
        settings.sampler.sigma = SigmaKind::Learned;
        Engine engine(settings, true);
        const auto snapshot = waitFor(engine, [](const Snapshot& s) { return settled(s) && s.step > 200; });
        QVERIFY(snapshot);
        for (const float value : flat(snapshot->reverse)) QVERIFY(std::isfinite(value));
        bool between = false;
        for (int t = 2; t <= 40; ++t) {
            const double shown = (*snapshot->stepNoise)[static_cast<std::size_t>(t)];
            const double low = std::sqrt(snapshot->schedule->posteriorVariance(t));
            const double high = std::sqrt(snapshot->schedule->beta(t));
            QVERIFY(shown > low * (1.0 - 1e-6) && shown < high * (1.0 + 1e-6));
            between = between || (shown > 1.001 * low && shown < 0.999 * high);
        }
        QVERIFY(between);
        Settings simple = settings;
        simple.training.loss = LossKind::Simple;
        engine.setSettings(simple);
        const auto told = waitFor(engine, [](const Snapshot& s) { return !s.notices.empty(); });
        QVERIFY(told);
        QVERIFY(QString::fromStdString(told->notices.back().sentence).contains("sampler.sigma"));
        QVERIFY(told->settings == settings);
    }

    void pauseStepAndReset() {
        Engine engine(smallSettings(), true);
        QVERIFY(waitFor(engine, [](const Snapshot& s) { return s.step > 50; }));
        engine.setTraining(false);
        const auto paused = waitFor(engine, [](const Snapshot& s) { return !s.training; });
        QVERIFY(paused);
        QTest::qWait(100);
        QCOMPARE(engine.snapshot()->step, paused->step);
        engine.trainOneStep();
        QVERIFY(waitFor(engine, [&](const Snapshot& s) { return s.step == paused->step + 1; }));
        engine.resetNetwork();
        QVERIFY(
            waitFor(engine, [](const Snapshot& s) { return s.step == 0 && s.history->points().empty(); }));
    }

    void newDataContinueNewWidthStartsAnew() {
        Engine engine(smallSettings(), true);
        QVERIFY(waitFor(engine, [](const Snapshot& s) { return s.step > 100; }));
        engine.setTraining(false);
        Settings moons = smallSettings();
        moons.data.dataset = DatasetKind::TwoMoons;
        engine.setSettings(moons);
        const auto continued = waitFor(engine, [&](const Snapshot& s) { return s.settings == moons; });
        QVERIFY(continued);
        QVERIFY(continued->step > 100);
        Settings wide = moons;
        wide.network.width = 32;
        engine.setSettings(wide);
        const auto anew = waitFor(engine, [&](const Snapshot& s) { return s.settings == wide; });
        QVERIFY(anew);
        QCOMPARE(anew->step, std::int64_t{0});
    }

    void refusedSettingsKeepThePicture() {
        Engine engine(smallSettings(), false);
        QVERIFY(waitFor(engine, settled));
        Settings crossed = smallSettings();
        crossed.schedule.betaMin = 0.9;
        engine.setSettings(crossed);
        const auto told = waitFor(engine, [](const Snapshot& s) { return !s.notices.empty(); });
        QVERIFY(told);
        QVERIFY(told->notices.back().warning);
        QVERIFY(QString::fromStdString(told->notices.back().sentence).contains("beta-min"));
        QVERIFY(told->settings == smallSettings());
        Settings imported = smallSettings();
        imported.data.dataset = DatasetKind::Imported;
        engine.setSettings(imported);
        const auto serial = told->notices.back().serial;
        QVERIFY(waitFor(engine, [&](const Snapshot& s) { return s.notices.back().serial > serial; }));
    }

    /// A run that is asked for is of the settings before the request, whatever the worker has seen of them.
    void aRunIsOfTheSettingsBeforeIt() {
        Engine engine(smallSettings(), false);
        for (int i = 0; i < 20; ++i) {
            Settings before = smallSettings();
            before.schedule.betaMax = 0.02 + 1e-3 * i;
            Settings after = before;
            after.sampler.sigma = SigmaKind::Lower;
            Latest<SavedRun> slot;
            engine.setSettings(before);
            engine.requestRun([&slot](std::shared_ptr<const SavedRun> run) { slot.put(std::move(run)); });
            engine.setSettings(after);
            QTRY_VERIFY(slot.peek() != nullptr);
            QVERIFY(slot.peek()->settings == before);
        }
    }

    /// What is saved goes on in another engine with the same picture.
    void savedRunGoesOn() {
        Latest<SavedRun> slot;
        std::vector<float> picture;
        {
            Engine engine(smallSettings(), true);
            QVERIFY(waitFor(engine, [](const Snapshot& s) { return s.step > 100; }));
            engine.setTraining(false);
            engine.resetNetwork();
            engine.trainOneStep();
            QVERIFY(waitFor(engine, [](const Snapshot& s) { return s.step == 1 && settled(s); }));
            engine.requestRun([&slot](std::shared_ptr<const SavedRun> run) { slot.put(std::move(run)); });
            QTRY_VERIFY(slot.peek() != nullptr);
            Settings resampled = smallSettings();
            resampled.sampler.sigma = SigmaKind::Lower;
            engine.setSettings(resampled);
            const auto shown =
                waitFor(engine, [&](const Snapshot& s) { return s.settings == resampled && settled(s); });
            QVERIFY(shown);
            picture = flat(shown->reverse);
        }
        Engine other(Settings{}, false);
        SavedRun run = *slot.peek();
        run.settings.sampler.sigma = SigmaKind::Lower;
        other.restore(std::make_shared<const SavedRun>(run));
        const auto restored = waitFor(other, [&](const Snapshot& s) {
            return s.settings == run.settings && s.step == 1 && settled(s);
        });
        QVERIFY(restored);
        QCOMPARE(flat(restored->reverse), picture);
    }

    /// The other backend goes on from the same weights and shows the same cloud.
    void switchingTheBackendKeepsTheNetwork() {
        Engine engine(smallSettings(), true);
        QVERIFY(waitFor(engine, [](const Snapshot& s) { return s.step > 300; }));
        engine.setTraining(false);
        engine.trainOneStep();
        Latest<SavedRun> slot;
        const auto runNow = [&] {
            engine.requestRun([&slot](std::shared_ptr<const SavedRun> run) { slot.put(std::move(run)); });
            std::shared_ptr<const SavedRun> run;
            (void)QTest::qWaitFor([&] { return (run = slot.take()) != nullptr; }, 20'000);
            return run;
        };
        const auto before = runNow();
        QVERIFY(before);
        Settings lower = smallSettings();
        lower.sampler.sigma = SigmaKind::Lower;
        engine.setSettings(lower);
        const auto onCpu =
            waitFor(engine, [&](const Snapshot& s) { return s.settings == lower && settled(s); });
        QVERIFY(onCpu);
        lower.backend = BackendKind::Gpu;
        engine.setSettings(lower);
        const auto onGpu =
            waitFor(engine, [&](const Snapshot& s) { return s.settings == lower && settled(s); });
        QVERIFY(onGpu);
        QCOMPARE(onGpu->backend.id, std::string("gpu"));
        QVERIFY(!onGpu->backend.reason.empty());
        QCOMPARE(onGpu->step, onCpu->step);
        const auto after = runNow();
        QVERIFY(after);
        QVERIFY(after->state == before->state);
        const std::vector<float> one = flat(onCpu->reverse);
        const std::vector<float> other = flat(onGpu->reverse);
        QCOMPARE(other.size(), one.size());
        for (std::size_t i = 0; i < one.size(); ++i) QVERIFY(std::abs(one[i] - other[i]) < 1e-3f);
    }

    /// However the work is sliced, and whatever is kept, the positions are the same.
    void slicingDoesNotMatter() {
        const Settings settings = smallSettings();
        const auto data = trainingData(settings.data, settings.seed);
        const auto schedule = std::make_shared<const NoiseSchedule>(settings.schedule);
        const auto whole = [&](std::size_t units, std::size_t bytes, int count) {
            CloudRun run = forwardRun(schedule, data, settings.seed, count, bytes);
            while (!run.done()) run.advance(units);
            return run.trajectory();
        };
        const Trajectory once = whole(1'000'000, 1 << 30, 300);
        QCOMPARE(flat(whole(1, 1 << 30, 300)), flat(once));
        const Trajectory sparse = whole(700, 300 * 8 * 5, 300);
        QVERIFY(sparse.t.size() <= 6);
        QCOMPARE(*sparse.positions.back(), *once.positions.back());
        // More than one block of particles a step.
        const Trajectory large = whole(1'000'000, 1 << 30, 20'000);
        const std::vector<float> first(large.positions.back()->begin(),
                                       large.positions.back()->begin() + 600);
        QCOMPARE(first, *once.positions.back());
    }

    /// A small bound is kept, and at every place of the playhead both lanes show what a run that keeps
    /// everything has there; a bound that falls takes effect at once.
    void littleMemoryShowsTheSame() {
        Settings settings = smallSettings();
        settings.view.particles = 10'000;
        Engine whole(settings, false);
        const auto all = waitFor(whole, settled);
        QVERIFY(all);
        QCOMPARE(all->reverse.t.size(), std::size_t{41});
        settings.view.memory = 1;
        Engine engine(settings, false);
        QVERIFY(waitFor(engine, settled));
        const auto same = [&](double playhead) {
            const auto there = [&](const Trajectory& now, const Trajectory& full) {
                const std::size_t place = now.nearest(playhead);
                const std::size_t wanted = full.nearest(playhead);
                return now.t[place] == full.t[wanted] && *now.positions[place] == *full.positions[wanted];
            };
            engine.setPlayhead(playhead);
            const auto shown = waitFor(engine, [&](const Snapshot& s) {
                return settled(s) && there(s.forward, all->forward) && there(s.reverse, all->reverse);
            });
            return shown && shown->forward.bytes() + shown->reverse.bytes() <= (std::size_t{1} << 20);
        };
        for (const double playhead : {13.0, 12.4, 31.0, 5.0, 40.0, 0.0, 1.0, 39.0}) QVERIFY(same(playhead));
        // The playhead first: what is not there yet is computed when the run is.
        whole.setPlayhead(17.0);
        whole.setSettings(settings);
        const auto less = waitFor(whole, [&](const Snapshot& s) {
            return s.settings == settings && settled(s) && s.reverse.t[s.reverse.nearest(17.0)] == 17;
        });
        QVERIFY(less);
        QVERIFY(less->reverse.t.size() < 8);
        QCOMPARE(*less->reverse.positions[less->reverse.nearest(17.0)],
                 *all->reverse.positions[all->reverse.nearest(17.0)]);
    }

    void onePointOneParticleOneStep() {
        Settings settings = smallSettings();
        settings.data.points = 1;
        settings.view.particles = 1;
        settings.schedule.steps = 1;
        Engine engine(settings, true);
        const auto snapshot = waitFor(engine, [](const Snapshot& s) { return settled(s) && s.step > 20; });
        QVERIFY(snapshot);
        QCOMPARE(snapshot->reverse.t.size(), std::size_t{2});
        for (const float value : flat(snapshot->reverse)) QVERIFY(std::isfinite(value));
    }

    /// Three hundred million predictions of the ideal denoiser. Who waits is told for how long, once, and
    /// need not wait: other settings are taken at once.
    void slowIdealDenoiserSaysSo() {
        Settings settings = smallSettings();
        settings.data.points = 100'000;
        settings.schedule.steps = 1000;
        settings.view.particles = 300'000;
        settings.sampler.denoiser = DenoiserKind::Ideal;
        Engine engine(settings, false);
        const auto told = waitFor(engine, [](const Snapshot& s) { return !s.notices.empty(); });
        QVERIFY(told);
        QVERIFY(!told->notices.back().warning);
        QVERIFY(QString::fromStdString(told->notices.back().sentence).contains("100000 points takes about"));
        QCOMPARE(told->trained->size(), std::size_t{100'000});
        QVERIFY(told->reverseSecondsLeft > 4.0);
        const double before = told->reverseComputed;
        QVERIFY(waitFor(engine, [&](const Snapshot& s) { return s.reverseComputed > before; }));
        QCOMPARE(engine.snapshot()->notices.size(), std::size_t{1});
        settings.sampler.denoiser = DenoiserKind::Network;
        settings.view.particles = 100;
        engine.setSettings(settings);
        const auto after =
            waitFor(engine, [&](const Snapshot& s) { return s.settings == settings && settled(s); });
        QVERIFY(after);
        QVERIFY(std::isnan(after->reverseSecondsLeft));
        QCOMPARE(after->reverseComputed, 1.0);
    }

    /// The ideal denoiser's cloud stays while the network learns; what is measured of the network goes on.
    void theNetworkIsMeasuredBesideTheIdealDenoiser() {
        Settings settings = smallSettings();
        settings.sampler.denoiser = DenoiserKind::Ideal;
        Engine engine(settings, true);
        const auto first = waitFor(engine, [](const Snapshot& s) { return s.readings != nullptr; });
        QVERIFY(first);
        const auto later = waitFor(engine, [&](const Snapshot& s) {
            return s.readings && s.readings->step > first->readings->step + 20;
        });
        QVERIFY(later);
        QCOMPARE(later->reverse.positions.front(), first->reverse.positions.front());
        QVERIFY(later->readings->bins.front().loss != first->readings->bins.front().loss);
        QCOMPARE(later->readings->slicedW2.value, first->readings->slicedW2.value);
    }

    void idealDenoiserReproducesThePoints() {
        Settings settings = smallSettings();
        settings.data.points = 5;
        settings.sampler.denoiser = DenoiserKind::Ideal;
        settings.sampler.sigma = SigmaKind::Lower;
        settings.schedule.steps = 200;
        Engine engine(settings, false);
        const auto snapshot =
            waitFor(engine, [&](const Snapshot& s) { return settled(s) && s.schedule->steps() == 200; });
        QVERIFY(snapshot);
        const auto& end = *snapshot->reverse.positions.front();
        for (std::size_t i = 0; i < end.size(); i += 2) {
            float nearest = 1e9f;
            for (std::size_t k = 0; k < snapshot->data->size(); ++k)
                nearest = std::min(nearest, std::hypot(end[i] - snapshot->data->points[2 * k],
                                                       end[i + 1] - snapshot->data->points[2 * k + 1]));
            QVERIFY(nearest < 0.05f);
        }
    }

    /// What was measured is of the era that is shown, and ends with it.
    void readingsAreOfTheirEra() {
        Settings settings = smallSettings();
        Engine engine(settings, true);
        const auto first = waitFor(engine, [](const Snapshot& s) { return s.readings != nullptr; });
        QVERIFY(first);
        const Readings& readings = *first->readings;
        QCOMPARE(readings.era, first->era);
        QVERIFY(readings.step <= first->step);
        QCOMPARE(readings.count, 300);
        QCOMPARE(readings.from, std::string("generator"));
        for (const Reading& reading : {readings.slicedW2, readings.mmd2, readings.energy})
            QVERIFY(std::isfinite(reading.value) && reading.floor > 0.0);
        QVERIFY(readings.slicedW2.value > 0.5 * readings.slicedW2.floor);
        QVERIFY(readings.seconds > 0.0);
        QCOMPARE(readings.boundTerms.size(), std::size_t{41});
        QVERIFY(std::isfinite(readings.boundBitsPerDim) && std::isfinite(readings.logLikelihood));
        QVERIFY(readings.boundCount > 0 && readings.boundNote.empty());
        QCOMPARE(readings.bins.size(), std::size_t{40});
        for (const BinReading& bin : readings.bins)
            QVERIFY(std::isfinite(bin.loss) && std::isfinite(bin.gradientNorm) && bin.irreducible > 0.0);
        QVERIFY(!readings.spread.simple.empty() && !readings.spread.fourVariable.empty());
        // A picture is no reason to measure anew, another sampler is.
        settings.view.showTrails = false;
        engine.setSettings(settings);
        const auto redrawn = waitFor(engine, [&](const Snapshot& s) { return s.settings == settings; });
        QVERIFY(redrawn && redrawn->readings);
        settings.sampler.sigma = SigmaKind::Lower;
        engine.setSettings(settings);
        const auto changed = waitFor(engine, [&](const Snapshot& s) { return s.settings == settings; });
        QVERIFY(changed);
        QVERIFY(changed->era > first->era);
        QVERIFY(!changed->readings || changed->readings->era == changed->era);
        const auto again =
            waitFor(engine, [&](const Snapshot& s) { return s.era > first->era && s.readings; });
        QVERIFY(again);
        QCOMPARE(again->readings->era, again->era);
        settings.view.measure = false;
        engine.setSettings(settings);
        QVERIFY(waitFor(engine, [&](const Snapshot& s) { return s.settings == settings && !s.readings; }));
        engine.resetNetwork();
        QVERIFY(waitFor(engine, [&](const Snapshot& s) { return s.era > again->era; }));
    }

    /// Also where nothing else moves: paused, and everything computed.
    void readingsArriveWhilePaused() {
        Engine engine(smallSettings(), false);
        const auto snapshot = waitFor(engine, [](const Snapshot& s) { return s.readings != nullptr; });
        QVERIFY(snapshot);
        QCOMPARE(snapshot->readings->step, std::int64_t{0});
    }
};

QTEST_GUILESS_MAIN(EngineTest)
#include "EngineTest.moc"
