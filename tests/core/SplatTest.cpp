#include "diffusion/ReverseSampler.h"
#include "particles/Splat.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

using namespace diffuscope;

namespace {

using Image = std::vector<std::uint32_t>;

Image splatted(const std::vector<float>& positions, const SplatView& view) {
    Image image(std::size_t(view.width) * std::size_t(view.height), 0u);
    splat(positions, view, image);
    return image;
}

std::uint64_t sumOf(const Image& image) {
    return std::accumulate(image.begin(), image.end(), std::uint64_t{0});
}

}  // namespace

class SplatTest : public QObject {
    Q_OBJECT
  private slots:
    void spotIsItsFormula_data();
    void spotIsItsFormula();
    void wideSpotsHaveTheDiscsVolume();
    void upIsUp();
    void orderDoesNotMatter();
    void edgesCutTheSpot();
    void whatIsNotInViewIsLeftOut();
    void aMillionOnOnePixelDoNotOverflow();
};

void SplatTest::spotIsItsFormula_data() {
    QTest::addColumn<float>("x");
    QTest::addColumn<float>("y");
    QTest::addColumn<float>("radius");
    for (const float radius : {0.5f, 1.0f, 2.5f, 8.0f})
        for (const float at : {0.0f, 0.125f, 0.3f, -0.49f})
            QTest::addRow("radius %g at %g", double(radius), double(at)) << at << -at * 0.7f << radius;
}

// Against the formula in double: rounding down may differ by one unit.
void SplatTest::spotIsItsFormula() {
    QFETCH(float, x);
    QFETCH(float, y);
    QFETCH(float, radius);
    const SplatView view{32, 24, 0.25f, -0.5f, 10.0f, radius};
    const Image image = splatted({x, y}, view);
    const double column = 16.0 + (double(x) - 0.25) * 10.0;
    const double row = 12.0 - (double(y) + 0.5) * 10.0;
    for (int j = 0; j < 24; ++j)
        for (int i = 0; i < 32; ++i) {
            const double d2 = std::pow(i + 0.5 - column, 2) + std::pow(j + 0.5 - row, 2);
            const double r2 = double(radius) * double(radius);
            const double expected = d2 < r2 ? 4096.0 * std::pow(1.0 - d2 / r2, 2) : 0.0;
            const double actual = image[std::size_t(j * 32 + i)];
            QVERIFY(actual < expected + 0.05 && actual > expected - 1.05);
        }
}

// The integral of (1 - d^2/r^2)^2 over the disc is pi r^2 / 3.
void SplatTest::wideSpotsHaveTheDiscsVolume() {
    const double expected = double(splatUnit) * std::numbers::pi * 64.0 / 3.0;
    for (const float at : {0.0f, 0.2f, 0.37f}) {
        const Image image = splatted({at, -at}, {40, 40, 0.0f, 0.0f, 1.0f, 8.0f});
        QVERIFY(std::abs(double(sumOf(image)) - expected) < 0.005 * expected);
    }
}

void SplatTest::upIsUp() {
    const Image image = splatted({1.0f, 2.0f}, {5, 7, 0.0f, 0.0f, 1.0f, 0.6f});
    QCOMPARE(image[std::size_t(1 * 5 + 3)], splatUnit);  // right of the middle column, above the middle row
    QCOMPARE(sumOf(image), std::uint64_t{splatUnit});
}

void SplatTest::orderDoesNotMatter() {
    std::vector<float> points(2000);
    reverseStart(1, 0, points);
    std::vector<float> turned;
    for (std::size_t i = points.size(); i > 0; i -= 2)
        turned.insert(turned.end(), {points[i - 2], points[i - 1]});
    const SplatView view{64, 48, 0.0f, 0.0f, 11.0f, 2.0f};
    Image twice = splatted(points, view);
    QCOMPARE(splatted(turned, view), twice);
    Image once = twice;
    splat(points, view, twice);  // adds to what is there
    for (std::size_t i = 0; i < once.size(); ++i) QCOMPARE(twice[i], 2 * once[i]);
}

void SplatTest::edgesCutTheSpot() {
    const SplatView small{8, 8, 0.0f, 0.0f, 1.0f, 3.0f};
    const SplatView large{24, 24, 0.0f, 0.0f, 1.0f, 3.0f};
    for (const float x : {-4.0f, -5.5f, -6.9f, 3.5f, 6.75f})
        for (const float y : {-6.75f, -4.0f, 0.0f, 4.25f, 6.5f}) {
            const Image cut = splatted({x, y}, small);
            const Image whole = splatted({x, y}, large);
            for (std::size_t j = 0; j < 8; ++j)
                for (std::size_t i = 0; i < 8; ++i) QCOMPARE(cut[j * 8 + i], whole[(j + 8) * 24 + i + 8]);
        }
}

void SplatTest::whatIsNotInViewIsLeftOut() {
    const float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> nowhere{nan,    0,        0,   nan,     infinity, 0,   0, -infinity, 1e30f, 0, 0,
                                     -1e30f, infinity, nan, 3.4e38f, 3.4e38f,  100, 0, 0,         -100};
    QCOMPARE(sumOf(splatted(nowhere, {16, 16, 0.0f, 0.0f, 4.0f, 8.0f})), std::uint64_t{0});
}

void SplatTest::aMillionOnOnePixelDoNotOverflow() {
    const std::vector<float> points(2000000, 0.0f);
    const Image image = splatted(points, {3, 3, 0.0f, 0.0f, 1.0f, 0.5f});
    QCOMPARE(image[4], 4096000000u);
}

QTEST_GUILESS_MAIN(SplatTest)
#include "SplatTest.moc"
