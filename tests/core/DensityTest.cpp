#include "Error.h"
#include "diffusion/Density.h"
#include "diffusion/IdealDenoiser.h"

#include <QTest>
#include <cmath>
#include <vector>

using namespace diffuscope;

namespace {

std::vector<double> axis(double low, double high, int count) {
    std::vector<double> values;
    for (int i = 0; i < count; ++i) values.push_back(low + (high - low) * (i + 0.5) / count);
    return values;
}

std::shared_ptr<DataSet> someData(int count) {
    auto data = std::make_shared<DataSet>(datasets()[0].draw(count, 3));
    data->labels.clear();
    for (int i = 0; i < count; ++i) data->labels.push_back(i % 3 == 0 ? 1 : 0);
    data->classes = {"most", "third"};
    data->mixture = {{0.75, {-1.0, 0.5}, {0.25, 0.125, 0.5}, 0}, {0.25, {1.0, 0.0}, {0.05, 0.0, 0.1}, 1}};
    return data;
}

constexpr double logSnrs[] = {-12.0, -3.0, 0.0, 2.0, 4.0};

}  // namespace

class DensityTest : public QObject {
    Q_OBJECT
  private slots:
    /// Cells far smaller than the noise: the midpoint rule of a smooth function that vanishes at the ends is
    /// exact to rounding.
    void integratesToOne() {
        const auto data = someData(1500);
        const auto xs = axis(-8.0, 8.0, 400);
        const auto ys = axis(-7.5, 8.5, 300);
        const double cell = (xs[1] - xs[0]) * (ys[1] - ys[0]);
        std::vector<float> density(xs.size() * ys.size());
        for (const DenoiserKind kind : {DenoiserKind::Ideal, DenoiserKind::Mixture})
            for (const int label : {anyClass, 0, 1})
                for (const double logSnr : logSnrs) {
                    Density(data, kind, label).onGrid(exactLevelOfLogSnr(logSnr), xs, ys, density);
                    double sum = 0.0;
                    for (const float value : density) sum += double(value) * cell;
                    QVERIFY(std::abs(sum - 1.0) < 1e-5);
                }
    }

    /// The product of two matrices, the sum over points and the closed form are one function.
    void gridEqualsTheSum() {
        const auto data = someData(1500);  // more than one block
        const auto xs = axis(-3.0, 3.0, 7);
        const auto ys = axis(-2.5, 3.5, 5);
        std::vector<double> points;
        for (const double y : ys)
            for (const double x : xs) points.insert(points.end(), {x, y});
        std::vector<float> density(xs.size() * ys.size());
        std::vector<double> logs(density.size());
        for (const DenoiserKind kind : {DenoiserKind::Ideal, DenoiserKind::Mixture})
            for (const int label : {anyClass, 1})
                for (const double logSnr : {-12.0, -3.0, 0.0, 4.0, 12.0}) {
                    const ExactLevel level = exactLevelOfLogSnr(logSnr);
                    const Density exact(data, kind, label);
                    exact.onGrid(level, xs, ys, density);
                    exact.logAt(level, points, logs);
                    for (std::size_t i = 0; i < logs.size(); ++i) {
                        const double expected = std::exp(logs[i]);
                        const double peak = 1.0 / std::pow(level.sqrtOneMinusAlphaBar, 2.0);
                        QVERIFY(std::abs(double(density[i]) - expected) < 1e-5 * expected + 1e-12 * peak);
                    }
                }
    }

    /// Many draws of a mixture have nearly its density: the two codes describe the same thing.
    void pointsApproachTheirMixture() {
        auto data = std::make_shared<DataSet>();
        data->mixture = {{1.0, {0.5, -0.25}, {1.0, 0.3, 0.5}, 0}};
        // A lattice of quantiles in place of draws, so that nothing is left to chance.
        const int side = 300;
        for (int i = 0; i < side; ++i)
            for (int k = 0; k < side; ++k) {
                const double radius = std::sqrt(-2.0 * std::log((i + 0.5) / side));
                const double angle = 2.0 * M_PI * (k + 0.5) / side;
                const double u = radius * std::cos(angle);
                const double v = radius * std::sin(angle);
                data->points.push_back(float(0.5 + u));
                data->points.push_back(float(-0.25 + 0.3 * u + std::sqrt(0.5 - 0.09) * v));
            }
        const std::vector<double> points{0.5, -0.25, 1.0, 0.5, -1.0, -0.75};
        std::vector<double> sum(3);
        std::vector<double> closed(3);
        const ExactLevel level = exactLevelOfLogSnr(1.0);
        Density(data, DenoiserKind::Ideal).logAt(level, points, sum);
        Density(data, DenoiserKind::Mixture).logAt(level, points, closed);
        for (std::size_t i = 0; i < 3; ++i) QVERIFY(std::abs(sum[i] - closed[i]) < 0.01);
    }

    void farAwayIsFinite() {
        const auto data = someData(50);
        std::vector<double> logs(2);
        for (const DenoiserKind kind : {DenoiserKind::Ideal, DenoiserKind::Mixture}) {
            Density(data, kind)
                .logAt(exactLevelOfLogSnr(12.0), std::vector<double>{1e6, 0.0, 0.0, -1e8}, logs);
            for (const double value : logs) QVERIFY(std::isfinite(value) && value < -1e10);
        }
    }

    /// One point is N(sqrt(alphaBar) y, (1 - alphaBar) I), and so are many equal ones.
    void equalPoints() {
        auto one = std::make_shared<DataSet>();
        one->points = {0.5f, -1.0f};
        auto many = std::make_shared<DataSet>();
        for (int i = 0; i < 3000; ++i) many->points.insert(many->points.end(), {0.5f, -1.0f});
        const std::vector<double> xs{-1.0, 0.4, 0.5};
        const std::vector<double> ys{-1.0, 0.0};
        std::vector<float> first(6);
        std::vector<float> second(6);
        const ExactLevel level = exactLevelOfLogSnr(0.5);
        Density(one, DenoiserKind::Ideal).onGrid(level, xs, ys, first);
        Density(many, DenoiserKind::Ideal).onGrid(level, xs, ys, second);
        const double variance = std::pow(level.sqrtOneMinusAlphaBar, 2.0);
        for (std::size_t i = 0; i < 6; ++i) {
            const double dx = xs[i % 3] - 0.5 * level.sqrtAlphaBar;
            const double dy = ys[i / 3] + level.sqrtAlphaBar;
            const double expected = std::exp(-0.5 * (dx * dx + dy * dy) / variance) / (2.0 * M_PI * variance);
            QVERIFY(std::abs(double(first[i]) - expected) < 1e-6 * expected);
            QVERIFY(std::abs(double(second[i]) - expected) < 1e-5 * expected);
        }
    }

    void withoutNoiseOnlyAMixtureHasOne() {
        const auto data = someData(10);
        const ExactLevel clean{1.0, 0.0};
        const std::vector<double> at{0.0};
        std::vector<float> density(1);
        QVERIFY_EXCEPTION_THROWN(Density(data, DenoiserKind::Ideal).onGrid(clean, at, at, density),
                                 InputError);
        Density(data, DenoiserKind::Mixture).onGrid(clean, at, at, density);
        QVERIFY(std::isfinite(density[0]) && density[0] > 0.0f);
        data->mixture[0].covariance = {0.0, 0.0, 0.0};
        QVERIFY_EXCEPTION_THROWN(Density(data, DenoiserKind::Mixture).onGrid(clean, at, at, density),
                                 InputError);
        QVERIFY_EXCEPTION_THROWN(Density(data, DenoiserKind::Ideal, 5), InputError);
    }

    void gridPointsRunAlongX() {
        QCOMPARE(gridPoints(std::vector<double>{1, 2}, std::vector<double>{3, 4}),
                 (std::vector<float>{1, 3, 2, 3, 1, 4, 2, 4}));
    }
};

QTEST_GUILESS_MAIN(DensityTest)
#include "DensityTest.moc"
