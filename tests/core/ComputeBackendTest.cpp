#include "Error.h"
#include "data/DataSet.h"
#include "denoiser/ComputeBackend.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/Noise.h"
#include "diffusion/Parametrisation.h"

#include <QtTest>
#include <cmath>
#include <limits>
#include <vector>

using namespace diffuscope;

namespace {

double relative(std::span<const float> expected, std::span<const float> got) {
    double difference = 0.0;
    double norm = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double d = static_cast<double>(got[i]) - static_cast<double>(expected[i]);
        difference += d * d;
        norm += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    }
    if (norm == 0.0) return difference == 0.0 ? 0.0 : std::numeric_limits<double>::infinity();
    return std::sqrt(difference / norm);
}

struct Case {
    MlpLayout layout;
    BatchSettings batch;
    std::vector<float> data = trainingData({DatasetKind::SwissRoll, 2000}, 1)->points;
    int steps = 1000;
    TrainingSettings training;

    void give(DenoiserBackend& backend) const {
        ScheduleSettings settings;
        settings.steps = steps;
        const NoiseSchedule schedule(settings);
        std::vector<std::int32_t> labels;
        for (std::size_t i = 0; layout.classes > 0 && i < data.size() / 2; ++i)
            labels.push_back(static_cast<std::int32_t>(i) % layout.classes);
        backend.setData(data, labels);
        backend.setLevels(noiseLevels(schedule, layout.conditioning), lossTable(schedule, training));
        backend.setState(initialState(layout, 3));
    }
};

Case caseOf(int width, int depth, int batch) {
    Case c;
    c.layout = {width, depth, Conditioning::LogSnr};
    c.batch.batch = batch;
    c.batch.seed = (std::uint64_t{1} << 40) + 17;
    return c;
}

std::vector<ReverseStep> plan(int steps, bool clamp) {
    SamplerSettings settings;
    settings.clampX0 = clamp;
    ScheduleSettings schedule;
    schedule.steps = steps;
    return reversePlan(NoiseSchedule(schedule), settings, Conditioning::LogSnr,
                       Box{{-2.0f, -2.1f}, {2.2f, 2.0f}});
}

}  // namespace

/// The compute shaders as a whole against the CPU backend.
class ComputeBackendTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void cleanupTestCase();
    void trainsAsEigen_data();
    void trainsAsEigen();
    void runsAreTheSameBytes();
    void stateSurvives();
    void predictsAndReversesAsEigen_data();
    void predictsAndReversesAsEigen();
    void everySamplerAsEigen_data();
    void everySamplerAsEigen();
    void framesAreThePositions();
    void splatsTheSameIntegers_data();
    void splatsTheSameIntegers();
    void twoBackendsOnOneThread();
    void lostContextIsAnError();
    void refusals();

  private:
    std::unique_ptr<DenoiserBackend> gpu_;
    std::unique_ptr<DenoiserBackend> cpu_;
};

void ComputeBackendTest::initTestCase() {
    gpu_ = makeComputeBackend("test");
    cpu_ = makeEigenBackend(1, "test");
    QCOMPARE(gpu_->description().id, "gpu");
    QVERIFY(!gpu_->description().renderer.empty());
    QCOMPARE(gpu_->description().reason, "test");
}

void ComputeBackendTest::cleanupTestCase() {
    gpu_.reset();
    cpu_.reset();
}

void ComputeBackendTest::trainsAsEigen_data() {
    QTest::addColumn<Case>("c");
    QTest::addColumn<int>("steps");
    QTest::newRow("default, one step") << caseOf(128, 3, 512) << 1;
    QTest::newRow("default, 200 steps") << caseOf(128, 3, 512) << 200;
    QTest::newRow("odd, one step") << caseOf(20, 1, 100) << 1;
    QTest::newRow("odd, 200 steps") << caseOf(20, 1, 100) << 200;
    QTest::newRow("width in segments") << caseOf(200, 2, 130) << 5;
    QTest::newRow("deep, one sample") << caseOf(8, 8, 1) << 50;
    QTest::newRow("batch in chunks") << caseOf(24, 2, 5000) << 5;
    Case c = caseOf(32, 2, 64);
    c.data = {0.5f, -0.25f};
    QTest::newRow("one point") << c << 30;
    c = caseOf(32, 2, 64);
    c.layout.conditioning = Conditioning::StepIndex;
    c.steps = 50;
    QTest::newRow("step index") << c << 30;
    c = caseOf(32, 2, 64);
    c.batch.stratified = false;
    c.batch.floorShare = 0.0;
    c.steps = 1;
    QTest::newRow("independent levels, one step") << c << 30;
    for (std::size_t p = 0; p < parametrisations().size(); ++p)
        for (std::size_t l = 0; l < losses().size(); ++l) {
            c = caseOf(24, 2, 100);
            c.layout.parametrisation = static_cast<Parametrisation>(p);
            c.layout.twoHeads = losses()[l].twoHeads;
            c.layout.classes = static_cast<int>(l * 3);
            c.training.loss = static_cast<LossKind>(l);
            QTest::addRow("%s, %s, %d classes", parametrisations()[p].id.data(), losses()[l].choice.id.data(),
                          c.layout.classes)
                << c << 20;
        }
    c = caseOf(128, 3, 512);
    c.layout.classes = mostClasses;
    c.layout.twoHeads = true;
    c.training.loss = LossKind::LearnedVariance;
    c.steps = 1;
    QTest::newRow("all classes, two heads, one step") << c << 5;
    c = caseOf(96, 1, 130);
    c.layout.classes = mostClasses;
    c.training.loss = LossKind::FourVariable;
    c.steps = 10000;
    QTest::newRow("as many inputs as units") << c << 5;
}

void ComputeBackendTest::trainsAsEigen() {
    QFETCH(Case, c);
    QFETCH(int, steps);
    std::vector<float> cpuLosses(static_cast<std::size_t>(steps));
    std::vector<float> gpuLosses(cpuLosses.size());
    c.give(*cpu_);
    c.give(*gpu_);
    cpu_->train(c.batch, cpuLosses);
    gpu_->train(c.batch, gpuLosses);
    const TrainingState expected = cpu_->state();
    const TrainingState got = gpu_->state();
    QCOMPARE(got.step, expected.step);
    QVERIFY(expected.parameters != initialState(c.layout, 3).parameters);
    QVERIFY2(relative(cpuLosses, gpuLosses) < 1e-5,
             qPrintable(QString::number(relative(cpuLosses, gpuLosses))));
    const auto agree = [&](const std::vector<float>& a, const std::vector<float>& b, const char* what) {
        for (const MlpLayout::Layer& layer : c.layout.layers()) {
            const std::size_t count = layer.bias + static_cast<std::size_t>(layer.out) - layer.weight;
            const double error = relative(std::span(a).subspan(layer.weight, count),
                                          std::span(b).subspan(layer.weight, count));
            QVERIFY2(error < 1e-5, qPrintable(QString("%1: %2").arg(what).arg(error)));
        }
    };
    agree(expected.parameters, got.parameters, "parameters");
    agree(expected.average, got.average, "average");
    const double first = relative(expected.firstMoment, got.firstMoment);
    const double second = relative(expected.secondMoment, got.secondMoment);
    QVERIFY2(first < 1e-5 && second < 1e-5, qPrintable(QString("%1 %2").arg(first).arg(second)));
}

void ComputeBackendTest::runsAreTheSameBytes() {
    const Case c = caseOf(40, 2, 300);
    std::vector<float> losses(12);
    c.give(*gpu_);
    gpu_->train(c.batch, losses);
    const TrainingState once = gpu_->state();
    std::vector<float> again(12);
    c.give(*gpu_);
    gpu_->train(c.batch, std::span(again).first(5));
    // Other work in between changes nothing.
    std::vector<float> positions{0.1f, 0.2f};
    gpu_->reverse(plan(3, true), 1, 0, positions, {}, {});
    BatchSettings other = c.batch;
    other.batch = 77;
    const TrainingState kept = gpu_->state();
    std::vector<float> unused(1);
    gpu_->train(other, unused);
    gpu_->setState(kept);
    gpu_->train(c.batch, std::span(again).subspan(5));
    QCOMPARE(again, losses);
    QVERIFY(gpu_->state() == once);
}

void ComputeBackendTest::stateSurvives() {
    TrainingState state = initialState({100, 2, Conditioning::StepIndex}, 9);
    for (std::size_t i = 0; i < state.parameters.size(); ++i) {
        state.average[i] = static_cast<float>(i);
        state.firstMoment[i] = -static_cast<float>(i);
        state.secondMoment[i] = 0.5f * static_cast<float>(i);
    }
    state.step = 123456;
    gpu_->setState(state);
    QVERIFY(gpu_->state() == state);
    QCOMPARE(gpu_->step(), 123456);
}

void ComputeBackendTest::predictsAndReversesAsEigen_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("depth");
    QTest::addColumn<int>("count");
    QTest::addColumn<bool>("clamp");
    QTest::addColumn<Parametrisation>("parametrisation");
    QTest::addColumn<int>("classes");
    QTest::addColumn<float>("weight");
    using enum Parametrisation;
    QTest::newRow("default, one particle") << 128 << 3 << 1 << true << Eps << 0 << 1.0f;
    QTest::newRow("default") << 128 << 3 << 1000 << true << Eps << 0 << 1.0f;
    QTest::newRow("odd, in chunks") << 20 << 1 << 5003 << true << V << 3 << 2.0f;
    QTest::newRow("wide") << 200 << 2 << 50 << true << Eps << 0 << 1.0f;
    QTest::newRow("open") << 128 << 3 << 200 << false << Eps << 0 << 1.0f;
    QTest::newRow("x0, open") << 24 << 2 << 200 << false << X0 << 0 << 1.0f;
    QTest::newRow("one class") << 24 << 2 << 200 << true << X0 << 2 << 1.0f;
    QTest::newRow("guided") << 24 << 2 << 200 << true << Eps << 64 << 3.5f;
    QTest::newRow("class without weight") << 24 << 2 << 200 << true << V << 9 << 0.0f;
}

void ComputeBackendTest::predictsAndReversesAsEigen() {
    QFETCH(int, width);
    QFETCH(int, depth);
    QFETCH(int, count);
    QFETCH(bool, clamp);
    Case c = caseOf(width, depth, 128);
    QFETCH(Parametrisation, parametrisation);
    QFETCH(int, classes);
    QFETCH(float, weight);
    c.layout.parametrisation = parametrisation;
    c.layout.classes = classes;
    const Guidance guidance{classes - 1, weight};  // the last class; any where there are none
    c.give(*cpu_);
    std::vector<float> losses(30);
    cpu_->train(c.batch, losses);
    gpu_->setState(cpu_->state());
    std::vector<float> start(static_cast<std::size_t>(2 * count));
    reverseStart(4, 100, start);

    std::vector<float> expected(start.size());
    std::vector<float> got(start.size());
    for (const double logSnr : {-11.0, 0.3, 9.0}) {
        cpu_->predict(start, noiseLevelOfLogSnr(logSnr), expected, guidance);
        gpu_->predict(start, noiseLevelOfLogSnr(logSnr), got, guidance);
        QVERIFY2(relative(expected, got) < 5e-6, qPrintable(QString::number(relative(expected, got))));
    }
    const std::vector<ReverseStep> steps = plan(15, clamp);
    expected = got = start;
    std::vector<float> expectedFrames(steps.size() * start.size());
    std::vector<float> gotFrames(expectedFrames.size());
    cpu_->reverse(steps, 99, 7, expected, {}, expectedFrames, guidance);
    gpu_->reverse(steps, 99, 7, got, {}, gotFrames, guidance);
    QVERIFY2(relative(expected, got) < 1e-5, qPrintable(QString::number(relative(expected, got))));
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const double error = relative(std::span(expectedFrames).subspan(i * start.size(), start.size()),
                                      std::span(gotFrames).subspan(i * start.size(), start.size()));
        QVERIFY2(error < 1e-5, qPrintable(QString("frame %1: %2").arg(i).arg(error)));
    }
}

void ComputeBackendTest::everySamplerAsEigen_data() {
    QTest::addColumn<int>("kind");
    for (const SamplerRow& row : samplers())
        QTest::addRow("%s", row.choice.id.data()) << static_cast<int>(&row - samplers().data());
}

/// Whole runs, the memory between two calls included.
void ComputeBackendTest::everySamplerAsEigen() {
    QFETCH(int, kind);
    const Case c = caseOf(24, 2, 128);
    c.give(*cpu_);
    std::vector<float> losses(30);
    cpu_->train(c.batch, losses);
    gpu_->setState(cpu_->state());
    SamplerSettings settings;
    settings.kind = static_cast<SamplerKind>(kind);
    settings.steps = 20;
    settings.eta = 0.7;
    settings.langevinSteps = 3;
    const auto steps = reversePlan(NoiseSchedule(ScheduleSettings{.steps = 60}), settings,
                                   Conditioning::LogSnr, clampBox(c.data));
    std::vector<float> expected(2 * 300);
    reverseStart(4, 100, expected);
    std::vector<float> got = expected;
    std::vector<float> expectedMemory(expected.size());
    std::vector<float> gotMemory(expected.size());
    const auto halves = [&](DenoiserBackend& backend, std::vector<float>& x, std::vector<float>& memory) {
        const std::size_t half = steps.size() / 2;
        backend.reverse(std::span(steps).first(half), 99, 7, x, memory, {});
        backend.reverse(std::span(steps).subspan(half), 99, 7, x, memory, {});
    };
    halves(*cpu_, expected, expectedMemory);
    halves(*gpu_, got, gotMemory);
    QVERIFY2(relative(expected, got) < 2e-5, qPrintable(QString::number(relative(expected, got))));
}

/// More frames than wait on the device at once, and the positions of a run without frames.
void ComputeBackendTest::framesAreThePositions() {
    gpu_->setState(initialState({8, 1, Conditioning::LogSnr}, 3));
    const std::vector<ReverseStep> steps = plan(400, true);
    std::vector<float> start(2 * 2050);
    reverseStart(4, 0, start);
    std::vector<float> with = start;
    std::vector<float> without = start;
    std::vector<float> frames(steps.size() * start.size());
    gpu_->reverse(steps, 1, 0, with, {}, frames);
    gpu_->reverse(steps, 1, 0, without, {}, {});
    QCOMPARE(with, without);
    QVERIFY(std::equal(with.begin(), with.end(), frames.end() - static_cast<std::ptrdiff_t>(with.size())));
    for (const std::size_t step : {std::size_t{0}, std::size_t{255}, std::size_t{256}, std::size_t{390}}) {
        std::vector<float> positions(start.begin() + 2 * 2040, start.end());
        gpu_->reverse(std::span(steps).first(step + 1), 1, 2040, positions, {}, {});
        QVERIFY(std::equal(positions.begin(), positions.end(),
                           frames.begin() + static_cast<std::ptrdiff_t>(step * start.size() + 2 * 2040)));
    }
}

void ComputeBackendTest::splatsTheSameIntegers_data() {
    QTest::addColumn<int>("count");
    QTest::addColumn<float>("radius");
    QTest::newRow("one") << 1 << 2.0f;
    QTest::newRow("small spots") << 20000 << 0.5f;
    QTest::newRow("spots") << 20000 << 2.3f;
    QTest::newRow("large spots") << 3000 << 8.0f;
    QTest::newRow("a million") << 1000000 << 0.5f;
}

void ComputeBackendTest::splatsTheSameIntegers() {
    QFETCH(int, count);
    QFETCH(float, radius);
    std::vector<float> positions(static_cast<std::size_t>(2 * count));
    reverseStart(8, 0, positions);
    if (count > 100) {
        positions[10] = std::numeric_limits<float>::quiet_NaN();
        positions[21] = std::numeric_limits<float>::infinity();
        positions[30] = -3e38f;
        positions[40] = positions[41] = 1e9f;
    }
    const SplatView view{203, 151, 0.13f, -0.2f, 41.7f, radius};
    std::vector<std::uint32_t> expected(203 * 151, 3);
    std::vector<std::uint32_t> got = expected;
    splat(positions, view, expected);
    gpu_->splat(positions, view, got);
    QVERIFY(expected != std::vector<std::uint32_t>(203 * 151, 3));
    QVERIFY(got == expected);
}

void ComputeBackendTest::twoBackendsOnOneThread() {
    const Case c = caseOf(16, 1, 40);
    const auto second = makeComputeBackend("second");
    c.give(*gpu_);
    c.give(*second);
    std::vector<float> a(3);
    std::vector<float> b(3);
    for (std::size_t i = 0; i < 3; ++i) {
        gpu_->train(c.batch, std::span(a).subspan(i, 1));
        second->train(c.batch, std::span(b).subspan(i, 1));
    }
    QCOMPARE(a, b);
    QVERIFY(gpu_->state() == second->state());
}

void ComputeBackendTest::lostContextIsAnError() {
    auto context = std::make_unique<GlContext>();
    GlContext& device = *context;
    const auto backend = makeComputeBackend("to be lost", std::move(context));
    const Case c = caseOf(16, 1, 40);
    c.give(*backend);
    std::vector<float> losses(2);
    backend->train(c.batch, losses);
    device.replaceResetStatus([] { return std::uint32_t{0x8255}; });  // GL_UNKNOWN_CONTEXT_RESET
    std::vector<float> positions(4);
    std::vector<float> eps(4);
    std::vector<std::uint32_t> pixels(16);
    QVERIFY_EXCEPTION_THROWN(backend->train(c.batch, losses), BackendError);
    QVERIFY_EXCEPTION_THROWN(backend->predict(positions, noiseLevelOfLogSnr(0.0), eps), BackendError);
    QVERIFY_EXCEPTION_THROWN(backend->reverse(plan(2, true), 1, 0, positions, {}, {}), BackendError);
    QVERIFY_EXCEPTION_THROWN(backend->splat(positions, {4, 4, 0, 0, 1, 1}, pixels), BackendError);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(backend->state()), BackendError);
    QVERIFY_EXCEPTION_THROWN(backend->setState(initialState(c.layout, 1)), BackendError);
    // The others live on.
    c.give(*gpu_);
    gpu_->train(c.batch, losses);
}

void ComputeBackendTest::refusals() {
    Case c = caseOf(16, 1, 40);
    const auto fresh = makeComputeBackend("fresh");
    std::vector<float> losses(1);
    QVERIFY_EXCEPTION_THROWN(fresh->train(c.batch, losses), std::logic_error);
    c.give(*fresh);
    for (const int batch : {0, -1, 65537}) {
        c.batch.batch = batch;
        QVERIFY_EXCEPTION_THROWN(fresh->train(c.batch, losses), InputError);
    }
    TrainingState state = initialState(c.layout, 1);
    state.average.pop_back();
    QVERIFY_EXCEPTION_THROWN(fresh->setState(state), std::logic_error);
    // Nothing to do is no error.
    std::vector<float> none;
    fresh->predict(none, noiseLevelOfLogSnr(0.0), none);
    fresh->reverse(plan(2, true), 1, 0, none, {}, {});
    fresh->reverse({}, 1, 0, losses, {}, {});
}

QTEST_GUILESS_MAIN(ComputeBackendTest)
#include "ComputeBackendTest.moc"
