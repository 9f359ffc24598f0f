#include "diffusion/Parametrisation.h"

#include <QtTest>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

using namespace diffuscope;

namespace {

template <typename Real>
struct Point {
    Real signal, noise, xt;
    std::array<Real, 3> values;  ///< eps, x0, v
};

/// By the definitions alone: x_t = signal x_0 + noise eps, v = signal eps - noise x_0.
template <typename Real>
Point<Real> pointAt(double logSnr, double x0, double eps) {
    const auto signal = static_cast<Real>(std::sqrt(1.0 / (1.0 + std::exp(-logSnr))));
    const auto noise = static_cast<Real>(std::sqrt(1.0 / (1.0 + std::exp(logSnr))));
    const auto e = static_cast<Real>(eps);
    const auto x = static_cast<Real>(x0);
    return {signal, noise, signal * x + noise * e, {e, x, signal * e - noise * x}};
}

template <typename Real>
Real through(const Point<Real>& point, Parametrisation from, Parametrisation to, Real value) {
    return conversion(from, to, point.signal, point.noise)(point.xt, value);
}

/// The digits that the way from -> to -> from may cost at a level: see conversion().
template <typename Real>
Real allowed(const Point<Real>& point, Parametrisation from, Parametrisation to) {
    using enum Parametrisation;
    Real lost = 1;
    if (from == X0 && to == Eps) lost = 1 / point.signal;
    if (from == Eps && to == X0) lost = 1 / point.noise;
    if (from == V && to == Eps) lost = 1 / point.signal;
    if (from == V && to == X0) lost = 1 / point.noise;
    return 16 * std::numeric_limits<Real>::epsilon() * lost;
}

template <typename Real>
double worstRoundTrip(double logSnr) {
    double worst = 0.0;
    for (const double x0 : {-2.3, -0.4, 0.0, 1.7})
        for (const double eps : {-3.1, 0.0, 0.2, 2.6}) {
            const auto point = pointAt<Real>(logSnr, x0, eps);
            for (int from = 0; from < 3; ++from)
                for (int to = 0; to < 3; ++to) {
                    const auto a = static_cast<Parametrisation>(from);
                    const auto b = static_cast<Parametrisation>(to);
                    const Real start = point.values[static_cast<std::size_t>(from)];
                    const Real back = through(point, b, a, through(point, a, b, start));
                    worst =
                        std::max(worst, static_cast<double>(std::abs(back - start) / allowed(point, a, b)));
                }
        }
    return worst;
}

}  // namespace

class ParametrisationTest : public QObject {
    Q_OBJECT
  private slots:
    void isWhatTheDefinitionsSay_data() { levels(); }
    void isWhatTheDefinitionsSay();
    void roundTrips_data() { levels(); }
    void roundTrips();
    void cleanPointKeepsItsDigits();

  private:
    static void levels() {
        QTest::addColumn<double>("logSnr");
        for (const double level : {-60.0, -20.0, -12.0, -5.0, 0.0, 3.0, 12.0, 20.0})
            QTest::addRow("lambda = %g", level) << level;
    }
};

void ParametrisationTest::isWhatTheDefinitionsSay() {
    QFETCH(double, logSnr);
    const auto point = pointAt<double>(logSnr, 0.83, -1.9);
    for (std::size_t from = 0; from < 3; ++from)
        for (std::size_t to = 0; to < 3; ++to) {
            const double got = through(point, static_cast<Parametrisation>(from),
                                       static_cast<Parametrisation>(to), point.values[from]);
            const double lost = 1.0 / std::min(point.signal, point.noise);
            QVERIFY(std::abs(got - point.values[to]) < 1e-15 * lost * 10.0);
        }
}

void ParametrisationTest::roundTrips() {
    QFETCH(double, logSnr);
    QVERIFY2(worstRoundTrip<double>(logSnr) < 1.0,
             qPrintable(QString::number(worstRoundTrip<double>(logSnr))));
    QVERIFY2(worstRoundTrip<float>(logSnr) < 1.0, qPrintable(QString::number(worstRoundTrip<float>(logSnr))));
}

/// From x_0 or v the clean point is exact to rounding where nearly all is noise; through eps it is lost.
void ParametrisationTest::cleanPointKeepsItsDigits() {
    const auto point = pointAt<float>(-40.0, 0.6, 1.1);
    using enum Parametrisation;
    QVERIFY(std::abs(through(point, X0, X0, 0.6f) - 0.6f) == 0.0f);
    QVERIFY(std::abs(through(point, V, X0, point.values[2]) - 0.6f) < 1e-6f);
    QVERIFY(std::abs(through(point, Eps, X0, through(point, X0, Eps, 0.6f)) - 0.6f) > 1e-3f);
}

QTEST_GUILESS_MAIN(ParametrisationTest)
#include "ParametrisationTest.moc"
