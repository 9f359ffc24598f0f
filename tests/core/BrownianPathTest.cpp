#include "core/GoldenTable.h"
#include "denoiser/ComputeShaders.h"
#include "diffusion/BrownianPath.h"
#include "gpu/ComputeProgram.h"
#include "gpu/GlContext.h"
#include "gpu/StorageBuffer.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <vector>

using namespace diffuscope;

class BrownianPathTest : public QObject {
    Q_OBJECT
  private slots:
    void timesAreExact();
    void knownAnswers();
    void aTimeIsOneNumber();
    void incrementsFollowTheirLaw_data();
    void incrementsFollowTheirLaw();
    void pathsAreIndependent();
    void shadersAgree();
};

namespace {

/// W at a time, of the first particle of the tile.
std::array<float, 2> valueAt(PathTile& tile, PathTime time, std::uint32_t lap = 0) {
    TileRow z0;
    TileRow z1;
    tile.normals({{0, 0}, time, 1.0f, lap}, z0, z1);
    return {z0[0], z1[0]};
}

double meanProduct(const std::vector<double>& a, std::size_t shiftA, const std::vector<double>& b,
                   std::size_t shiftB) {
    const std::size_t count = std::min(a.size() - shiftA, b.size() - shiftB);
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i) sum += a[i + shiftA] * b[i + shiftB];
    return sum / double(count);
}

/// The normals of all steps of `steps`, particle by particle: x and y apart, [particle][step].
std::array<std::vector<double>, 2> allNormals(std::uint64_t seed, Stream stream, int steps,
                                              std::uint32_t particles, std::uint32_t lap = 0) {
    std::array<std::vector<double>, 2> all;
    for (auto& axis : all) axis.resize(std::size_t(particles) * std::size_t(steps));
    TileRow z0;
    TileRow z1;
    for (std::uint32_t first = 0; first < particles; first += tileRows) {
        PathTile tile(seed, stream, first);
        for (int t = steps; t >= 1; --t) {
            tile.normals(pathStretch(t - 1, t, steps, lap), z0, z1);
            for (int row = 0; row < tileRows; ++row) {
                const std::size_t at = (first + std::size_t(row)) * std::size_t(steps) + std::size_t(t - 1);
                all[0][at] = double(z0[row]);
                all[1][at] = double(z1[row]);
            }
        }
    }
    return all;
}

}  // namespace

void BrownianPathTest::timesAreExact() {
    QCOMPARE(pathTime(0, 7), (PathTime{0, 0}));
    QCOMPARE(pathTime(7, 7), (PathTime{pathCells, 0}));
    QCOMPARE(pathTime(1, 2), (PathTime{pathCells / 2, 0}));
    for (int t = 0; t <= 50; ++t) {
        QCOMPARE(pathTime(t, 50), pathTime(t * 20, 1000));
        QCOMPARE(pathTime(t, 50), pathTime(t * 200, 10000));
    }
    // What makes the law of a single T exact: no cell has two of its times inside.
    for (const int steps : {3, 999, 9999, 10000})
        for (int t = 0; t < steps; ++t) {
            const PathTime low = pathTime(t, steps);
            const PathTime high = pathTime(t + 1, steps);
            QVERIFY(low.cell < high.cell || (low.cell == high.cell && low.fraction == 0));
        }
    QCOMPARE(pathStretch(30, 40, 1000).scale, 10.0f);
}

void BrownianPathTest::knownAnswers() {
    for (const QStringList& row : goldenTable("brownian.csv")) {
        PathTile tile(row[0].toULongLong(), Stream{row[1].toUInt()}, row[2].toUInt());
        const PathTime time = pathTime(row[4].toInt(), row[5].toInt());
        QCOMPARE(time.cell, row[6].toUInt());
        QCOMPARE(time.fraction, row[7].toUInt());
        const auto w = valueAt(tile, time, row[3].toUInt());
        QVERIFY(std::abs(double(w[0]) - row[8].toDouble()) < 2e-6);
        QVERIFY(std::abs(double(w[1]) - row[9].toDouble()) < 2e-6);
    }
}

// However a time is reached, and whichever T it comes from, W is the same number, to the last bit; and so are
// the normals of a stretch.
void BrownianPathTest::aTimeIsOneNumber() {
    PathTile walked(9, Stream::ReverseChain, 64);
    std::vector<std::array<float, 2>> down;
    for (int t = 10000; t >= 0; --t) {
        const auto w = valueAt(walked, pathTime(t, 10000));
        if (t % 200 == 0) down.push_back(w);
    }
    PathTile up(9, Stream::ReverseChain, 64);
    for (int t = 0; t <= 50; ++t) {
        QCOMPARE(valueAt(up, pathTime(t, 50)), down[std::size_t(50 - t)]);
        PathTile fresh(9, Stream::ReverseChain, 64);
        QCOMPARE(valueAt(fresh, pathTime(t * 20, 1000)), down[std::size_t(50 - t)]);
    }
    TileRow z[6];
    PathTile descending(9, Stream::ReverseChain, 64);
    PathTile ascending(9, Stream::ReverseChain, 64);
    std::vector<float> first;
    std::vector<float> second;
    for (int t = 1; t <= 300; ++t) {
        ascending.normals(pathStretch(t - 1, t, 300), z[0], z[1]);
        descending.normals(pathStretch(300 - t, 301 - t, 300), z[2], z[3]);
        PathTile(9, Stream::ReverseChain, 64).normals(pathStretch(t - 1, t, 300), z[4], z[5]);
        QCOMPARE(z[0][17], z[4][17]);
        first.push_back(z[1][63]);
        second.push_back(z[3][63]);
    }
    std::reverse(second.begin(), second.end());
    QCOMPARE(second, first);
}

void BrownianPathTest::incrementsFollowTheirLaw_data() {
    QTest::addColumn<int>("steps");
    for (const int steps : {1, 2, 3, 50, 64, 1000, 10000}) QTest::addRow("T = %d", steps) << steps;
}

// Moments of n normals within six standard errors (Var z^k = 1, 2, 15, 96), the distance of Kolmogorov and
// Smirnov below 2.8/sqrt(n) (2 exp(-2 * 2.8^2) = 3e-7), means of products of independent normals within six
// of 1/sqrt(n). Per T: 2 * (4 * 2e-9 + 3e-7) + 5 * 2e-9 = 6e-7 at the most; the seed is fixed.
void BrownianPathTest::incrementsFollowTheirLaw() {
    QFETCH(int, steps);
    const auto particles = std::uint32_t(std::max(64, 192000 / steps / 64 * 64));
    const auto all = allNormals(5, Stream::ReverseChain, steps, particles);
    const double n = double(all[0].size());
    for (const auto& z : all) {
        double moments[4]{};
        for (const double value : z)
            for (int k = 0; k < 4; ++k) moments[k] += std::pow(value, k + 1) / n;
        const double expected[4] = {0.0, 1.0, 0.0, 3.0};
        const double variances[4] = {1.0, 2.0, 15.0, 96.0};
        for (int k = 0; k < 4; ++k)
            QVERIFY(std::abs(moments[k] - expected[k]) < 6.0 * std::sqrt(variances[k] / n));
        std::vector<double> sorted = z;
        std::sort(sorted.begin(), sorted.end());
        double distance = 0.0;
        for (std::size_t i = 0; i < sorted.size(); ++i) {
            const double cumulative = 0.5 * std::erfc(-sorted[i] / std::sqrt(2.0));
            distance = std::max(
                {distance, std::abs(cumulative - double(i) / n), std::abs(double(i + 1) / n - cumulative)});
        }
        QVERIFY(distance * std::sqrt(n) < 2.8);
    }
    // The next step, the one after, half the path away (or other particles), and the other axis.
    const double bound = 6.0 / std::sqrt(n / 2.0);
    for (const std::size_t shift : {std::size_t{1}, std::size_t{2}, std::size_t(steps / 2 + 1)})
        QVERIFY(std::abs(meanProduct(all[0], 0, all[0], shift)) < bound);
    QVERIFY(std::abs(meanProduct(all[0], 0, all[1], 0)) < bound);
    QVERIFY(std::abs(meanProduct(all[0], 0, all[1], 1)) < bound);
}

// Means of 64,000 products: six standard errors, five checks: 1e-8.
void BrownianPathTest::pathsAreIndependent() {
    const auto here = allNormals(5, Stream::ReverseChain, 1000, 64);
    const double bound = 6.0 / std::sqrt(63000.0);
    const auto check = [&](const std::array<std::vector<double>, 2>& other) {
        return std::abs(meanProduct(here[0], 0, other[0], 0)) < bound;
    };
    QVERIFY(check(allNormals(5, Stream::ForwardChain, 1000, 64)));
    QVERIFY(check(allNormals(6, Stream::ReverseChain, 1000, 64)));
    QVERIFY(check(allNormals(5, Stream::ReverseChain, 1000, 64, 1)));
    QVERIFY(check(allNormals(5, Stream::ReverseChain, 1000, 64, 99)));
    QVERIFY(std::abs(meanProduct(here[0], 0, here[0], 1000)) < bound);  // the neighbouring particle
}

void BrownianPathTest::shadersAgree() {
    const GlContext context;
    ComputeProgram program(
        "test", shaderLibrary() +
                    "layout(local_size_x = 64) in;\n"
                    "layout(std430, binding = 0) buffer Results { vec2 results[]; };\n"
                    "uniform uint seedLow, seedHigh, stream, lap, particle, cell, fraction;\n"
                    "void main() { uint i = gl_GlobalInvocationID.x; results[i] = pathAt(uvec2(seedLow, "
                    "seedHigh), stream, lap, particle + i, cell, fraction); }\n");
    const StorageBuffer buffer(2 * tileRows * sizeof(float));
    buffer.bind(0);
    std::vector<float> got(2 * tileRows);
    float worst = 0.0f;
    for (const std::uint32_t lap : {0u, 7u}) {
        PathTile tile((std::uint64_t{2} << 32) + 3, Stream::ReverseChain, 500);
        program.set("seedLow", 3u);
        program.set("seedHigh", 2u);
        program.set("stream", static_cast<std::uint32_t>(Stream::ReverseChain));
        program.set("lap", lap);
        program.set("particle", 500u);
        for (const auto& [numerator, denominator] : {std::pair{0, 1},
                                                     {1, 1},
                                                     {1, 2},
                                                     {1, 50},
                                                     {377, 1000},
                                                     {9999, 10000},
                                                     {1, 10000},
                                                     {4321, 9973}}) {
            const PathTime time = pathTime(numerator, denominator);
            program.set("cell", time.cell);
            program.set("fraction", time.fraction);
            program.dispatch(1);
            buffer.download(std::span<float>(got));
            TileRow x;
            TileRow y;
            tile.normals({{0, 0}, time, 1.0f, lap}, x, y);
            for (int row = 0; row < tileRows; ++row)
                worst = std::max({worst, std::abs(got[std::size_t(2 * row)] - x[row]),
                                  std::abs(got[std::size_t(2 * row + 1)] - y[row])});
        }
    }
    QVERIFY2(worst < 2e-6f, qPrintable(QString::number(double(worst))));
}

QTEST_GUILESS_MAIN(BrownianPathTest)
#include "BrownianPathTest.moc"
