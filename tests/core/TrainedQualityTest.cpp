#include "measures/SlicedWasserstein.h"
#include "training/Trainer.h"

#include <QtTest>

using namespace diffuscope;

/// What a user gets with the defaults: a Swiss roll after 4,000 steps.
class TrainedQualityTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void swissRoll_data();
    void swissRoll();

  private:
    static constexpr int count = 10000;
    std::unique_ptr<Trainer> trainer_;
    std::vector<float> fresh_;
    double floor_ = 0.0;
};

void TrainedQualityTest::initTestCase() {
#ifndef __OPTIMIZE__
    QSKIP("Without optimisation this takes minutes.");
#endif
    const Settings settings;
    const auto data = trainingData(settings.data, settings.seed);
    trainer_ = std::make_unique<Trainer>(settings, data, makeEigenBackend(0, "test"));
    QVERIFY(!trainer_->advance(4000));
    fresh_ = freshDraws(settings.data, *data, count, 1).points;
    floor_ = slicedWasserstein(fresh_, freshDraws(settings.data, *data, count, 2).points);
}

void TrainedQualityTest::swissRoll_data() {
    QTest::addColumn<int>("kind");
    QTest::newRow("ddpm, 1000 steps") << static_cast<int>(SamplerKind::Ddpm);
    QTest::newRow("ddim, 50 steps") << static_cast<int>(SamplerKind::Ddim);
}

void TrainedQualityTest::swissRoll() {
    QFETCH(int, kind);
    const Settings settings;
    const auto plan = reversePlan(NoiseSchedule(settings.schedule), {.kind = static_cast<SamplerKind>(kind)},
                                  settings.network.conditioning, clampBox(trainer_->data().points));
    std::vector<float> positions(2 * count);
    reverseStart(1, 0, positions);
    trainer_->backend().reverse(plan, 1, 0, positions, {}, {});
    const double distance = slicedWasserstein(positions, fresh_);
    const QString report = QString("SW2 %1, floor %2").arg(distance).arg(floor_);
    QVERIFY2(distance < 3.0 * floor_, qPrintable(report));
    QVERIFY2(distance > 0.3 * floor_, qPrintable(report));
}

QTEST_GUILESS_MAIN(TrainedQualityTest)
#include "TrainedQualityTest.moc"
