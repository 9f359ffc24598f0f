#include "Error.h"
#include "GoldenTable.h"
#include "core/BlockLetters.h"
#include "diffusion/ReverseSampler.h"
#include "measures/Distances.h"
#include "measures/EnergyDistance.h"
#include "measures/Mmd.h"
#include "measures/SlicedWasserstein.h"

#include <QTest>
#include <array>
#include <cmath>
#include <map>
#include <vector>

using namespace diffuscope;

namespace {

std::vector<float> cloud(std::uint64_t seed, std::size_t count) {
    std::vector<float> points(2 * count);
    reverseStart(seed, 0, points);
    return points;
}

struct GoldenCase {
    std::vector<float> a, b;
    std::map<QString, double> numbers;
};

/// tests/golden/measures.csv: points and distances of each case.
std::map<int, GoldenCase> goldenCases() {
    std::map<int, GoldenCase> cases;
    for (const QStringList& row : goldenTable("measures.csv")) {
        GoldenCase& golden = cases[row[1].toInt()];
        if (row[0] != "a" && row[0] != "b") {
            golden.numbers[row[0]] = row[2].toDouble();
            continue;
        }
        std::vector<float>& points = row[0] == "a" ? golden.a : golden.b;
        points.insert(points.end(), {row[2].toFloat(), row[3].toFloat()});
    }
    return cases;
}

double kernelAt(double distance, double scale) {
    double sum = 0.0;
    for (const double h : {0.05, 0.1, 0.2, 0.5, 1.0})
        sum += std::exp(-0.5 * distance * distance / (h * h * scale * scale)) / 5.0;
    return sum;
}

}  // namespace

class DistancesTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { provideFontEngine(blockLetters); }
    void agreesWithNumpy() {
        const std::map<int, GoldenCase> cases = goldenCases();
        QCOMPARE(cases.size(), std::size_t{5});
        for (const auto& [index, golden] : cases) {
            const auto near = [&](const char* name, double value, double unit) {
                return std::abs(value - golden.numbers.at(name)) < 1e-6 * unit;
            };
            const double size = 1.0 + golden.numbers.at("sliced_w2");
            QVERIFY(near("sliced_w2", slicedWasserstein(golden.a, golden.b, alone_), 1.0));
            QVERIFY(near("mmd2", mmd2(golden.a, golden.b, golden.numbers.at("scale"), alone_), 1.0));
            QVERIFY(near("energy", energyDistance(golden.a, golden.b, alone_), 10.0 * size));
        }
    }

    /// One point against one point, and two points: by hand.
    void closedForms() {
        const std::vector<float> origin{0, 0};
        const std::vector<float> far{3, 4};
        QCOMPARE(energyDistance(origin, far, alone_), 10.0);
        QVERIFY(std::abs(meanKernel(origin, std::vector<float>{0.3f, 0.0f}, 2.0, alone_) -
                         kernelAt(0.3, 2.0)) < 1e-6);
        const std::vector<float> pair{0, 0, 0.1f, 0};
        const std::vector<float> shifted{0, 0.2f, 0.1f, 0.2f};
        const double expected =
            2.0 * kernelAt(0.1, 1.0) - kernelAt(0.2, 1.0) - kernelAt(std::hypot(0.1, 0.2), 1.0);
        QVERIFY(std::abs(mmd2(pair, shifted, 1.0, alone_) - expected) < 1e-6);
        // Ever farther: the kernels end at 0, without a number that is not finite.
        const std::vector<float> farPair{1e4f, 0, 1e4f, 0};
        QVERIFY(std::abs(mmd2(pair, farPair, 1.0, alone_) - (1.0 + kernelAt(0.1, 1.0))) < 1e-6);
    }

    /// Of a Gaussian against itself, the unbiased MMD scatters about 0: its mean over 200 pairs of sets lies
    /// within 6 of its own standard errors (false alarm 2e-9), and both signs occur.
    void mmdIsUnbiased() {
        constexpr int rounds = 200;
        double sum = 0.0;
        double squares = 0.0;
        int negative = 0;
        for (std::uint64_t i = 0; i < rounds; ++i) {
            const double value = mmd2(cloud(2 * i + 1, 60), cloud(2 * i + 2, 90), 1.0, alone_);
            sum += value;
            squares += value * value;
            negative += value < 0.0 ? 1 : 0;
        }
        const double mean = sum / rounds;
        const double error = std::sqrt((squares / rounds - mean * mean) / rounds);
        QVERIFY(std::abs(mean) < 6.0 * error);
        QVERIFY(negative > 20 && negative < rounds - 20);
    }

    void energyIsZeroForEqualSetsOnly() {
        const std::vector<float> a = cloud(1, 700);
        const std::vector<float> b = cloud(2, 700);
        QVERIFY(std::abs(energyDistance(a, a, alone_)) < 1e-6);
        QVERIFY(energyDistance(a, b, alone_) > 1e-4);
        QVERIFY(std::abs(energyDistance(a, b, alone_) - energyDistance(b, a, alone_)) < 1e-6);
    }

    /// The same bits, whatever the number of threads.
    void threadsDoNotMatter() {
        ThreadPool three(3);
        const Measuring shared{three};
        const std::vector<float> a = cloud(1, 3000);
        const std::vector<float> b = cloud(2, 2500);
        QCOMPARE(mmd2(a, b, 1.0, shared), mmd2(a, b, 1.0, alone_));
        QCOMPARE(energyDistance(a, b, shared), energyDistance(a, b, alone_));
        QCOMPARE(slicedWasserstein(a, cloud(3, 3000), shared), slicedWasserstein(a, cloud(3, 3000), alone_));
    }

    /// Fresh draws are at their own floor; another data set is far above it.
    void floorsAreBesideTheValues_data() {
        QTest::addColumn<int>("kind");
        for (std::size_t kind = 0; kind < datasets().size(); ++kind)
            if (datasets()[kind].draw)
                QTest::newRow(datasets()[kind].choice.id.data()) << static_cast<int>(kind);
    }
    void floorsAreBesideTheValues() {
        QFETCH(int, kind);
        const DataSettings settings{static_cast<DatasetKind>(kind)};
        const DatasetRow& row = datasets()[static_cast<std::size_t>(kind)];
        const DataSet data = row.draw(row.isTable ? 0 : 2000, 1);
        const FreshReference reference(settings, data, 600, 5, 4, alone_);
        const Distances own = reference.distances(freshDraws(settings, data, 600, 77).points, alone_);
        QVERIFY(own.slicedW2.value <= 3.0 * own.slicedW2.floor);
        QVERIFY(own.energy.value <= 4.0 * own.energy.floor + 1e-6);
        QVERIFY(std::abs(own.mmd2.value) <= 8.0 * own.mmd2.floor + 1e-6);
        std::vector<float> shifted = freshDraws(settings, data, 600, 77).points;
        for (float& value : shifted) value += 1.0f;
        const Distances other = reference.distances(shifted, alone_);
        QVERIFY(other.slicedW2.value > 5.0 * other.slicedW2.floor);
        QVERIFY(other.energy.value > 5.0 * other.energy.floor);
        QVERIFY(other.mmd2.value > 5.0 * other.mmd2.floor);
        QVERIFY(!reference.from().empty());
    }

    void givingUpIsPossible() {
        struct GivenUp {};
        int pieces = 0;
        const Measuring impatient{pool_, [&] {
                                      if (++pieces == 3) throw GivenUp{};
                                  }};
        QVERIFY_EXCEPTION_THROWN((void)energyDistance(cloud(1, 9000), cloud(2, 9000), impatient), GivenUp);
        QCOMPARE(pieces, 3);
    }

    void refusesWhatHasNoDistance() {
        const std::vector<float> one = cloud(1, 1);
        const std::vector<float> two = cloud(1, 2);
        QVERIFY_EXCEPTION_THROWN((void)mmd2(one, two, 1.0, alone_), InputError);
        QVERIFY_EXCEPTION_THROWN((void)mmd2(two, two, 0.0, alone_), InputError);
        QVERIFY_EXCEPTION_THROWN((void)energyDistance({}, two, alone_), InputError);
        QVERIFY_EXCEPTION_THROWN(FreshReference(DataSettings{}, {}, 1, 1, 1, alone_), InputError);
        QCOMPARE(scaleOf(std::vector<float>{2, 2, 2, 2}), 1.0);
        QCOMPARE(scaleOf(std::vector<float>{-3, 0, 3, 0}), std::sqrt(4.5));
    }

  private:
    ThreadPool pool_{1};
    Measuring alone_{pool_};
};

QTEST_GUILESS_MAIN(DistancesTest)
#include "DistancesTest.moc"
