#include "Error.h"
#include "diffusion/CustomCurve.h"

#include <QTest>
#include <cmath>
#include <random>

using namespace diffuscope;

class CustomCurveTest : public QObject {
    Q_OBJECT
  private slots:
    void textIsReadBack();
    void unusableCurvesAreRefused_data();
    void unusableCurvesAreRefused();
    void parabolasAndLinesAreKept();
    void monotoneWherePointsAre();
    void handsLeaveAValidCurve();
    void movesAreHeldByTheNeighbours();
};

void CustomCurveTest::textIsReadBack() {
    QCOMPARE(customCurveOf(textOf(CustomCurve{})), CustomCurve{});
    QCOMPARE(textOf(customCurveOf("beta:0,-4;1,-1.7")), std::string("beta:0,-4;1,-1.7"));
    const CustomCurve curve{CurvePlane::LogSnr, {{0.0, 9.0}, {1.0 / 3.0, 0.1 + 0.2}, {1.0, -1e-17}}};
    QCOMPARE(customCurveOf(textOf(curve)), curve);
}

void CustomCurveTest::unusableCurvesAreRefused_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* text, const char* says) { QTest::newRow(text) << text << says; };
    row("", "takes a form like");
    row("0,1;1,2", "takes a form like");
    row("gamma:0,-4;1,-2", "known are beta or log-snr");
    row("beta:", "0 points; from 2 to 32");
    row("beta:0,-4", "1 point; from 2 to 32");
    row("beta:0,-4;1", "where a pair");
    row("beta:0,-4,1;1,-2", "where a pair");
    row("beta:0,-4;;1,-2", "where a pair");
    row("beta:0,x;1,-2", "\"x\" where a number");
    row("beta:0,;1,-2", "\"\" where a number");
    row("beta:0,nan;1,-2", "not finite");
    row("beta:0,inf;1,-2", "not finite");
    row("beta:0.1,-4;1,-2", "from t/T = 0.1 to 1; it must go from 0 to 1");
    row("beta:0,-4;0.9,-2", "from t/T = 0 to 0.9");
    row("beta:0,-4;0.5,-3;0.5,-2;1,-2", "Point 3 of the curve is not to the right");
    row("beta:0,-4;1,0", "Point 2 of the curve has log10 β = 0");
    row("beta:0,-8.1;1,-2", "Point 1 of the curve has log10 β = -8.1");
    row("log-snr:0,9;1,-21", "has λ = -21; from -20 to 20");
    row("log-snr:0,9;0.5,9;1,-9", "Point 2 of the curve is not below");
    QString many("beta:0,-4");
    for (int k = 1; k <= 32; ++k) many += QStringLiteral(";%1,-2").arg(k / 32.0);
    QTest::newRow("33 points") << many << "33 points";
}

void CustomCurveTest::unusableCurvesAreRefused() {
    QFETCH(QString, text);
    QFETCH(QString, says);
    try {
        (void)customCurveOf(text.toStdString());
        QFAIL("accepted");
    } catch (const InputError& error) {
        QVERIFY2(QString::fromUtf8(error.what()).contains(says), error.what());
    }
}

// A line is kept everywhere; so are the points themselves. (SciPy's values are in NoiseScheduleTest.)
void CustomCurveTest::parabolasAndLinesAreKept() {
    const Pchip line({{0.0, 3.0}, {0.2, 2.0}, {0.5, 0.5}, {1.0, -2.0}});
    for (int k = 0; k <= 100; ++k) QVERIFY(std::abs(line(k / 100.0) - (3.0 - 5.0 * k / 100.0)) < 1e-14);
    const std::vector<std::array<double, 2>> points{{0.0, -4.0}, {0.3, -1.0}, {0.4, -6.0}, {1.0, -5.5}};
    const Pchip bent(points);
    for (const auto& [x, y] : points) QVERIFY(std::abs(bent(x) - y) < 1e-14);
}

void CustomCurveTest::monotoneWherePointsAre() {
    std::mt19937 random(1);
    std::uniform_real_distribution<double> step(1e-3, 1.0);
    for (int trial = 0; trial < 200; ++trial) {
        std::vector<std::array<double, 2>> points{{0.0, 0.0}};
        for (int k = 0; k < 8; ++k)
            points.push_back({points.back()[0] + step(random), points.back()[1] - std::pow(step(random), 4)});
        const Pchip curve(points);
        double before = 0.0;
        for (int k = 1; k <= 2000; ++k) {
            const double y = curve(points.back()[0] * k / 2000.0);
            QVERIFY(y <= before + 1e-14);
            before = y;
        }
    }
}

// Ten thousand pulls at random, far outside and with NaN too.
void CustomCurveTest::handsLeaveAValidCurve() {
    std::mt19937 random(2);
    std::uniform_real_distribution<double> x(-0.2, 1.2);
    std::uniform_real_distribution<double> y(-30.0, 30.0);
    for (const char* start : {"beta:0,-4;1,-1.7", "log-snr:0,9;1,-9", "log-snr:0,20;1,-20"}) {
        CustomCurve curve = customCurveOf(start);
        for (int k = 0; k < 10000; ++k) {
            const auto index = std::size_t(random() % curve.points.size());
            const double to = k % 50 == 0 ? std::nan("") : y(random);
            switch (random() % 4) {
                case 0:
                    if (const auto made = insertPoint(curve, x(random), to)) QVERIFY(*made > 0);
                    break;
                case 1:
                    if (k % 3 == 0) (void)removePoint(curve, index);
                    break;
                default:
                    movePoint(curve, index, x(random), to);
            }
            requireValid(curve);
        }
    }
}

void CustomCurveTest::movesAreHeldByTheNeighbours() {
    CustomCurve curve = customCurveOf("log-snr:0,9;0.5,0;1,-9");
    movePoint(curve, 1, 0.25, 3.0);
    QCOMPARE(curve.points[1], (std::array{0.25, 3.0}));
    movePoint(curve, 1, 5.0, 50.0);
    QCOMPARE(curve.points[1], (std::array{0.999, 8.999}));
    movePoint(curve, 0, 0.4, 12.0);
    QCOMPARE(curve.points[0], (std::array{0.0, 12.0}));
    movePoint(curve, 2, 0.4, -90.0);
    QCOMPARE(curve.points[2], (std::array{1.0, -20.0}));
    QVERIFY(!removePoint(curve, 0) && !removePoint(curve, 2));
    QCOMPARE(insertPoint(curve, 0.5, 10.0).value(), std::size_t{1});
    QCOMPARE(curve.points[1], (std::array{0.5, 10.0}));
    QVERIFY(removePoint(curve, 1));
    QCOMPARE(curve.points.size(), std::size_t{3});
    QVERIFY(!insertPoint(curve, 0.0, 3.0) && !insertPoint(curve, 1.0, 3.0));
}

QTEST_GUILESS_MAIN(CustomCurveTest)
#include "CustomCurveTest.moc"
