#include "ReferenceTraining.h"
#include "denoiser/Elementary.h"
#include "denoiser/Kernels.h"
#include "denoiser/Tile.h"

#include <QtTest>
#include <cmath>

using namespace diffuscope;

namespace {

double exactOf(float (*function)(float), double (*exact)(double), double from, double to) {
    double largest = 0.0;
    for (double x = from; x <= to; x += (to - from) / 100000.0) {
        const auto argument = static_cast<float>(x);
        const double truth = exact(static_cast<double>(argument));
        largest = std::max(largest, std::abs(static_cast<double>(function(argument)) - truth) /
                                        std::max(std::abs(truth), 1e-30));
    }
    return largest;
}

}  // namespace

class NetworkInputTest : public QObject {
    Q_OBJECT
  private slots:
    void elementaryFunctions();
    void features();
    void formulas();
    void layout();
    void initialisation();
    void tilesDrawTheSameNoise();
    void activation();
};

void NetworkInputTest::elementaryFunctions() {
    QVERIFY(exactOf(
                expOf, [](double x) { return std::exp(x); }, -86.0, 87.0) < 2e-7);
    QVERIFY(exactOf(
                logOf, [](double x) { return std::log(x); }, 1e-7, 0.999) < 2e-7);
    QVERIFY(exactOf(
                logisticOf, [](double x) { return 1.0 / (1.0 + std::exp(-x)); }, -80.0, 30.0) < 3e-7);
    QCOMPARE(logOf(1.0f), 0.0f);
    QCOMPARE(expOf(0.0f), 1.0f);
    QVERIFY(std::isfinite(expOf(1e30f)) && expOf(-1e30f) >= 0.0f);
    for (double x = -400.0; x <= 400.0; x += 0.0037) {
        const auto angle = static_cast<float>(x);
        const SinCos got = sinCosOf(angle);
        QVERIFY(std::abs(static_cast<double>(got.sin) - std::sin(static_cast<double>(angle))) < 1.2e-7);
        QVERIFY(std::abs(static_cast<double>(got.cos) - std::cos(static_cast<double>(angle))) < 1.2e-7);
    }
}

void NetworkInputTest::features() {
    for (const double c : {-12.0, -5.0, 0.0, 3.3, 12.0}) {
        for (const double x : {-4.0, -0.3, 0.0, 1.7}) {
            std::vector<float> got(inputFeatures);
            inputOf(static_cast<float>(x), static_cast<float>(-0.5 * x), static_cast<float>(c), got);
            const auto exact = reference::features(static_cast<double>(static_cast<float>(x)),
                                                   static_cast<double>(static_cast<float>(-0.5 * x)),
                                                   static_cast<double>(static_cast<float>(c)));
            for (int i = 0; i < inputFeatures; ++i) {
                QVERIFY(std::abs(static_cast<double>(got[static_cast<std::size_t>(i)]) - exact(i)) < 2e-6);
            }
        }
    }
}

void NetworkInputTest::formulas() {
    const auto formulas = inputFormulas();
    QCOMPARE(formulas.size(), static_cast<std::size_t>(inputFeatures));
    QCOMPARE(formulas[0], std::string("x"));
    // "sin(F * c)" and the like give what inputOf() gives.
    const double x = 0.7;
    const double y = -1.1;
    const double c = 2.5;
    std::vector<float> got(inputFeatures);
    inputOf(static_cast<float>(x), static_cast<float>(y), static_cast<float>(c), got);
    int waves = 0;
    for (std::size_t i = 0; i < formulas.size(); ++i) {
        const QString text = QString::fromStdString(formulas[i]);
        const QRegularExpression pattern("^(sin|cos)\\((.+) \\* ([xyc])\\)$");
        const auto match = pattern.match(text);
        if (!match.hasMatch()) continue;
        ++waves;
        const double variable = match.captured(3) == "x" ? x : match.captured(3) == "y" ? y : c;
        const double angle = match.captured(2).toDouble() * variable;
        const double expected = match.captured(1) == "sin" ? std::sin(angle) : std::cos(angle);
        QVERIFY2(std::abs(static_cast<double>(got[i]) - expected) < 2e-6, qPrintable(text));
    }
    QCOMPARE(waves, 4 * positionOctaves + 2 * conditionHarmonics);
}

void NetworkInputTest::layout() {
    const MlpLayout mlp{24, 2, Conditioning::LogSnr};
    const auto layers = mlp.layers();
    QCOMPARE(layers.size(), std::size_t{3});
    QCOMPARE(layers[1].weight, static_cast<std::size_t>(24 * inputFeatures + 24));
    QCOMPARE(layers[1].bias, layers[1].weight + 24 * 24);
    QCOMPARE(layers[2].out, 2);
    QCOMPARE(mlp.parameterCount(),
             static_cast<std::size_t>(24 * inputFeatures + 24 + 24 * 24 + 24 + 2 * 24 + 2));
}

void NetworkInputTest::initialisation() {
    const TrainingState state = initialState({128, 3, Conditioning::LogSnr}, 11);
    QVERIFY(state == initialState({128, 3, Conditioning::LogSnr}, 11));
    QVERIFY(state.parameters != initialState({128, 3, Conditioning::LogSnr}, 12).parameters);
    for (const auto& layer : state.layout.layers()) {
        double sum2 = 0.0;
        for (std::size_t i = layer.weight; i < layer.bias; ++i) {
            sum2 += static_cast<double>(state.parameters[i]) * static_cast<double>(state.parameters[i]);
        }
        const double variance = sum2 / static_cast<double>(layer.bias - layer.weight);
        if (layer.out == 2) {
            QCOMPARE(variance, 0.0);
        } else {
            QVERIFY(std::abs(variance * layer.in / 2.0 - 1.0) < 0.06);
        }
        for (int i = 0; i < layer.out; ++i) {
            QCOMPARE(state.parameters[layer.bias + static_cast<std::size_t>(i)], 0.0f);
        }
    }
}

void NetworkInputTest::tilesDrawTheSameNoise() {
    WordTile words;
    const std::uint64_t seed = 0x123456789ABCDEFu;
    philoxTile(seed, Stream::ReverseChain, 1000, 77, words);
    TileRow z0{};
    TileRow z1{};
    normalsTile(words.words[0], words.words[1], z0, z1);
    for (int row = 0; row < tileRows; ++row) {
        const auto particle = 1000u + static_cast<std::uint32_t>(row);
        const auto expected = philox(seed, Stream::ReverseChain, particle, 77);
        for (std::size_t i = 0; i < 4; ++i) QCOMPARE(words.words[i][row], expected[i]);
        const auto normal = normalAt(seed, Stream::ReverseChain, particle, 77);
        QVERIFY(std::abs(z0[row] - normal[0]) < 2e-6f);
        QVERIFY(std::abs(z1[row] - normal[1]) < 2e-6f);
    }
}

void NetworkInputTest::activation() {
    std::vector<float> z;
    for (float x = -100.0f; x < 100.0f; x += 0.0125f) z.push_back(x);
    z.resize(z.size() / panelWidth * panelWidth);
    std::vector<float> y = z;
    std::vector<float> slope(z.size());
    siluWithDerivative(y.data(), slope.data(), z.size());
    std::vector<float> plain = z;
    silu(plain.data(), plain.size());
    QVERIFY(plain == y);
    for (std::size_t i = 0; i < z.size(); ++i) {
        const auto x = static_cast<double>(z[i]);
        const double s = 1.0 / (1.0 + std::exp(-x));
        QVERIFY(std::abs(static_cast<double>(y[i]) - x * s) < 3e-7 * std::max(1e-3, std::abs(x * s)));
        QVERIFY(std::abs(static_cast<double>(slope[i]) - s * (1.0 + x * (1.0 - s))) <
                1e-7 * (4.0 + std::abs(x)));
    }
}

QTEST_GUILESS_MAIN(NetworkInputTest)
#include "NetworkInputTest.moc"
