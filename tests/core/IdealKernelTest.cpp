#include "Error.h"
#include "IdealReference.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/ReverseSampler.h"
#include "training/CloudRun.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <vector>

using namespace diffuscope;

namespace {

std::shared_ptr<DataSet> dataOf(std::vector<float> points) {
    auto data = std::make_shared<DataSet>();
    data->points = std::move(points);
    return data;
}

/// Noisy points, normals, and places that are far from all.
std::vector<float> queriesFor(const DataSet& data, const NoiseLevel& level, std::size_t count) {
    std::vector<float> x(2 * count);
    reverseStart(2, 0, x);
    for (std::size_t i = 0; i < count; ++i) {
        const float noise = i % 2 == 0 ? level.sqrtOneMinusAlphaBar : 0.0f;
        for (std::size_t at = 2 * i; at < 2 * i + 2; ++at)
            x[at] = level.sqrtAlphaBar * data.points[at % data.points.size()] + noise * x[at];
    }
    const std::vector<float> far{30, -40, 1e3f, 500, 8, 8};
    std::copy(far.begin(), far.begin() + std::min<std::ptrdiff_t>(6, std::ptrdiff_t(x.size())), x.begin());
    return x;
}

}  // namespace

class IdealKernelTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() {
        gpu_ = makeComputeBackend("test");
        cpu_ = makeEigenBackend(2, "test");
    }

    void equalsTheDefinition_data() {
        QTest::addColumn<int>("points");
        QTest::addColumn<double>("logSnr");
        for (const int points : {1, 63, 64, 65, 1301})
            for (const double logSnr : {-12.0, -3.0, 0.0, 3.0, 9.0, 12.0})
                QTest::addRow("%d points, %g", points, logSnr) << points << logSnr;
    }

    void equalsTheDefinition() {
        QFETCH(int, points);
        QFETCH(double, logSnr);
        check(std::make_shared<DataSet>(datasets()[0].draw(points, 1)), noiseLevelOfLogSnr(logSnr), 70);
    }

    void hundredThousandPoints() {
        const auto data = std::make_shared<DataSet>(datasets()[4].draw(100'000, 1));
        for (const double logSnr : {-12.0, 1.0, 8.0}) check(data, noiseLevelOfLogSnr(logSnr), 8);
    }

    void equalPoints() {
        std::vector<float> points;
        for (int i = 0; i < 300; ++i) points.insert(points.end(), {0.3f, -0.7f});
        for (const double logSnr : {-12.0, 0.0, 12.0}) check(dataOf(points), noiseLevelOfLogSnr(logSnr), 20);
    }

    /// A thousand times the data's size away, down to alphaBar = 1e-30.
    void farAway() {
        const auto data = std::make_shared<DataSet>(datasets()[0].draw(700, 1));
        const std::vector<float> x{1e3f, 0, -1e3f, 500, 0, -30, 8, 8, 1e6f, -1e6f};
        std::vector<float> eps(x.size());
        for (const double logSnr : {18.0, 9.0, 0.0, -9.0, -27.0, -69.0}) {
            const NoiseLevel level = noiseLevelOfLogSnr(logSnr);
            gpu_->idealDenoiser(data)->eps(x, level, anyClass, eps);
            for (std::size_t i = 0; i < x.size(); i += 2) {
                const Expected expected = idealReference(data->points, level, x[i], x[i + 1]);
                const double size = std::hypot(expected.eps[0], expected.eps[1]);
                QVERIFY(std::hypot(eps[i] - expected.eps[0], eps[i + 1] - expected.eps[1]) <
                        1e-4 * (1.0 + size));
            }
        }
    }

    /// More queries than one dispatch takes, another data set in between, and classes.
    void backendsAgree() {
        auto data = std::make_shared<DataSet>(datasets()[1].draw(500, 1));
        data->labels.clear();
        for (int i = 0; i < 500; ++i) data->labels.push_back(i % 3);
        data->classes = {"a", "b", "c", "none"};
        const NoiseLevel level = noiseLevelOfLogSnr(1.0);
        const std::vector<float> x = queriesFor(*data, level, 9000);
        std::vector<float> eps(x.size());
        std::vector<float> expected(x.size());
        const auto onGpu = gpu_->idealDenoiser(data);
        const auto onCpu = cpu_->idealDenoiser(data);
        QCOMPARE(cpu_->idealDenoiser(data), onCpu);  // not arranged anew
        for (const int label : {anyClass, 2, 0, anyClass}) {
            onGpu->eps(x, level, label, eps);
            onCpu->eps(x, level, label, expected);
            for (std::size_t i = 6; i < x.size(); ++i)  // after those far away, which farAway() is about
                QVERIFY(std::abs(eps[i] - expected[i]) < 1e-5f * (1.0f + std::abs(expected[i])));
            const auto other = dataOf({0.0f, 0.0f});
            gpu_->idealDenoiser(other)->eps(std::span(x).first(2), level, anyClass, std::span(eps).first(2));
        }
        // A class without points is any class.
        onGpu->eps(x, level, 3, eps);
        for (std::size_t i = 6; i < x.size(); ++i)
            QVERIFY(std::abs(eps[i] - expected[i]) < 1e-5f * (1.0f + std::abs(expected[i])));
        onGpu->eps({}, level, anyClass, {});
    }

    void nanStaysWithItsParticle() {
        const auto data = std::make_shared<DataSet>(datasets()[0].draw(100, 1));
        const std::vector<float> x{std::numeric_limits<float>::quiet_NaN(), 0, 1, 2};
        std::vector<float> eps(4);
        gpu_->idealDenoiser(data)->eps(x, noiseLevelOfLogSnr(0.0), anyClass, eps);
        QVERIFY(std::isnan(eps[0]));
        QVERIFY(std::isfinite(eps[2]) && std::isfinite(eps[3]));
    }

    /// The whole reverse process on both backends, with the same noise: the particles end on the same points.
    void reverseRunsAgree() {
        Settings settings;
        settings.sampler.denoiser = DenoiserKind::Ideal;
        settings.sampler.sigma = SigmaKind::Lower;
        settings.schedule.steps = 60;
        const NoiseSchedule schedule(settings.schedule);
        const auto data = std::make_shared<DataSet>(datasets()[3].draw(200, 1));
        std::vector<float> ends[2];
        for (std::size_t k = 0; k < 2; ++k) {
            CloudRun run = reverseRun(k == 0 ? *gpu_ : *cpu_, schedule, data, settings, 150, 0);
            while (!run.done()) (void)run.advance(1000);
            ends[k] = *run.trajectory().positions.front();
        }
        for (std::size_t i = 0; i < ends[0].size(); ++i) QVERIFY(std::abs(ends[0][i] - ends[1][i]) < 1e-3f);
    }

  private:
    void check(const std::shared_ptr<DataSet>& data, const NoiseLevel& level, std::size_t count) {
        const std::vector<float> x = queriesFor(*data, level, count);
        std::vector<float> eps(x.size());
        gpu_->idealDenoiser(data)->eps(x, level, anyClass, eps);
        for (std::size_t i = 0; i < x.size(); i += 2) {
            const Expected expected = idealReference(data->points, level, x[i], x[i + 1]);
            for (std::size_t axis = 0; axis < 2; ++axis)
                QVERIFY(std::abs(double(eps[i + axis]) - expected.eps[axis]) <
                        idealTolerance(expected, x[i], x[i + 1]));
        }
    }

    std::unique_ptr<DenoiserBackend> gpu_;
    std::unique_ptr<DenoiserBackend> cpu_;
};

QTEST_GUILESS_MAIN(IdealKernelTest)
#include "IdealKernelTest.moc"
