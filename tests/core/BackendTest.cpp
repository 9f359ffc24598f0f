#include "ReferenceTraining.h"
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/Parametrisation.h"

#include <QtTest>

using namespace diffuscope;

namespace {

struct Case {
    TrainingState state;
    reference::Task task;
    BatchSettings batch;
};

Case makeCase(const MlpLayout& layout, int batch, int points = 500, LossKind loss = LossKind::Simple) {
    Case c;
    c.batch.batch = batch;
    c.batch.seed = 5;
    c.state = initialState(layout, 3);
    c.task.layout = layout;
    c.task.training.loss = loss;
    c.task.data = trainingData({DatasetKind::SwissRoll, points}, 1)->points;
    for (int i = 0; layout.classes > 0 && i < points; ++i) c.task.labels.push_back(i % layout.classes);
    // An output layer that is not zero, so that gradients reach every layer at once.
    for (std::size_t i = 0; i < c.state.parameters.size(); ++i) {
        const float z = normalAt(9, Stream::Initialisation, static_cast<std::uint32_t>(i), 99)[0];
        if (c.state.parameters[i] == 0.0f) c.state.parameters[i] = 0.1f * z;
        c.state.average[i] = c.state.parameters[i] + 0.01f * z;
    }
    return c;
}

Case makeCase(int width, int depth, int batch, int points = 500) {
    return makeCase({width, depth, Conditioning::LogSnr}, batch, points);
}

/// Every loss with every parametrisation, one of them with classes.
void addTasks() {
    QTest::addColumn<Parametrisation>("parametrisation");
    QTest::addColumn<LossKind>("loss");
    QTest::addColumn<int>("classes");
    for (std::size_t p = 0; p < parametrisations().size(); ++p)
        for (std::size_t l = 0; l < losses().size(); ++l)
            for (const int classes : {0, 5})
                QTest::addRow("%s, %s, %d classes", parametrisations()[p].id.data(),
                              losses()[l].choice.id.data(), classes)
                    << static_cast<Parametrisation>(p) << static_cast<LossKind>(l) << classes;
}

Case taskCase(int width, int depth, int batch) {
    QFETCH(Parametrisation, parametrisation);
    QFETCH(LossKind, loss);
    QFETCH(int, classes);
    return makeCase({width, depth, Conditioning::LogSnr, parametrisation, classes, lossRow(loss).twoHeads},
                    batch, 500, loss);
}

std::unique_ptr<DenoiserBackend> backendFor(const Case& c, int threads) {
    auto backend = makeEigenBackend(threads, "test");
    const NoiseSchedule schedule(c.task.schedule);
    backend->setData(c.task.data, c.task.labels);
    backend->setLevels(noiseLevels(schedule, c.task.layout.conditioning),
                       lossTable(schedule, c.task.training));
    backend->setState(c.state);
    return backend;
}

}  // namespace

class BackendTest : public QObject {
    Q_OBJECT
  private slots:
    void gradientsOfTheReference_data() { addTasks(); }
    void gradientsOfTheReference();
    void trainsAsTheReference_data();
    void trainsAsTheReference();
    void everyTaskTrainsAsTheReference_data() { addTasks(); }
    void everyTaskTrainsAsTheReference();
    void threadsChangeNothing_data();
    void threadsChangeNothing();
    void predictsAsTheReference();
    void reversesAsPredictAndStep_data();
    void reversesAsPredictAndStep();
    void stateSurvives();
    void extremes_data();
    void extremes();
};

/// Central differences of the loss against the reference's gradients, for every layer: so that what the
/// backends are compared with is right.
void BackendTest::gradientsOfTheReference() {
    Case c = taskCase(8, 2, 9);
    c.batch.floorShare = 0.3;
    const auto samples = reference::batch(c.batch, c.task, 1);
    const auto network = reference::networkOf(c.state.layout, c.state.parameters);
    const auto g = reference::gradient(network, c.task, samples);
    double size = 0.0;  // of the loss: clean points weigh up to the signal-to-noise ratio
    for (const double value : reference::flatOf(g)) size = std::max(size, std::abs(value));
    constexpr double h = 1e-5;
    for (std::size_t l = 0; l < network.weights.size(); ++l) {
        double largest = 0.0;
        for (Eigen::Index i = 0; i < network.weights[l].rows(); ++i) {
            for (Eigen::Index j = -1; j < network.weights[l].cols(); ++j) {
                auto up = network;
                auto down = network;
                (j < 0 ? up.biases[l](i) : up.weights[l](i, j)) += h;
                (j < 0 ? down.biases[l](i) : down.weights[l](i, j)) -= h;
                const double numeric = (reference::loss(up, c.task, samples, network) -
                                        reference::loss(down, c.task, samples, network)) /
                                       (2.0 * h);
                const double exact = j < 0 ? g.biases[l](i) : g.weights[l](i, j);
                largest = std::max(
                    largest, std::abs(numeric - exact) / (1e-3 * std::max(1.0, size) + std::abs(exact)));
            }
        }
        QVERIFY2(largest < 1e-6, qPrintable(QString("layer %1: %2").arg(l).arg(largest)));
    }
}

void BackendTest::trainsAsTheReference_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("depth");
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("steps");
    QTest::addColumn<double>("rate");
    QTest::addColumn<bool>("stratified");
    QTest::addColumn<double>("floorShare");
    QTest::newRow("one step") << 32 << 3 << 200 << 1 << 1e-3 << true << 0.1;
    QTest::newRow("thirty steps") << 32 << 3 << 100 << 30 << 1e-3 << true << 0.1;
    QTest::newRow("not stratified") << 16 << 2 << 70 << 10 << 1e-3 << false << 0.1;
    QTest::newRow("no floor") << 16 << 2 << 64 << 10 << 1e-3 << true << 0.0;
    QTest::newRow("odd sizes") << 13 << 1 << 131 << 10 << 1e-3 << true << 0.3;
    QTest::newRow("all floor") << 20 << 5 << 3 << 5 << 1e-2 << true << 1.0;
    QTest::newRow("wide") << 130 << 2 << 65 << 3 << 1e-3 << true << 0.1;
}

void BackendTest::trainsAsTheReference() {
    QFETCH(int, width);
    QFETCH(int, depth);
    QFETCH(int, batch);
    QFETCH(int, steps);
    Case c = makeCase(width, depth, batch);
    QFETCH(double, rate);
    QFETCH(bool, stratified);
    QFETCH(double, floorShare);
    c.batch.learningRate = rate;
    c.batch.stratified = stratified;
    c.batch.floorShare = floorShare;

    reference::State expected(c.state);
    const auto backend = backendFor(c, 2);
    std::vector<float> losses(static_cast<std::size_t>(steps));
    backend->train(c.batch, losses);
    for (const float loss : losses) {
        const double exact = expected.train(c.batch, c.task);
        QVERIFY2(std::abs(static_cast<double>(loss) / exact - 1.0) < 1e-5,
                 qPrintable(QString::number(exact)));
    }
    const TrainingState state = backend->state();
    QCOMPARE(state.step, std::int64_t{steps});
    const double parameters = reference::relativeDistance(state.parameters, expected.parameters);
    const double average = reference::relativeDistance(state.average, expected.average);
    const double m = reference::relativeDistance(state.firstMoment, expected.m);
    const double v = reference::relativeDistance(state.secondMoment, expected.v);
    const auto report = QString("%1 %2 %3 %4").arg(parameters).arg(average).arg(m).arg(v);
    QVERIFY2(parameters < 2e-6 && average < 2e-6 && m < 5e-6 && v < 5e-6, qPrintable(report));
}

/// A few steps of each kind of training: losses to 1e-5, and the weights.
void BackendTest::everyTaskTrainsAsTheReference() {
    const Case c = taskCase(24, 2, 90);
    reference::State expected(c.state);
    const auto backend = backendFor(c, 2);
    std::vector<float> losses(6);
    backend->train(c.batch, losses);
    for (const float loss : losses) {
        const double exact = expected.train(c.batch, c.task);
        QVERIFY2(std::abs(static_cast<double>(loss) / exact - 1.0) < 1e-5,
                 qPrintable(QString("%1, not %2").arg(static_cast<double>(loss)).arg(exact)));
    }
    const TrainingState state = backend->state();
    const double parameters = reference::relativeDistance(state.parameters, expected.parameters);
    const double m = reference::relativeDistance(state.firstMoment, expected.m);
    const double v = reference::relativeDistance(state.secondMoment, expected.v);
    QVERIFY2(parameters < 5e-6 && m < 2e-5 && v < 2e-5,
             qPrintable(QString("%1 %2 %3").arg(parameters).arg(m).arg(v)));
}

void BackendTest::threadsChangeNothing_data() {
    QTest::addColumn<int>("threads");
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("batch");
    for (const int threads : {2, 3, 7}) {
        QTest::addRow("%d threads", threads) << threads << 48 << 700;
        // a single tile: the threads share its layers, of which one has an odd number of panels
        QTest::addRow("%d threads, one tile", threads) << threads << 144 << 37;
    }
}

void BackendTest::threadsChangeNothing() {
    QFETCH(int, threads);
    QFETCH(int, width);
    QFETCH(int, batch);
    const Case c = makeCase(width, 3, batch);
    const auto one = backendFor(c, 1);
    const auto many = backendFor(c, threads);
    std::vector<float> lossesOfOne(20);
    std::vector<float> lossesOfMany(20);
    one->train(c.batch, lossesOfOne);
    many->train(c.batch, std::span(lossesOfMany).first(7));
    many->train(c.batch, std::span(lossesOfMany).subspan(7));
    QVERIFY(lossesOfOne == lossesOfMany);
    QVERIFY(one->state() == many->state());

    const NoiseSchedule schedule{ScheduleSettings{.steps = 40}};
    const auto plan = reversePlan(schedule, {}, Conditioning::LogSnr, clampBox(c.task.data));
    for (const std::size_t count : {std::size_t{1}, std::size_t{10}, std::size_t{333}}) {
        std::vector<float> a(2 * count);
        reverseStart(1, 4, a);
        std::vector<float> b = a;
        one->reverse(plan, 1, 4, a, {}, {});
        many->reverse(plan, 1, 4, b, {}, {});
        QVERIFY(a == b);
    }
}

void BackendTest::predictsAsTheReference() {
    const Case c = makeCase(40, 3, 10);
    const auto backend = backendFor(c, 2);
    const auto network = reference::networkOf(c.state.layout, c.state.average);
    std::vector<float> xt(2 * 150);
    reverseStart(8, 0, xt);
    std::vector<float> eps(xt.size());
    std::vector<float> kept(xt.size());
    const auto denoiser = networkDenoiser(c.state);
    for (const double logSnr : {-12.0, -3.0, 0.0, 4.5, 9.9}) {
        const NoiseLevel level = noiseLevelOfLogSnr(logSnr);
        backend->predict(xt, level, eps);
        denoiser->eps(xt, level, anyClass, kept);
        QVERIFY(eps == kept);
        for (std::size_t i = 0; i < xt.size() / 2; ++i) {
            const auto exact = reference::predict(network, static_cast<double>(xt[2 * i]),
                                                  static_cast<double>(xt[2 * i + 1]), logSnr);
            QVERIFY(std::abs(static_cast<double>(eps[2 * i]) - exact(0)) < 1e-5);
            QVERIFY(std::abs(static_cast<double>(eps[2 * i + 1]) - exact(1)) < 1e-5);
        }
    }
}

void BackendTest::reversesAsPredictAndStep_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<bool>("clamp");
    for (const SamplerRow& row : samplers())
        for (const bool clamp : {true, false})
            QTest::addRow("%s%s", row.choice.id.data(), clamp ? "" : ", no clamp")
                << static_cast<int>(&row - samplers().data()) << clamp;
}

void BackendTest::reversesAsPredictAndStep() {
    QFETCH(int, kind);
    QFETCH(bool, clamp);
    const Case c = makeCase(24, 2, 10);
    const auto backend = backendFor(c, 2);
    const NoiseSchedule schedule{ScheduleSettings{.steps = 30}};
    const auto plan = reversePlan(schedule,
                                  {.kind = static_cast<SamplerKind>(kind),
                                   .eta = 0.7,
                                   .steps = 12,
                                   .langevinSteps = 3,
                                   .clampX0 = clamp},
                                  Conditioning::LogSnr, clampBox(c.task.data));
    std::vector<float> expected(2 * 100);
    reverseStart(2, 17, expected);
    std::vector<float> positions = expected;
    std::vector<float> frames(plan.size() * positions.size());
    std::vector<float> memory(positions.size());
    std::vector<float> expectedMemory(positions.size());
    backend->reverse(plan, 2, 17, positions, memory, frames);
    std::vector<float> eps(positions.size());
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const std::span frame = std::span(frames).subspan(i * positions.size(), positions.size());
        backend->predict(expected, plan[i].level, eps);
        applyReverseStep(plan[i], 2, 17, eps, expected, expectedMemory);
        const double distance = reference::relativeDistance(frame, expected);
        QVERIFY2(distance < 2e-6, qPrintable(QString("step %1: %2").arg(i).arg(distance)));
        std::copy(frame.begin(), frame.end(), expected.begin());
    }
    QVERIFY(positions == expected);
    QVERIFY(reference::relativeDistance(memory, expectedMemory) < 2e-6);
}

void BackendTest::stateSurvives() {
    Case c = makeCase(20, 2, 30);
    const auto backend = backendFor(c, 1);
    QVERIFY(backend->state() == c.state);
    std::vector<float> losses(3);
    backend->train(c.batch, losses);
    const TrainingState after = backend->state();
    const auto other = backendFor(c, 1);
    other->setState(after);
    backend->train(c.batch, losses);
    std::vector<float> otherLosses(3);
    other->train(c.batch, otherLosses);
    QVERIFY(losses == otherLosses);
    QVERIFY(other->state() == backend->state());
}

void BackendTest::extremes_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("depth");
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("points");
    QTest::newRow("smallest") << 8 << 1 << 1 << 1;
    QTest::newRow("deep and wide") << 512 << 8 << 65 << 10;
    QTest::newRow("largest batch") << 8 << 1 << 65536 << 3;
}

void BackendTest::extremes() {
    QFETCH(int, width);
    QFETCH(int, depth);
    QFETCH(int, batch);
    QFETCH(int, points);
    const Case c = makeCase(width, depth, batch, points);
    const auto backend = backendFor(c, 2);
    std::vector<float> losses(2);
    backend->train(c.batch, losses);
    for (const float loss : losses) QVERIFY(std::isfinite(loss) && loss > 0.0f);
    for (const float value : backend->state().parameters) QVERIFY(std::isfinite(value));
    const NoiseSchedule schedule{ScheduleSettings{.steps = 1}};
    std::vector<float> position(2);
    reverseStart(1, 0, position);
    backend->reverse(reversePlan(schedule, {}, Conditioning::LogSnr, clampBox(c.task.data)), 1, 0, position,
                     {}, {});
    QVERIFY(std::isfinite(position[0]) && std::isfinite(position[1]));
}

QTEST_GUILESS_MAIN(BackendTest)
#include "BackendTest.moc"
