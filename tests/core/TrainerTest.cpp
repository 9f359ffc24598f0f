#include "Error.h"
#include "settings/Fields.h"
#include "training/Trainer.h"

#include <QtTest>
#include <cmath>
#include <limits>

using namespace diffuscope;

namespace {

Settings smallSettings() {
    Settings settings;
    settings.network = {.width = 16, .depth = 2};
    settings.training.batch = 70;
    settings.data.points = 300;
    return settings;
}

std::shared_ptr<const DataSet> dataOf(const Settings& settings) {
    return trainingData(settings.data, settings.seed);
}

Trainer trainerOf(const Settings& settings, int threads = 1) {
    return {settings, dataOf(settings), makeEigenBackend(threads, "test")};
}

/// A device that is lost: it forgets its state.
class LostBackend : public DenoiserBackend {
  public:
    const BackendDescription& description() const override { return description_; }
    void setData(std::span<const float>, std::span<const std::int32_t>) override {}
    void setLevels(std::span<const NoiseLevel>, const LossTable&) override {}
    void setState(const TrainingState&) override {}
    TrainingState state() const override { throw BackendError("lost"); }
    std::int64_t step() const override { return 0; }
    void train(const BatchSettings&, std::span<float>) override { throw BackendError("lost"); }
    void predict(std::span<const float>, const NoiseLevel&, std::span<float>, const Guidance&) override {}
    void reverse(std::span<const ReverseStep>, std::uint64_t, std::uint32_t, std::span<float>,
                 std::span<float>, std::span<float>, const Guidance&) override {}
    std::shared_ptr<const Denoiser> idealDenoiser(std::shared_ptr<const DataSet>) override {
        throw BackendError("lost");
    }
    void splat(std::span<const float>, const SplatView&, std::span<std::uint32_t>) override {}

  private:
    BackendDescription description_;
};

}  // namespace

class TrainerTest : public QObject {
    Q_OBJECT
  private slots:
    void stepsInAnyPortions();
    void givesUpOnWeightsThatNoRateHelps();
    void lossFalls();
    void trainingSettingsKeepTheNetwork_data();
    void trainingSettingsKeepTheNetwork();
    void networkSettingsStartAnew_data();
    void networkSettingsStartAnew();
    void classesComeAndGo();
    void nonFiniteLossIsTakenBack();
    void nonFiniteParametersAreTakenBack();
    void goesOnFromAState();
    void refusesAnotherLayout_data();
    void refusesAnotherLayout();
    void backendCanBeExchanged();
    void lostBackendCostsAtMostTheKeptSteps();
};

void TrainerTest::stepsInAnyPortions() {
    Trainer whole = trainerOf(smallSettings(), 1);
    Trainer single = trainerOf(smallSettings(), 2);
    QVERIFY(!whole.advance(450));
    for (int i = 0; i < 450; ++i) QVERIFY(!single.advance(1));
    QVERIFY(whole.backend().state() == single.backend().state());
    QVERIFY(whole.history() == single.history());
    QCOMPARE(whole.step(), std::int64_t{450});
    QCOMPARE(whole.history().points().size(), std::size_t{450});
    QCOMPARE(whole.history().points().back().step, std::int64_t{450});
}

void TrainerTest::lossFalls() {
    Trainer trainer = trainerOf(smallSettings());
    trainer.advance(1);
    // The output layer starts at zero, so the first loss is the mean of |eps|^2 over the batch: about 2.
    QVERIFY(std::abs(trainer.history().recent(1) - 2.0) < 0.7);
    trainer.advance(999);
    QVERIFY(trainer.history().recent(100) < 0.9);
}

void TrainerTest::trainingSettingsKeepTheNetwork_data() {
    QTest::addColumn<int>("which");
    const char* names[] = {"learning rate", "batch",    "stratified", "floor", "data set",
                           "points",        "schedule", "T",          "loss",  "second head"};
    for (int i = 0; i < 10; ++i) QTest::newRow(names[i]) << i;
}

void TrainerTest::trainingSettingsKeepTheNetwork() {
    QFETCH(int, which);
    const Settings before = smallSettings();
    Settings after = before;
    if (which == 0) after.training.learningRate = 3e-3;
    if (which == 1) after.training.batch = 33;
    if (which == 2) after.training.stratified = false;
    if (which == 3) after.training.floorShare = 0.5;
    if (which == 4) after.data.dataset = DatasetKind::TwoMoons;
    if (which == 5) after.data.points = 100;
    if (which == 6) after.schedule.kind = ScheduleKind::Cosine;
    if (which == 7) after.schedule.steps = 7;
    if (which == 8) after.training.loss = LossKind::Bound;
    if (which == 9) after.training.loss = LossKind::LearnedVariance;

    Trainer same = trainerOf(before);
    Trainer changed = trainerOf(before);
    same.advance(20);
    changed.advance(20);
    const auto data = after.data == before.data ? dataOf(before) : dataOf(after);
    QVERIFY(costOfChange(before, after) <= Cost::ContinueTraining);
    QVERIFY(!changed.apply(after, data));
    QVERIFY(changed.backend().state() == adapted(same.backend().state(), layoutOf(after, *data)));
    QVERIFY(changed.history() == same.history());
    same.advance(3);
    changed.advance(3);
    QCOMPARE(changed.step(), std::int64_t{23});
    QVERIFY(changed.backend().state().parameters != same.backend().state().parameters);
}

void TrainerTest::networkSettingsStartAnew_data() {
    QTest::addColumn<int>("which");
    const char* names[] = {"width", "depth", "conditioning", "seed", "parametrisation"};
    for (int i = 0; i < 5; ++i) QTest::newRow(names[i]) << i;
}

void TrainerTest::networkSettingsStartAnew() {
    QFETCH(int, which);
    Settings settings = smallSettings();
    const Settings before = settings;
    Trainer trainer = trainerOf(settings);
    trainer.advance(20);
    if (which == 0) settings.network.width = 24;
    if (which == 1) settings.network.depth = 3;
    if (which == 2) settings.network.conditioning = Conditioning::StepIndex;
    if (which == 3) settings.seed = 2;
    if (which == 4) settings.network.parametrisation = Parametrisation::V;
    QCOMPARE(costOfChange(before, settings), Cost::StartAnew);
    QVERIFY(trainer.apply(settings, dataOf(settings)));
    QCOMPARE(trainer.step(), std::int64_t{0});
    QVERIFY(trainer.history().points().empty());
    Trainer fresh = trainerOf(settings);
    QVERIFY(trainer.backend().state() == fresh.backend().state());
    trainer.advance(10);
    fresh.advance(10);
    QVERIFY(trainer.backend().state() == fresh.backend().state());
}

/// A trained network says the same of points of any class when it gets inputs for classes, and when it loses
/// them again.
void TrainerTest::classesComeAndGo() {
    Settings settings = smallSettings();
    Trainer trainer = trainerOf(settings);
    trainer.advance(50);
    std::vector<float> xt(2 * 20);
    reverseStart(1, 0, xt);
    const auto predicted = [&] {
        std::vector<float> eps(xt.size());
        trainer.backend().predict(xt, noiseLevelOfLogSnr(0.5), eps);
        return eps;
    };
    const std::vector<float> before = predicted();
    settings.network.classes = true;
    QVERIFY(!trainer.apply(settings, std::make_shared<const DataSet>(trainer.data())));
    QCOMPARE(trainer.backend().state().layout.classes, 0);  // the Swiss roll has none
    settings.data.dataset = DatasetKind::TwoMoons;
    QVERIFY(!trainer.apply(settings, dataOf(settings)));
    QCOMPARE(trainer.backend().state().layout.classes, 2);
    QCOMPARE(predicted(), before);
    trainer.advance(50);
    const std::vector<float> after = predicted();
    QVERIFY(after != before);
    QCOMPARE(trainer.step(), std::int64_t{100});
    settings.network.classes = false;
    QVERIFY(!trainer.apply(settings, std::make_shared<const DataSet>(trainer.data())));
    QCOMPARE(trainer.backend().state().layout.classes, 0);
    QCOMPARE(predicted(), after);
    trainer.advance(1);
}

void TrainerTest::nonFiniteLossIsTakenBack() {
    Settings settings = smallSettings();
    const auto data = dataOf(settings);
    Trainer trainer = trainerOf(settings);
    trainer.advance(400);
    const TrainingState good = trainer.backend().state();
    const LossHistory goodHistory = trainer.history();
    trainer.advance(50);
    settings.training.learningRate = 1e30;
    trainer.apply(settings, data);
    const auto sentence = trainer.advance(100);
    QVERIFY(sentence.has_value());
    QVERIFY2(sentence->find("step 400") != std::string::npos, sentence->c_str());
    QCOMPARE(trainer.rateScale(), 0.5);
    QVERIFY(trainer.backend().state() == good);
    QVERIFY(trainer.history() == goodHistory);

    settings.training.learningRate = 1e-3;
    trainer.apply(settings, data);
    QVERIFY(!trainer.advance(50));
    QCOMPARE(trainer.step(), std::int64_t{450});
    // The halved rate is in force: the same as another run at half of it.
    settings.training.learningRate = 5e-4;
    Trainer half(settings, data, makeEigenBackend(1, "test"), good);
    half.advance(50);
    QVERIFY(half.backend().state() == trainer.backend().state());
    trainer.reset();
    QCOMPARE(trainer.rateScale(), 1.0);
}

void TrainerTest::nonFiniteParametersAreTakenBack() {
    Settings settings = smallSettings();
    Trainer trainer = trainerOf(settings);
    const TrainingState first = trainer.backend().state();
    trainer.advance(199);
    settings.training.learningRate = 1e300;  // infinite in float: the loss of this step is still finite
    trainer.apply(settings, dataOf(settings));
    const auto sentence = trainer.advance(1);
    QVERIFY(sentence.has_value());
    QVERIFY(trainer.backend().state() == first);
    QVERIFY(trainer.history().points().empty());
    QCOMPARE(trainer.rateScale(), 0.5);
}

void TrainerTest::goesOnFromAState() {
    const Settings settings = smallSettings();
    Trainer through = trainerOf(settings);
    through.advance(230);
    Trainer saved(settings, dataOf(settings), makeEigenBackend(2, "test"), through.backend().state(),
                  LossHistory::restored(through.history().points(), through.history().stride()));
    through.advance(100);
    saved.advance(100);
    QVERIFY(through.backend().state() == saved.backend().state());
    QVERIFY(through.history() == saved.history());
}

void TrainerTest::refusesAnotherLayout_data() {
    QTest::addColumn<int>("which");
    const char* names[] = {"width", "depth",      "conditioning",   "short",
                           "step",  "not finite", "parametrisation"};
    for (int i = 0; i < 7; ++i) QTest::newRow(names[i]) << i;
}

void TrainerTest::refusesAnotherLayout() {
    QFETCH(int, which);
    const Settings settings = smallSettings();
    MlpLayout layout = layoutOf(settings, 0);
    if (which == 0) layout.width = 24;
    if (which == 1) layout.depth = 1;
    if (which == 2) layout.conditioning = Conditioning::StepIndex;
    if (which == 6) layout.parametrisation = Parametrisation::X0;
    TrainingState state = initialState(layout, 1);
    if (which == 3) state.secondMoment.pop_back();
    if (which == 4) state.step = -1;
    if (which == 5) state.average[7] = std::numeric_limits<float>::quiet_NaN();
    QVERIFY_EXCEPTION_THROWN(Trainer(settings, dataOf(settings), makeEigenBackend(1, "test"), state),
                             InputError);
}

void TrainerTest::backendCanBeExchanged() {
    const Settings settings = smallSettings();
    Trainer one = trainerOf(settings);
    Trainer two = trainerOf(settings);
    one.advance(60);
    two.advance(30);
    two.setBackend(makeEigenBackend(2, "another"));
    two.advance(30);
    QVERIFY(one.backend().state() == two.backend().state());
    QCOMPARE(two.backend().description().reason, std::string("another"));
}

void TrainerTest::lostBackendCostsAtMostTheKeptSteps() {
    const Settings settings = smallSettings();
    Trainer good = trainerOf(settings);
    good.advance(200);
    Trainer lost(settings, dataOf(settings), std::make_unique<LostBackend>(), good.backend().state(),
                 good.history());
    QVERIFY_EXCEPTION_THROWN(lost.advance(1), BackendError);
    lost.setBackend(makeEigenBackend(1, "the device was lost"));
    QVERIFY(lost.backend().state() == good.backend().state());
    QVERIFY(lost.history() == good.history());
}

/// Weights that are finite but overflow at once: each try fails whatever the rate, and the Trainer says so.
void TrainerTest::givesUpOnWeightsThatNoRateHelps() {
    const Settings settings = smallSettings();
    TrainingState state = initialState(layoutOf(settings, 0), 1);
    std::fill(state.parameters.begin(), state.parameters.end(), 1e30f);
    Trainer trainer(settings, dataOf(settings), makeEigenBackend(1, "test"), state);
    int sentences = 0;
    bool gaveUp = false;
    for (int tries = 0; tries < 50 && !gaveUp; ++tries) {
        try {
            if (trainer.advance(10)) ++sentences;
        } catch (const InputError&) {
            gaveUp = true;
        }
    }
    QVERIFY(gaveUp);
    QCOMPARE(sentences, 10);
    trainer.reset();
    QVERIFY(!trainer.advance(10));
}

QTEST_GUILESS_MAIN(TrainerTest)
#include "TrainerTest.moc"
