#include "Error.h"
#include "diffusion/ReverseSampler.h"
#include "measures/SlicedWasserstein.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

using namespace diffuscope;

namespace {

std::vector<float> cloud(std::uint64_t seed, std::size_t count) {
    std::vector<float> points(2 * count);
    reverseStart(seed, 0, points);
    return points;
}

bool close(double actual, double expected) {
    return std::abs(actual - expected) < 1e-6 * (1.0 + expected);
}

}  // namespace

class SlicedWassersteinTest : public QObject {
    Q_OBJECT
  private slots:
    void equalSetsAreAtZero();
    void shiftsAreExact();
    void scalesAreExact();
    void crossedPairsAreExact();
    void isADistance();
    void countsMustAgree();
};

void SlicedWassersteinTest::equalSetsAreAtZero() {
    const std::vector<float> a = cloud(1, 500);
    QCOMPARE(slicedWasserstein(a, a), 0.0);
    std::vector<float> turned;  // the same points in another order
    for (std::size_t i = a.size(); i > 0; i -= 2) turned.insert(turned.end(), {a[i - 2], a[i - 1]});
    QCOMPARE(slicedWasserstein(a, turned), 0.0);
}

// Every projection moves by v . d, and the mean of (v . d)^2 over evenly spaced directions is |v|^2 / 2.
void SlicedWassersteinTest::shiftsAreExact() {
    const std::vector<float> a = cloud(1, 300);
    for (const auto& v : {std::array{3.0f, -4.0f}, std::array{0.0f, 0.5f}, std::array{10.0f, 0.0f}}) {
        std::vector<float> b = a;
        for (std::size_t i = 0; i < b.size(); ++i) b[i] += v[i % 2];
        QVERIFY(close(slicedWasserstein(a, b), double(std::hypot(v[0], v[1])) / std::sqrt(2.0)));
    }
    const std::vector<float> origin{0, 0};
    const std::vector<float> point{3, 4};
    QVERIFY(close(slicedWasserstein(origin, point), 5.0 / std::sqrt(2.0)));
}

// Growing by c moves every projection p to c p: the cost is (c - 1)^2 times the mean of |y|^2 / 2.
void SlicedWassersteinTest::scalesAreExact() {
    const std::vector<float> a = cloud(2, 300);
    std::vector<float> b = a;
    double squares = 0.0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        b[i] *= 4.0f;
        squares += double(a[i]) * double(a[i]) / 300.0;
    }
    QVERIFY(close(slicedWasserstein(a, b), 3.0 * std::sqrt(squares / 2.0)));
}

// Points at (+-1, 0) and at (0, +-1): along the angle w the cost is (|cos w| - |sin w|)^2 = 1 - |sin 2w|, and
// the sum of |sin| over the 128 fixed angles has the closed form below.
void SlicedWassersteinTest::crossedPairsAreExact() {
    const std::vector<float> a{-1, 0, 1, 0};
    const std::vector<float> b{0, -1, 0, 1};
    const double expected = std::sqrt(1.0 - 1.0 / (64.0 * std::sin(std::numbers::pi / 128.0)));
    QVERIFY(close(slicedWasserstein(a, b), expected));
}

void SlicedWassersteinTest::isADistance() {
    const std::vector<float> a = cloud(1, 400);
    const std::vector<float> b = cloud(2, 400);
    std::vector<float> c = cloud(3, 400);
    for (float& value : c) value = 0.5f * value + 1.0f;
    QCOMPARE(slicedWasserstein(a, b), slicedWasserstein(b, a));
    QVERIFY(slicedWasserstein(a, b) > 0.0);
    QVERIFY(slicedWasserstein(a, c) <= slicedWasserstein(a, b) + slicedWasserstein(b, c));
}

void SlicedWassersteinTest::countsMustAgree() {
    const std::vector<float> two = cloud(1, 2);
    const std::vector<float> three = cloud(1, 3);
    QVERIFY_EXCEPTION_THROWN((void)slicedWasserstein(two, three), InputError);
    QVERIFY_EXCEPTION_THROWN((void)slicedWasserstein({}, {}), InputError);
    QVERIFY_EXCEPTION_THROWN((void)slicedWasserstein(two, {}), InputError);
}

QTEST_GUILESS_MAIN(SlicedWassersteinTest)
#include "SlicedWassersteinTest.moc"
