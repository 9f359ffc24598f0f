#include "Error.h"
#include "denoiser/ComputeBackend.h"
#include "denoiser/DenoiserBackend.h"
#include "denoiser/Guidance.h"
#include "diffusion/ReverseSampler.h"
#include "training/Trainer.h"

#include <QtTest>
#include <algorithm>
#include <cmath>

using namespace diffuscope;

namespace {

/// Predicts its own label, and counts how often it was asked.
class CountingDenoiser : public Denoiser {
  public:
    void eps(std::span<const float>, const NoiseLevel&, int label, std::span<float> eps) const override {
        ++asked;
        std::fill(eps.begin(), eps.end(), static_cast<float>(label) + 0.5f);
    }
    mutable int asked = 0;
};

Settings moonSettings() {
    Settings settings;
    settings.data.dataset = DatasetKind::TwoMoons;
    settings.data.points = 2000;
    settings.network = {.width = 64, .depth = 2, .classes = true};
    settings.training.batch = 256;
    settings.training.learningRate = 3e-3;
    return settings;
}

}  // namespace

class GuidanceTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void weighsTwoPredictions_data();
    void weighsTwoPredictions();
    void refusesClassesThatAreNot();
    void predictsAsTheDenoiser_data();
    void predictsAsTheDenoiser();
    void samplesLandInTheirClass_data();
    void samplesLandInTheirClass();

  private:
    const Settings settings_ = moonSettings();
    std::shared_ptr<const DataSet> data_ = trainingData(settings_.data, settings_.seed);
    TrainingState state_;
};

void GuidanceTest::initTestCase() {
    Trainer trainer(settings_, data_, makeEigenBackend(0, "test"));
    QVERIFY(!trainer.advance(1500));
    state_ = trainer.backend().state();
    QCOMPARE(state_.layout.classes, 2);
}

void GuidanceTest::weighsTwoPredictions_data() {
    QTest::addColumn<int>("label");
    QTest::addColumn<float>("weight");
    QTest::addColumn<int>("evaluations");
    QTest::newRow("any class") << anyClass << 3.0f << 1;
    QTest::newRow("w = 0") << 4 << 0.0f << 1;
    QTest::newRow("w = 1") << 4 << 1.0f << 1;
    QTest::newRow("w = 0.5") << 4 << 0.5f << 2;
    QTest::newRow("w = 8") << 4 << 8.0f << 2;
}

void GuidanceTest::weighsTwoPredictions() {
    QFETCH(int, label);
    QFETCH(float, weight);
    QFETCH(int, evaluations);
    const CountingDenoiser denoiser;
    std::vector<float> xt(6);
    std::vector<float> eps(6);
    std::vector<float> scratch;
    guidedEps(denoiser, xt, noiseLevelOfLogSnr(0.0), {label, weight}, eps, scratch);
    const float ofAny = -0.5f;
    const float ofClass = static_cast<float>(label) + 0.5f;
    for (const float value : eps) QCOMPARE(value, ofAny + weight * (ofClass - ofAny));
    QCOMPARE(denoiser.asked, evaluations);
}

void GuidanceTest::refusesClassesThatAreNot() {
    Settings settings = settings_;
    QVERIFY(guidanceOf(settings, *data_) == Guidance{});
    settings.sampler.classNumber = 2;
    settings.sampler.guidance = 2.5;
    QVERIFY((guidanceOf(settings, *data_) == Guidance{1, 2.5f}));
    settings.sampler.classNumber = 3;
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(guidanceOf(settings, *data_)), InputError);
    settings.sampler.classNumber = 1;
    settings.network.classes = false;
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(guidanceOf(settings, *data_)), InputError);
    settings.sampler.denoiser = DenoiserKind::Ideal;
    QVERIFY((guidanceOf(settings, *data_) == Guidance{0, 2.5f}));
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(guidanceOf(settings, *trainingData({}, 1))), InputError);
}

void GuidanceTest::predictsAsTheDenoiser_data() {
    QTest::addColumn<int>("label");
    QTest::addColumn<float>("weight");
    for (const int label : {anyClass, 0, 1})
        for (const float weight : {0.0f, 1.0f, 3.5f})
            QTest::addRow("class %d, w = %g", label, static_cast<double>(weight)) << label << weight;
}

/// Both backends against guidedEps() of the same network.
void GuidanceTest::predictsAsTheDenoiser() {
    QFETCH(int, label);
    QFETCH(float, weight);
    const Guidance guidance{label, weight};
    std::vector<float> xt(2 * 300);
    reverseStart(3, 0, xt);
    std::vector<float> expected(xt.size());
    std::vector<float> got(xt.size());
    std::vector<float> scratch;
    const NoiseLevel level = noiseLevelOfLogSnr(-0.7);
    guidedEps(*networkDenoiser(state_), xt, level, guidance, expected, scratch);
    for (const bool compute : {false, true}) {
        const auto backend = compute ? makeComputeBackend("test") : makeEigenBackend(2, "test");
        backend->setState(state_);
        backend->predict(xt, level, got, guidance);
        for (std::size_t i = 0; i < got.size(); ++i)
            QVERIFY(std::abs(got[i] - expected[i]) < 2e-5f * (1.0f + weight));
    }
}

void GuidanceTest::samplesLandInTheirClass_data() {
    QTest::addColumn<int>("label");
    QTest::addColumn<float>("weight");
    for (const int label : {0, 1})
        for (const float weight : {1.0f, 3.0f})
            QTest::addRow("class %d, w = %g", label, static_cast<double>(weight)) << label << weight;
}

/// The nearest training point of nearly every sample is of the class that was asked for.
void GuidanceTest::samplesLandInTheirClass() {
#ifndef __OPTIMIZE__
    QSKIP("Without optimisation this takes long.");
#endif
    QFETCH(int, label);
    QFETCH(float, weight);
    constexpr std::size_t count = 500;
    SamplerSettings sampler;
    sampler.kind = SamplerKind::Ddim;
    const auto plan = reversePlan(NoiseSchedule(settings_.schedule), sampler, settings_.network.conditioning,
                                  clampBox(data_->points));
    std::vector<float> positions(2 * count);
    reverseStart(1, 0, positions);
    const auto backend = makeEigenBackend(0, "test");
    backend->setState(state_);
    backend->reverse(plan, 1, 0, positions, {}, {}, {label, weight});
    std::size_t right = 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t nearest = 0;
        float least = INFINITY;
        for (std::size_t j = 0; j < data_->size(); ++j) {
            const float dx = positions[2 * i] - data_->points[2 * j];
            const float dy = positions[2 * i + 1] - data_->points[2 * j + 1];
            if (dx * dx + dy * dy >= least) continue;
            least = dx * dx + dy * dy;
            nearest = j;
        }
        if (data_->labels[nearest] == label) ++right;
    }
    // Measured: 98.6 and 97.4 in a hundred at w = 1, all at w = 3.
    QVERIFY2(right * 100 > count * (weight > 1.0f ? 97 : 90), qPrintable(QString::number(right)));
}

QTEST_GUILESS_MAIN(GuidanceTest)
#include "GuidanceTest.moc"
