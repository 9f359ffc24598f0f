#include "IdealReference.h"
#include "core/BlockLetters.h"
#include "data/DataSet.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/Noise.h"
#include "diffusion/ReverseSampler.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <vector>

using namespace diffuscope;

namespace {

NoiseLevel levelOf(double alphaBar) {
    return noiseLevelOfLogSnr(std::log(alphaBar) - std::log1p(-alphaBar));
}

}  // namespace

class IdealDenoiserTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { provideFontEngine(blockLetters); }
    void equalsTheDefinition_data();
    void equalsTheDefinition();
    void everyPlaceAtEveryLevel_data();
    void everyPlaceAtEveryLevel();
    void boxesFarBehindTheNearest();
    void farAwayQueriesPointBack();
    void singlePointIsExact();
    void twoPointsAreATanh();
    void queriesAreIndependentOfEachOther();
    void hundredThousandPoints();
    void equalPointsAreOne();
    void errorIsTheDifference();
    void nothingToDoIsFine();
};

void IdealDenoiserTest::equalsTheDefinition_data() {
    QTest::addColumn<int>("set");
    QTest::addColumn<double>("logSnr");
    for (const DatasetRow& row : datasets())
        if (row.draw)
            for (const double logSnr : {-18.0, -3.0, 0.0, 3.0, 9.2})
                QTest::addRow("%s %g", row.choice.id.data(), logSnr)
                    << int(&row - datasets().data()) << logSnr;
}

// Queries are noisy data points, plain normals and the data points themselves, over 1,301 points so that the
// last block is not a full one. eps is of the order of 1; at log-SNR 9.2 (the first of 1,000 linear steps)
// the noise is 0.01 and a float's rounding of x_t alone moves eps by 1e-5.
void IdealDenoiserTest::equalsTheDefinition() {
    QFETCH(int, set);
    QFETCH(double, logSnr);
    const std::vector<float> data = datasets()[std::size_t(set)].draw(1301, 1).points;
    const NoiseLevel level = noiseLevelOfLogSnr(logSnr);
    std::vector<float> x(90);
    std::vector<float> eps(x.size());
    reverseStart(2, 0, x);
    for (std::size_t i = 0; i < 60; ++i) {
        const float noise = i < 30 ? level.sqrtOneMinusAlphaBar : 0.0f;
        x[i] = level.sqrtAlphaBar * data[i] + noise * x[i];
    }
    idealEps(data, level, x, eps);
    for (std::size_t i = 0; i < x.size(); i += 2) {
        const Expected expected = idealReference(data, level, x[i], x[i + 1]);
        for (std::size_t axis = 0; axis < 2; ++axis)
            QVERIFY(std::abs(double(eps[i + axis]) - expected.eps[axis]) <
                    idealTolerance(expected, x[i], x[i + 1]));
    }
}

void IdealDenoiserTest::everyPlaceAtEveryLevel_data() {
    QTest::addColumn<std::vector<float>>("data");
    std::vector<float> noise(10'000);
    reverseStart(4, 0, noise);
    std::vector<float> line, apart, aside, equal, neighbours, close;
    for (std::size_t i = 0; i < noise.size(); i += 2) {
        line.insert(line.end(), {noise[i], 0.5f});
        const float side = i % 4 == 0 ? 100.0f : -100.0f;
        apart.insert(apart.end(), {side + 0.1f * noise[i], 0.1f * noise[i + 1]});
        // All but one in a corner of their box: what a grid rounds must be small against them.
        aside.insert(aside.end(), {2.0f + 0.01f * noise[i], 2.0f + 0.01f * noise[i + 1]});
        equal.insert(equal.end(), {0.3f, -0.7f});
        // An odd number of a float's last places wide: the middle is none.
        neighbours.insert(neighbours.end(), {i % 4 == 0 ? 1.0f : std::nextafter(1.0f, 2.0f), noise[i]});
        close.insert(close.end(), {1.0f + 1.1920929e-7f * float(i / 2 % 4), noise[i]});
    }
    aside[0] = aside[1] = -1.5f;
    QTest::addRow("Swiss roll") << datasets()[0].draw(5000, 1).points;
    QTest::addRow("checkerboard") << datasets()[5].draw(5000, 1).points;
    QTest::addRow("line") << line;
    QTest::addRow("two clusters") << apart;
    QTest::addRow("one aside") << aside;
    QTest::addRow("one point") << std::vector<float>{0.3f, -0.7f};
    QTest::addRow("equal points") << equal;
    QTest::addRow("neighbouring floats") << neighbours;
    QTest::addRow("four neighbouring floats") << close;
}

// Near points, between them, around all, and up to 1e5 away: where boxes are grids, are left out, and where
// neither may be.
void IdealDenoiserTest::everyPlaceAtEveryLevel() {
    QFETCH(std::vector<float>, data);
    for (const double logSnr : {-12.0, -6.0, -2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 11.0, 14.0}) {
        const NoiseLevel level = noiseLevelOfLogSnr(logSnr);
        std::vector<float> x(60);
        std::vector<float> eps(x.size());
        reverseStart(5, 0, x);
        for (std::size_t i = 0; i < 30; ++i)
            x[i] = level.sqrtAlphaBar * data[i % data.size()] + level.sqrtOneMinusAlphaBar * x[i];
        for (std::size_t i = 50; i < x.size(); ++i) x[i] *= std::pow(10.0f, float(i / 2 - 24));
        idealEps(data, level, x, eps);
        for (std::size_t i = 0; i < x.size(); i += 2) {
            const Expected expected = idealReference(data, level, x[i], x[i + 1]);
            const double scale = std::hypot(double(data[0]), double(data[1]));
            for (std::size_t axis = 0; axis < 2; ++axis)
                QVERIFY(std::abs(double(eps[i + axis]) - expected.eps[axis]) <
                        idealTolerance(expected, std::max(x[i], float(scale)), x[i + 1]));
        }
    }
}

// So far away that rounding cannot tell which boxes weigh nothing, while their exponents pass a float's.
void IdealDenoiserTest::boxesFarBehindTheNearest() {
    const std::vector<float> data = datasets()[8].draw(30'000, 1).points;
    const NoiseLevel level = noiseLevelOfLogSnr(14.0);
    const std::vector<float> x{8191.97852f, 374.061035f};
    std::vector<float> eps(2);
    idealEps(data, level, x, eps);
    const Expected expected = idealReference(data, level, x[0], x[1]);
    for (std::size_t axis = 0; axis < 2; ++axis)
        QVERIFY(std::abs(double(eps[axis]) - expected.eps[axis]) < idealTolerance(expected, x[0], x[1]));
}

// A thousand times the data's size away every weight but the nearest points' is far below the smallest float,
// and at the extremes of alphaBar the exponents reach 1e14.
void IdealDenoiserTest::farAwayQueriesPointBack() {
    const std::vector<float> data = datasets()[0].draw(700, 1).points;
    const std::vector<float> x{1e3f, 0, -1e3f, 500, 0, -30, 8, 8, 1e6f, -1e6f};
    std::vector<float> eps(x.size());
    for (const double alphaBar : {1.0 - 1e-8, 1.0 - 1e-4, 0.5, 1e-4, 1e-12, 1e-30}) {
        const NoiseLevel level = levelOf(alphaBar);
        idealEps(data, level, x, eps);
        for (std::size_t i = 0; i < x.size(); i += 2) {
            const Expected expected = idealReference(data, level, x[i], x[i + 1]);
            const double size = std::hypot(expected.eps[0], expected.eps[1]);
            QVERIFY(std::isfinite(eps[i]) && std::isfinite(eps[i + 1]));
            QVERIFY(std::hypot(eps[i] - expected.eps[0], eps[i + 1] - expected.eps[1]) < 1e-4 * (1.0 + size));
        }
    }
}

void IdealDenoiserTest::singlePointIsExact() {
    const std::vector<float> point{0.75f, -1.25f};
    const std::vector<float> x{0.1f, 0.2f, -2, 3};
    std::vector<float> eps(4);
    for (const double alphaBar : {0.9999, 0.5, 1e-6}) {
        const NoiseLevel level = levelOf(alphaBar);
        idealEps(point, level, x, eps);
        for (std::size_t i = 0; i < 4; ++i) {
            const double expected =
                (double(x[i]) - std::sqrt(alphaBar) * double(point[i % 2])) / std::sqrt(1.0 - alphaBar);
            QVERIFY(std::abs(double(eps[i]) - expected) < 1e-5 * (1.0 + std::abs(expected)));
        }
    }
}

// Points at -1 and 1: E[x_0 | x_t] = tanh(sqrt(alphaBar) x_t / (1 - alphaBar)).
void IdealDenoiserTest::twoPointsAreATanh() {
    const std::vector<float> data{-1, 0, 1, 0};
    for (const double alphaBar : {0.9, 0.5, 0.01}) {
        const NoiseLevel level = levelOf(alphaBar);
        for (const float at : {-2.0f, -0.3f, 0.0f, 0.05f, 1.0f}) {
            const std::vector<float> x{at, 0.4f};
            std::vector<float> eps(2);
            idealEps(data, level, x, eps);
            const double mean = std::tanh(std::sqrt(alphaBar) * double(at) / (1.0 - alphaBar));
            const double expected = (double(at) - std::sqrt(alphaBar) * mean) / std::sqrt(1.0 - alphaBar);
            QVERIFY(std::abs(double(eps[0]) - expected) < 1e-5);
            QVERIFY(std::abs(double(eps[1]) - 0.4 / std::sqrt(1.0 - alphaBar)) < 1e-5);
        }
    }
}

// Enough pairs for several threads: their number must not show.
void IdealDenoiserTest::queriesAreIndependentOfEachOther() {
    const auto data = std::make_shared<DataSet>(datasets()[1].draw(8192, 1));
    std::vector<float> x(2000);
    reverseStart(2, 0, x);
    std::vector<float> together(x.size());
    std::vector<float> pooled(x.size());
    std::vector<float> alone(x.size());
    const auto denoiser = idealDenoiser(data);
    for (const double alphaBar : {0.01, 0.7, 0.98, 0.9999}) {
        const NoiseLevel level = levelOf(alphaBar);
        denoiser->eps(x, level, anyClass, together);
        for (std::size_t i = 0; i < x.size(); i += 2)
            denoiser->eps(std::span(x).subspan(i, 2), level, anyClass, std::span(alone).subspan(i, 2));
        QCOMPARE(together, alone);
        for (const int threads : {1, 2, 3}) {
            ThreadPool pool(threads);
            idealDenoiser(data, pool)->eps(x, level, anyClass, pooled);
            QCOMPARE(pooled, alone);
        }
    }
}

// A thousand boxes, of which few are asked at any level; none may be missed.
void IdealDenoiserTest::hundredThousandPoints() {
    auto data = std::make_shared<DataSet>(datasets()[4].draw(100'000, 1));
    const auto denoiser = idealDenoiser(data);
    std::vector<float> x(20);
    std::vector<float> eps(x.size());
    for (const double logSnr : {-12.0, 0.0, 4.0, 8.0, 12.0}) {
        const NoiseLevel level = noiseLevelOfLogSnr(logSnr);
        reverseStart(3, 0, x);
        for (std::size_t i = 0; i < 10; ++i)
            x[i] = level.sqrtAlphaBar * data->points[i] + level.sqrtOneMinusAlphaBar * x[i];
        denoiser->eps(x, level, anyClass, eps);
        for (std::size_t i = 0; i < x.size(); i += 2) {
            const Expected expected = idealReference(data->points, level, x[i], x[i + 1]);
            for (std::size_t axis = 0; axis < 2; ++axis)
                QVERIFY(std::abs(double(eps[i + axis]) - expected.eps[axis]) <
                        idealTolerance(expected, x[i], x[i + 1]));
        }
    }
}

void IdealDenoiserTest::equalPointsAreOne() {
    const std::vector<float> one{0.3f, -0.7f};
    std::vector<float> many;
    for (int i = 0; i < 1000; ++i) many.insert(many.end(), {0.3f, -0.7f});
    const std::vector<float> x{0.1f, 0.2f, -50, 3, 0.3f, -0.7f};
    std::vector<float> first(6);
    std::vector<float> second(6);
    for (const double logSnr : {-12.0, 0.0, 12.0}) {
        idealEps(one, noiseLevelOfLogSnr(logSnr), x, first);
        idealEps(many, noiseLevelOfLogSnr(logSnr), x, second);
        QCOMPARE(second, first);
    }
}

void IdealDenoiserTest::errorIsTheDifference() {
    auto data = std::make_shared<DataSet>(datasets()[0].draw(300, 1));
    data->mixture = {{1.0, {0.0, 0.0}, {1.0, 0.0, 1.0}, 0}};
    const auto ideal = idealDenoiser(data);
    const auto mixture = mixtureDenoiser(data->mixture);
    const std::vector<float> x{0.5f, -1.0f, 2.0f, 0.1f};
    std::vector<float> error(4);
    std::vector<float> best(4);
    const NoiseLevel level = noiseLevelOfLogSnr(0.5);
    errorField(*mixture, *ideal, level, anyClass, x, error);
    ideal->eps(x, level, anyClass, best);
    for (std::size_t i = 0; i < 4; ++i)
        QVERIFY(std::abs(error[i] + best[i] - level.sqrtOneMinusAlphaBar * x[i]) < 1e-6f);
    errorField(*ideal, *ideal, level, anyClass, x, error);
    QCOMPARE(error, std::vector<float>(4));
}

void IdealDenoiserTest::nothingToDoIsFine() {
    const std::vector<float> data{1, 2};
    idealEps(data, levelOf(0.5), {}, {});
    const std::vector<float> x{std::numeric_limits<float>::quiet_NaN(), 0, 1, 2};
    std::vector<float> eps(4);
    idealEps(data, levelOf(0.5), x, eps);
    QVERIFY(std::isnan(eps[0]));
    QVERIFY(std::isfinite(eps[2]) && std::isfinite(eps[3]));
}

QTEST_GUILESS_MAIN(IdealDenoiserTest)
#include "IdealDenoiserTest.moc"
