#include "Error.h"
#include "GoldenTable.h"
#include "diffusion/GaussianMixture.h"
#include "diffusion/IdealDenoiser.h"

#include <QTest>
#include <cmath>
#include <numbers>
#include <vector>

using namespace diffuscope;

namespace {

constexpr double logSnrs[] = {-12.0, -6.0, -1.0, 0.0, 2.0, 7.0, 12.0};
constexpr std::array<double, 2> queries[] = {{0.0, 0.0}, {0.3, -1.2}, {-2.5, 4.0}, {30.0, 1.0}};

bool near(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance * (1.0 + std::abs(b));
}

GaussianComponent component(double weight, double x, double y, std::array<double, 3> covariance,
                            std::int32_t label = 0) {
    return {weight, {x, y}, covariance, label};
}

}  // namespace

class GaussianMixtureTest : public QObject {
    Q_OBJECT
  private slots:
    /// x_0 ~ N(0, I): q_t = N(0, I), eps* = sqrt(1 - alphaBar) x_t and E[x_0 | x_t] = sqrt(alphaBar) x_t.
    void standardNormal() {
        const GaussianMixture mixture({component(1, 0, 0, {1, 0, 1})});
        for (const double logSnr : logSnrs) {
            const ExactLevel level = exactLevelOfLogSnr(logSnr);
            for (const auto& x : queries) {
                const Posterior seen = mixture.at(x, level);
                const double square = x[0] * x[0] + x[1] * x[1];
                QVERIFY(near(seen.logDensity, -std::log(2.0 * std::numbers::pi) - 0.5 * square, 1e-12));
                for (std::size_t axis = 0; axis < 2; ++axis) {
                    QVERIFY(near(seen.eps[axis], level.sqrtOneMinusAlphaBar * x[axis], 1e-12));
                    QVERIFY(near(seen.x0[axis], level.sqrtAlphaBar * x[axis], 1e-12));
                }
            }
        }
    }

    /// A component without covariance is a point: E[x_0 | x_t] is the point wherever x_t is.
    void singlePoint() {
        const GaussianMixture mixture({component(1, 0.75, -1.25, {0, 0, 0})});
        for (const double logSnr : logSnrs) {
            const ExactLevel level = exactLevelOfLogSnr(logSnr);
            for (const auto& x : queries) {
                const Posterior seen = mixture.at(x, level);
                QVERIFY(near(seen.x0[0], 0.75, 1e-12) && near(seen.x0[1], -1.25, 1e-12));
                for (std::size_t axis = 0; axis < 2; ++axis)
                    QVERIFY(near(seen.eps[axis],
                                 (x[axis] - level.sqrtAlphaBar * seen.x0[axis]) / level.sqrtOneMinusAlphaBar,
                                 1e-10));
            }
        }
    }

    /// The irreducible loss E|eps - eps*|^2, exactly: eps* is linear in x_0 and eps, so the mean over their
    /// signs
    /// +-1 is the mean over normals. For x_0 ~ N(0, I), eps - eps* = alphaBar eps - sqrt(alphaBar (1 -
    /// alphaBar)) x_0 along each axis, whose variance is alphaBar: 2 alphaBar_t in the plane. For one point
    /// it is 0.
    void irreducibleLossOfTheExactCases() {
        const GaussianMixture normal({component(1, 0, 0, {1, 0, 1})});
        const GaussianMixture point({component(1, 0.75, -1.25, {0, 0, 0})});
        const std::vector<float> alone{0.75f, -1.25f};
        for (const ScheduleRow& row : schedules())
            for (const int steps : {1, 2, 50, 1000}) {
                ScheduleSettings settings;
                settings.kind = ScheduleKind(&row - schedules().data());
                settings.steps = steps;
                const NoiseSchedule schedule(settings);
                for (int t = 1; t <= steps; t += std::max(1, steps / 7)) {
                    const ExactLevel level = exactLevel(schedule, t);
                    double ofNormal = 0.0;
                    double ofPoint = 0.0;
                    double ofAlone = 0.0;
                    for (unsigned signs = 0; signs < 16; ++signs) {
                        const auto sign = [signs](unsigned bit) {
                            return (signs >> bit & 1u) != 0 ? 1.0 : -1.0;
                        };
                        const auto error = [&](const std::array<double, 2>& x0, const auto& see) {
                            std::array<double, 2> xt{};
                            for (unsigned axis = 0; axis < 2; ++axis)
                                xt[axis] =
                                    level.sqrtAlphaBar * x0[axis] + level.sqrtOneMinusAlphaBar * sign(axis);
                            const Posterior seen = see(xt);
                            return std::pow(sign(0) - seen.eps[0], 2) + std::pow(sign(1) - seen.eps[1], 2);
                        };
                        ofNormal +=
                            error({sign(2), sign(3)}, [&](const auto& xt) { return normal.at(xt, level); }) /
                            16.0;
                        ofPoint += error({0.75, -1.25}, [&](const auto& xt) { return point.at(xt, level); });
                        ofAlone += error({0.75, -1.25},
                                         [&](const auto& xt) { return idealPosterior(alone, xt, level); });
                    }
                    QVERIFY(std::abs(ofNormal - 2.0 * schedule.alphaBar(t)) < 1e-12);
                    QVERIFY(ofPoint < 1e-18 && ofAlone < 1e-18);
                }
            }
    }

    /// E[x_0 | x_t] and eps* are two sides of x_t = sqrt(alphaBar) x_0 + sqrt(1 - alphaBar) eps, and eps* is
    /// -sqrt(1 - alphaBar) times the slope of the log-density.
    void momentsBelongTogether() {
        const GaussianMixture mixture({component(0.2, 1, 0.5, {0.3, 0.1, 0.2}),
                                       component(0.5, -1, 0, {0.01, 0, 0.6}),
                                       component(0.3, 0, -2, {0.04, -0.04, 0.04})});
        for (const double logSnr : {-12.0, -6.0, -1.0, 0.0, 2.0, 7.0}) {
            const ExactLevel level = exactLevelOfLogSnr(logSnr);
            const double noise = level.sqrtOneMinusAlphaBar;
            for (const auto& x : queries) {
                const Posterior seen = mixture.at(x, level);
                const double h = 1e-5 * noise;
                for (std::size_t axis = 0; axis < 2; ++axis) {
                    QVERIFY(
                        near(level.sqrtAlphaBar * seen.x0[axis] + noise * seen.eps[axis], x[axis], 1e-10));
                    std::array<double, 2> above = x;
                    std::array<double, 2> below = x;
                    above[axis] += h;
                    below[axis] -= h;
                    const double slope =
                        (mixture.at(above, level).logDensity - mixture.at(below, level).logDensity) /
                        (above[axis] - below[axis]);
                    QVERIFY(near(-noise * slope, seen.eps[axis], 1e-5));
                }
            }
        }
    }

    void classesAreTheirOwnMixtures() {
        const std::vector<GaussianComponent> all{component(0.25, 1, 0, {0.1, 0, 0.1}, 0),
                                                 component(0.25, -1, 0, {0.1, 0, 0.1}, 1),
                                                 component(0.5, 0, 1, {0.2, 0, 0.1}, 1)};
        const auto denoiser = mixtureDenoiser(all);
        const GaussianMixture second({component(1, -1, 0, {0.1, 0, 0.1}), component(2, 0, 1, {0.2, 0, 0.1})});
        const NoiseLevel level = noiseLevelOfLogSnr(1.0);
        const std::vector<float> x{0.4f, 0.3f, -1.0f, 2.0f};
        std::vector<float> eps(4);
        denoiser->eps(x, level, 1, eps);
        for (std::size_t i = 0; i < x.size(); i += 2) {
            const Posterior seen = second.at({double(x[i]), double(x[i + 1])}, exactLevel(level));
            QVERIFY(near(double(eps[i]), seen.eps[0], 1e-6) && near(double(eps[i + 1]), seen.eps[1], 1e-6));
        }
        denoiser->eps(x, level, anyClass, eps);
        const Posterior any = GaussianMixture(all).at({double(x[0]), double(x[1])}, exactLevel(level));
        QVERIFY(near(double(eps[0]), any.eps[0], 1e-6) && near(double(eps[1]), any.eps[1], 1e-6));
        std::vector<float> unknown(4);
        denoiser->eps(x, level, 2, unknown);
        QCOMPARE(unknown, eps);
    }

    void whatIsNoMixtureIsRefused() {
        QVERIFY_EXCEPTION_THROWN((void)mixtureDenoiser({}), InputError);
        for (const GaussianComponent& wrong : {component(0, 0, 0, {1, 0, 1}), component(1, NAN, 0, {1, 0, 1}),
                                               component(1, 0, 0, {1, 2, 1}), component(1, 0, 0, {-1, 0, 1})})
            QVERIFY_EXCEPTION_THROWN((void)mixtureDenoiser({wrong}), InputError);
    }

    /// Against sums of densities with 60 digits: a handful of points, some of them equal, and a mixture with
    /// a line and a point in it; by classes, from lambda = -12 to 12, near and far.
    void golden_data() {
        QTest::addColumn<QStringList>("row");
        for (const QStringList& row : goldenTable(QStringLiteral("ideal.csv")))
            QTest::addRow("%s", qPrintable(row.mid(0, 5).join(' '))) << row;
    }

    void golden() {
        QFETCH(QStringList, row);
        const bool mixture = row[0] == QLatin1String("mixture");
        const int label = row[1].toInt();
        const std::array<double, 2> x{row[3].toDouble(), row[4].toDouble()};
        auto data = std::make_shared<DataSet>();
        data->points = {-1.5f, 0.25f, -1.4375f, 0.3125f, 0, 0, 0.75f, -1.25f, 0.75f, -1.25f, 2, 1};
        data->labels = {0, 0, 1, 1, 1, 0};
        data->mixture = {
            component(0.125, -1, 0.5, {0.25, 0.125, 0.5}, 0), component(0.5, 1, 0, {0.0625, 0, 0.0625}, 1),
            component(0.25, 0.5, -2, {0.25, -0.25, 0.25}, 1), component(0.125, 0, 2, {0, 0, 0}, 0)};
        const double logSnr = row[2].toDouble();
        const ExactLevel level = exactLevelOfLogSnr(logSnr);
        const Posterior seen = mixture ? GaussianMixture(data->mixture, label).at(x, level)
                                       : idealPosterior(pointsOfClass(*data, label), x, level);
        QVERIFY(near(seen.logDensity, row[5].toDouble(), 1e-9));
        for (int axis = 0; axis < 2; ++axis) {
            QVERIFY(near(seen.x0[std::size_t(axis)], row[6 + axis].toDouble(), 1e-6));
            QVERIFY(near(seen.eps[std::size_t(axis)], row[8 + axis].toDouble(), 1e-6));
        }
        if (logSnr > 3.0) return;  // where a float's rounding of x_t shows
        const std::vector<float> at{float(x[0]), float(x[1])};
        std::vector<float> eps(2);
        const auto denoiser =
            denoiserFor(mixture ? DenoiserKind::Mixture : DenoiserKind::Ideal, data, nullptr);
        denoiser->eps(at, noiseLevelOfLogSnr(logSnr), label, eps);
        for (int axis = 0; axis < 2; ++axis)
            QVERIFY(near(double(eps[std::size_t(axis)]), row[8 + axis].toDouble(), 2e-6));
    }

    /// One kind, one denoiser; and a sentence where there is none.
    void denoisersByKind() {
        auto data = std::make_shared<DataSet>();
        data->points = {-1, 0, 1, 0, 5, 5};
        data->labels = {0, 0, 2};
        data->classes = {"left", "none", "right"};
        const NoiseLevel level = noiseLevelOfLogSnr(0.0);
        const std::vector<float> x{0.3f, 0.4f};
        std::vector<float> eps(2);
        std::vector<float> expected(2);
        const auto ideal = denoiserFor(DenoiserKind::Ideal, data, nullptr);
        ideal->eps(x, level, anyClass, eps);
        idealEps(data->points, level, x, expected);
        QCOMPARE(eps, expected);
        ideal->eps(x, level, 0, eps);
        idealEps(std::span(data->points).first(4), level, x, expected);
        QCOMPARE(eps, expected);
        for (const int unknown : {1, 7}) {  // is any class
            ideal->eps(x, level, unknown, eps);
            idealEps(data->points, level, x, expected);
            QCOMPARE(eps, expected);
        }
        QVERIFY_EXCEPTION_THROWN(requireDenoiser(DenoiserKind::Ideal, *data, 1), InputError);
        requireDenoiser(DenoiserKind::Ideal, *data, 2);
        QVERIFY_EXCEPTION_THROWN((void)denoiserFor(DenoiserKind::Mixture, data, nullptr), InputError);
        data->mixture = {component(1, 0, 0, {1, 0, 1})};
        denoiserFor(DenoiserKind::Mixture, data, nullptr)->eps(x, level, anyClass, eps);
        QVERIFY(near(double(eps[0]), std::sqrt(0.5) * 0.3, 1e-6));
        QVERIFY(denoiserFor(DenoiserKind::Network, data, ideal) == ideal);
        QVERIFY(near(double(scoreOf(eps[0], level)), -0.3, 1e-6));
        QVERIFY(near(double(posteriorMean(x[0], eps[0], level)), std::sqrt(0.5) * 0.3, 1e-6));
    }
};

QTEST_GUILESS_MAIN(GaussianMixtureTest)
#include "GaussianMixtureTest.moc"
