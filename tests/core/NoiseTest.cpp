#include "core/GoldenTable.h"
#include "diffusion/Noise.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <vector>

using namespace diffuscope;

class NoiseTest : public QObject {
    Q_OBJECT
  private slots:
    void knownAnswers();
    void uniformsAreExact();
    void indicesCoverTheirRange();
    void normalsHaveTheRightMoments();
    void normalsFollowTheNormalDistribution();
    void drawsOfDifferentPlacesAreUncorrelated();
};

void NoiseTest::knownAnswers() {
    for (const QStringList& row : goldenTable("philox.csv")) {
        const auto words =
            philox(row[0].toULongLong(), Stream{row[1].toUInt()}, row[2].toUInt(), row[3].toUInt());
        for (int k = 0; k < 4; ++k) QCOMPARE(words[static_cast<std::size_t>(k)], row[4 + k].toUInt());
    }
    // The first of the vectors that Philox's authors publish: all zero.
    const std::array<std::uint32_t, 4> zeros{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    QCOMPARE(philox(0, Stream{0}, 0, 0), zeros);
}

void NoiseTest::uniformsAreExact() {
    QCOMPARE(uniformOf(0), 0x1p-24f);
    QCOMPARE(uniformOf(255), 0x1p-24f);
    QCOMPARE(uniformOf(256), 0x1p-23f);
    QCOMPARE(uniformOf(0x80000000u), 0.5f + 0x1p-24f);
    QCOMPARE(uniformOf(0xffffffffu), 1.0f);
    for (const std::uint32_t word : {0u, 0xffffffffu, 0x80000000u})
        for (const std::uint32_t other : {0u, 0xffffffffu, 0x40000000u})
            for (const float z : normalsOf(word, other)) QVERIFY(std::isfinite(z));
}

void NoiseTest::indicesCoverTheirRange() {
    QCOMPARE(indexBelow(0, 7), 0u);
    QCOMPARE(indexBelow(0xffffffffu, 7), 6u);
    QCOMPARE(indexBelow(0xffffffffu, 1), 0u);
    QCOMPARE(indexBelow(0x80000000u, 2), 1u);
    QCOMPARE(indexBelow(0x7fffffffu, 2), 0u);
}

namespace {

std::vector<double> normals(Stream stream, std::uint32_t step, std::uint32_t particles) {
    std::vector<double> values;
    for (std::uint32_t i = 0; i < particles; ++i)
        for (const float z : normalAt(3, stream, i, step)) values.push_back(double(z));
    return values;
}

double meanProduct(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum / double(a.size());
}

}  // namespace

// Bounds are six standard errors of a mean over n values: sqrt(Var(z^k) / n) with Var(z) = 1, Var(z^2) = 2,
// Var(z^3) = 15, Var(z^4) = 96. False alarms: 4 * 2e-9 < 1e-6, and the seed is fixed.
void NoiseTest::normalsHaveTheRightMoments() {
    const std::vector<double> z = normals(Stream::ForwardChain, 1, 500000);
    const double n = double(z.size());
    double moments[4] = {0.0, 0.0, 0.0, 0.0};
    for (const double value : z)
        for (int k = 0; k < 4; ++k) moments[k] += std::pow(value, k + 1) / n;
    const double expected[4] = {0.0, 1.0, 0.0, 3.0};
    const double variances[4] = {1.0, 2.0, 15.0, 96.0};
    for (int k = 0; k < 4; ++k)
        QVERIFY(std::abs(moments[k] - expected[k]) < 6.0 * std::sqrt(variances[k] / n));
}

// Kolmogorov and Smirnov: P(sqrt(n) D > 2.8) is about 2 exp(-2 * 2.8^2) = 3e-7.
void NoiseTest::normalsFollowTheNormalDistribution() {
    std::vector<double> z = normals(Stream::ReverseChain, 9, 100000);
    std::sort(z.begin(), z.end());
    const double n = double(z.size());
    double distance = 0.0;
    for (std::size_t i = 0; i < z.size(); ++i) {
        const double cumulative = 0.5 * std::erfc(-z[i] / std::sqrt(2.0));
        distance = std::max(
            {distance, std::abs(cumulative - double(i) / n), std::abs(double(i + 1) / n - cumulative)});
    }
    QVERIFY(distance * std::sqrt(n) < 2.8);
}

// The mean of n products of independent normals has standard error 1/sqrt(n); six of them, four checks.
void NoiseTest::drawsOfDifferentPlacesAreUncorrelated() {
    const std::uint32_t particles = 100000;
    const std::vector<double> here = normals(Stream::ForwardChain, 1, particles);
    const double bound = 6.0 / std::sqrt(double(here.size()));
    QVERIFY(std::abs(meanProduct(here, normals(Stream::ForwardChain, 2, particles))) < bound);
    QVERIFY(std::abs(meanProduct(here, normals(Stream::ReverseChain, 1, particles))) < bound);
    std::vector<double> swapped = here;  // the two axes of one particle
    for (std::size_t i = 0; i < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
    QVERIFY(std::abs(meanProduct(here, swapped)) < std::sqrt(2.0) * bound);
    std::vector<double> next(here.begin() + 2, here.end());  // the neighbouring particle
    next.push_back(here[0]);
    next.push_back(here[1]);
    QVERIFY(std::abs(meanProduct(here, next)) < bound);
}

QTEST_GUILESS_MAIN(NoiseTest)
#include "NoiseTest.moc"
