#include "core/GaussianRing.h"
#include "data/DataSet.h"
#include "diffusion/GaussianMixture.h"
#include "diffusion/ReverseSampler.h"
#include "measures/SlicedWasserstein.h"

#include <QTest>
#include <cmath>
#include <vector>

using namespace diffuscope;

/// Each sampler, at its recommended steps and with all else as the program starts, brings the eight Gaussians
/// back with their ideal denoiser: one that is written down for the test, and the program's.
class SamplerQualityTest : public QObject {
    Q_OBJECT
  private slots:
    void eightGaussians_data();
    void eightGaussians();
};

void SamplerQualityTest::eightGaussians_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<bool>("own");
    for (const SamplerRow& row : samplers())
        for (const bool own : {false, true}) {
            // The long chains with the quicker one alone.
            if (own && (row.visits == Visits::All || row.usesLangevin)) continue;
            QTest::addRow("%s%s", row.choice.id.data(), own ? ", the program's denoiser" : "")
                << int(&row - samplers().data()) << own;
        }
}

// 10,000 particles against fresh draws. Both the distance and its floor vary from seed to seed, mostly with
// how many points fall to each part: the roots of their mean squares over four seeds are compared.
void SamplerQualityTest::eightGaussians() {
    QFETCH(int, kind);
    QFETCH(bool, own);
    constexpr int count = 10000;
    const double unit = std::sqrt(0.5 + 0.08 * 0.08);  // as Generators.cpp scales the set
    const GaussianRing ring{8, 1.0 / unit, 0.08 / unit};
    const DataSettings set{.dataset = DatasetKind::EightGaussians};
    const auto data = trainingData(set, 1);
    const auto mixture = mixtureDenoiser(data->mixture);
    SamplerSettings settings;
    settings.kind = SamplerKind(kind);
    if (samplerRow(settings).recommendedSteps > 0) settings.steps = samplerRow(settings).recommendedSteps;
    const NoiseSchedule schedule{ScheduleSettings{}};
    const auto plan = reversePlan(schedule, settings, Conditioning::LogSnr, clampBox(data->points));
    double distances = 0.0;
    double floors = 0.0;
    for (const std::uint64_t seed : {1, 2, 3, 4}) {
        std::vector<float> x(2 * count);
        std::vector<float> eps(x.size());
        std::vector<float> memory(x.size());
        reverseStart(seed, 0, x);
        auto paths = pathTiles(seed, Stream::ReverseChain, 0, count);
        for (const ReverseStep& step : plan) {
            if (own)
                mixture->eps(x, step.level, anyClass, eps);
            else
                ring.eps(step.level, x, eps);
            applyReverseStep(step, paths, eps, x, memory);
        }
        const auto fresh = freshDraws({.dataset = DatasetKind::EightGaussians}, *data, count, seed).points;
        const auto other =
            freshDraws({.dataset = DatasetKind::EightGaussians}, *data, count, seed + 100).points;
        distances += std::pow(slicedWasserstein(x, fresh), 2);
        floors += std::pow(slicedWasserstein(other, fresh), 2);
    }
    const double ratio = std::sqrt(distances / floors);
    qInfo("%zu evaluations: SW2 is %.3f of its floor", plan.size(), ratio);
    QVERIFY(ratio < 1.2);
}

QTEST_GUILESS_MAIN(SamplerQualityTest)
#include "SamplerQualityTest.moc"
