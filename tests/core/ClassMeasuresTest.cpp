#include "Error.h"
#include "core/BlockLetters.h"
#include "denoiser/Guidance.h"
#include "diffusion/Density.h"
#include "diffusion/IdealDenoiser.h"
#include "measures/Evaluation.h"
#include "training/RunReader.h"

#include <QTest>
#include <cmath>
#include <numbers>
#include <set>

using namespace diffuscope;

namespace {

DataSettings eight() {
    return {.dataset = DatasetKind::EightGaussians};
}

Settings settingsOf(int classNumber) {
    Settings settings;
    settings.data = eight();
    settings.schedule.steps = 50;
    settings.sampler.denoiser = DenoiserKind::Mixture;
    settings.sampler.clampX0 = false;
    settings.sampler.classNumber = classNumber;
    return settings;
}

std::pair<float, float> at(const std::vector<float>& points, std::size_t i) {
    return {points[2 * i], points[2 * i + 1]};
}

/// Of two round Gaussians of deviation 0.5 at (-1, 0) and (1, 0).
std::vector<GaussianComponent> twoRounds() {
    return {{0.5, {-1.0, 0.0}, {0.25, 0.0, 0.25}, 0}, {0.5, {1.0, 0.0}, {0.25, 0.0, 0.25}, 1}};
}

}  // namespace

/// Measures of one class: everything is compared with that class alone.
class ClassMeasuresTest : public QObject {
    Q_OBJECT

    ThreadPool pool_{2};
    const Measuring measuring_{pool_};

  private slots:
    void initTestCase() { provideFontEngine(blockLetters); }

    void everyClassHasDraws_data() {
        QTest::addColumn<int>("kind");
        for (std::size_t kind = 0; kind < datasets().size(); ++kind)
            if (datasets()[kind].draw)
                QTest::newRow(datasets()[kind].choice.id.data()) << static_cast<int>(kind);
    }
    void everyClassHasDraws() {
        QFETCH(int, kind);
        DataSettings settings{static_cast<DatasetKind>(kind)};
        settings.text = "AB";
        settings.points = 20000;
        const auto data = trainingData(settings, 1);
        for (int label = 0; label < static_cast<int>(data->classes.size()); ++label) {
            const FreshDraws fresh = freshDraws(settings, *data, 300, 5, label);
            QCOMPARE(fresh.points.size(), std::size_t{600});
            QCOMPARE(freshDraws(settings, *data, 300, 5, label).points, fresh.points);
            QVERIFY(freshDraws(settings, *data, 300, 6, label).points != fresh.points);
            // As far from the class's own points as those are from each other, on average.
            const auto own = pointsOfClass(*data, label);
            std::array<double, 2> mean{};
            std::array<double, 2> square{};
            std::array<double, 2> freshMean{};
            for (std::size_t i = 0; i < own.size(); ++i) {
                mean[i % 2] += 2.0 * double(own[i]) / double(own.size());
                square[i % 2] += 2.0 * double(own[i]) * double(own[i]) / double(own.size());
            }
            for (std::size_t i = 0; i < 600; ++i) freshMean[i % 2] += double(fresh.points[i]) / 300.0;
            for (std::size_t axis = 0; axis < 2; ++axis) {
                const double deviation = std::sqrt(square[axis] - mean[axis] * mean[axis]);
                // A class of a table has a dozen held-out rows.
                const double few = datasets()[static_cast<std::size_t>(kind)].isTable ? 12.0 : 250.0;
                QVERIFY(std::abs(freshMean[axis] - mean[axis]) < 5.0 * deviation / std::sqrt(few) + 1e-6);
            }
        }
        QVERIFY_EXCEPTION_THROWN((void)freshDraws(settings, *data, 10, 1, 70), InputError);
    }

    void aTableHoldsOutRowsOfTheClass() {
        const DataSettings settings{DatasetKind::Imported};
        DataSet table;
        table.classes = {"many", "one"};
        for (int i = 0; i < 400; ++i) {
            table.points.insert(table.points.end(), {float(i), float(i)});
            table.labels.push_back(0);
        }
        const auto rows = [](const std::vector<float>& points) {
            std::set<std::pair<float, float>> known;
            for (std::size_t i = 0; i < points.size() / 2; ++i) known.insert(at(points, i));
            return known;
        };
        const auto trained = rows(trainingPart(table).points);
        const float kept = trained.begin()->first;  // a row that is not held out
        table.labels[static_cast<std::size_t>(kept)] = 1;
        const FreshDraws many = freshDraws(settings, table, 2000, 1, 0);
        QCOMPARE(many.from, std::string("held-out fifth"));
        for (const auto& row : rows(many.points)) QVERIFY(!trained.contains(row));
        const FreshDraws one = freshDraws(settings, table, 20, 1, 1);
        QCOMPARE(one.from, std::string("the data themselves"));
        QCOMPARE(rows(one.points), (std::set<std::pair<float, float>>{{kept, kept}}));
        QVERIFY_EXCEPTION_THROWN((void)freshDraws(settings, table, 20, 1, 2), InputError);
        table.labels.clear();
        QVERIFY_EXCEPTION_THROWN((void)freshDraws(settings, table, 20, 1, 0), InputError);
    }

    void theFloorIsOfTheClass() {
        const auto data = trainingData(eight(), 1);
        const FreshReference third(eight(), *data, 500, 1, 6, measuring_, 2);
        const Distances own = third.distances(freshDraws(eight(), *data, 500, 9, 2).points, measuring_);
        QVERIFY(own.slicedW2.value < 3.0 * own.slicedW2.floor);
        QVERIFY(own.energy.value < 4.0 * own.energy.floor);
        QVERIFY(std::abs(own.mmd2.value) < 8.0 * own.mmd2.floor);
        for (const int other : {anyClass, 3}) {
            const Distances far =
                third.distances(freshDraws(eight(), *data, 500, 9, other).points, measuring_);
            QVERIFY(far.slicedW2.value > 10.0 * far.slicedW2.floor);
            QVERIFY(far.energy.value > 10.0 * far.energy.floor);
            QVERIFY(far.mmd2.value > 10.0 * far.mmd2.floor);
        }
    }

    /// A class of the eight is N(m, s^2 I). At t = 1 its density is N(sqrt(alphaBar) m, v I) with
    /// v = alphaBar s^2 + 1 - alphaBar, whose mean log is -1 - ln(2 pi v).
    void theLikelihoodIsOfTheClass() {
        const auto data = trainingData(eight(), 1);
        for (const int classNumber : {1, 6}) {
            const Settings settings = settingsOf(classNumber);
            const Guidance guidance = guidanceOf(settings, *data);
            const auto denoiser = guidedDenoiser(mixtureDenoiser(data->mixture), guidance);
            const auto samples = freshDraws(eight(), *data, 1000, 77, guidance.label).points;
            const Evaluation result =
                Evaluator().evaluate(settings, data, {samples, *denoiser, guidance.label}, measuring_);
            const NoiseSchedule schedule(settings.schedule);
            const double s2 = data->mixture[static_cast<std::size_t>(guidance.label)].covariance[0];
            const double v = schedule.alphaBar(1) * s2 + schedule.oneMinusAlphaBar(1);
            QVERIFY(std::abs(result.logLikelihood.mean + 1.0 + std::log(2.0 * std::numbers::pi * v)) <
                    6.0 * result.logLikelihood.error);
            QVERIFY(result.distances.slicedW2.value < 3.0 * result.distances.slicedW2.floor);
            QVERIFY(result.bound.has_value());
            // The entropy of the class, in bits per dimension: no bound is below it.
            const double bits = (std::log(2.0 * std::numbers::pi * s2) + 1.0) / (2.0 * std::numbers::ln2);
            QVERIFY(result.bound->bitsPerDim > bits - 4.0 * result.bound->error);
            QVERIFY(result.bound->bitsPerDim < bits + 1.0);
        }
    }

    /// Under any guidance the flow has a density: it integrates to 1, and is another one than the class's.
    void guidanceHasADensityOfItsOwn() {
        DataSet data;
        data.mixture = twoRounds();
        Settings settings;
        settings.schedule.steps = 20;
        const NoiseSchedule schedule(settings.schedule);
        std::vector<double> axis;
        for (int k = 0; k < 41; ++k) axis.push_back(-4.0 + 0.2 * k);
        const std::vector<float> grid = gridPoints(axis, axis);
        double before = 0.0;
        for (const float weight : {1.0f, 3.0f}) {
            const auto denoiser = guidedDenoiser(mixtureDenoiser(data.mixture), {1, weight});
            const auto logs =
                logDensities(*denoiser, anyClass, schedule, Conditioning::LogSnr, grid, 24, measuring_);
            double sum = 0.0;
            double mean = 0.0;
            for (std::size_t i = 0; i < logs.size(); ++i) {
                sum += 0.04 * std::exp(logs[i]);
                mean += 0.04 * std::exp(logs[i]) * double(grid[2 * i]);
            }
            QVERIFY2(std::abs(sum - 1.0) < 0.01, qPrintable(QString::number(sum)));
            QVERIFY(mean > before + 0.05);  // away from the other class
            before = mean;
        }
    }

    void aGuidedDenoiserIsWhatTheSamplerAsks() {
        const auto data = trainingData(eight(), 1);
        const auto plain = mixtureDenoiser(data->mixture);
        const NoiseLevel level = noiseLevelOfLogSnr(0.5);
        const std::vector<float> xt{0.3f, -0.2f, 1.0f, 0.4f};
        for (const float weight : {0.0f, 1.0f, 4.0f}) {
            std::vector<float> expected(4);
            std::vector<float> scratch;
            guidedEps(*plain, xt, level, {2, weight}, expected, scratch);
            for (const int label : {anyClass, 2, 5}) {
                std::vector<float> eps(4);
                guidedDenoiser(plain, {2, weight})->eps(xt, level, label, eps);
                QCOMPARE(eps, expected);
            }
        }
    }

    /// The sampler takes the variance from the evaluation of the class.
    void aGuidedDenoiserSaysTheVarianceOfTheClass() {
        Settings settings = settingsOf(3);
        settings.training.loss = LossKind::LearnedVariance;
        settings.network.classes = true;
        TrainingState state = initialState(layoutOf(settings, *trainingData(eight(), 1)), 1);
        const auto network = networkDenoiser(state);
        const NoiseLevel level = noiseLevelOfLogSnr(0.5);
        const std::vector<float> xt{0.3f, -0.2f, 1.0f, 0.4f};
        for (const float weight : {0.0f, 1.0f, 4.0f}) {
            const Guidance guidance{2, weight};
            const auto guided = guidedDenoiser(network, guidance);
            QVERIFY(guided->saysVariance());
            std::vector<float> eps(4), shares(4), plain(4), expected(4), scratch;
            guided->epsAndShares(xt, level, anyClass, eps, shares);
            network->epsAndShares(xt, level, guidance.asked(), plain, expected);
            QCOMPARE(shares, expected);
            guidedEps(*network, xt, level, guidance, expected, scratch);
            QCOMPARE(eps, expected);
        }
        QVERIFY(!guidedDenoiser(mixtureDenoiser(twoRounds()), {1, 2.0f})->saysVariance());
    }

    /// The reference is kept while it is the same, and only then.
    void oneEvaluatorMeasuresAsManyDo() {
        const auto data = trainingData(eight(), 1);
        const auto moons = trainingData({.dataset = DatasetKind::TwoMoons}, 1);
        const auto network = mixtureDenoiser(data->mixture);
        Evaluator one({Measure::SlicedW2, Measure::Energy});
        int floors = 0;
        Evaluator counting({Measure::Bound}, [&](double, std::string_view what) {
            floors += what == "distances" || what == "likelihood";
        });
        for (const std::uint64_t seed : {1u, 2u})
            for (const int label : {anyClass, 2, 2})
                for (const std::size_t count : {60ul, 80ul})
                    for (const auto& set : {data, moons}) {
                        if (set == moons && label != anyClass) continue;
                        Settings settings = settingsOf(label + 1);
                        settings.seed = seed;
                        settings.data.dataset =
                            set == data ? DatasetKind::EightGaussians : DatasetKind::TwoMoons;
                        const auto samples = freshDraws(eight(), *data, int(count), 3, label).points;
                        const Generated generated{samples, *network, label};
                        const Evaluation kept = one.evaluate(settings, set, generated, measuring_);
                        const Evaluation fresh =
                            Evaluator({Measure::SlicedW2}).evaluate(settings, set, generated, measuring_);
                        QCOMPARE(kept.distances.slicedW2.value, fresh.distances.slicedW2.value);
                        QCOMPARE(kept.distances.slicedW2.floor, fresh.distances.slicedW2.floor);
                        QVERIFY(!kept.bound);
                        QVERIFY(counting.evaluate(settings, set, generated, measuring_).bound.has_value());
                    }
        QCOMPARE(floors, 0);
    }

    /// What a window shows of a class.
    void readingsAreOfTheClass() {
        const auto data = trainingData(eight(), 1);
        for (const int classNumber : {0, 4, 9}) {
            Snapshot snapshot;
            snapshot.settings = settingsOf(classNumber);
            snapshot.data = snapshot.trained = data;
            snapshot.schedule = std::make_shared<const NoiseSchedule>(snapshot.settings.schedule);
            // There is no ninth class: points of any class are made, and compared with all.
            const int label = classNumber == 4 ? 3 : anyClass;
            snapshot.reverse.count = 600;
            snapshot.reverse.t = {0};
            snapshot.reverse.positions = {std::make_shared<const std::vector<float>>(
                freshDraws(eight(), *data, 600, 99, label).points)};
            snapshot.networkState =
                std::make_shared<const TrainingState>(initialState(layoutOf(snapshot.settings, *data), 1));
            snapshot.network = networkDenoiser(*snapshot.networkState);
            snapshot.era = 1;
            const Readings readings = RunReader().read(snapshot, measuring_);
            QVERIFY(readings.slicedW2.value < 3.0 * readings.slicedW2.floor);
            QVERIFY(readings.energy.value < 4.0 * readings.energy.floor);
            const double s2 = data->mixture[0].covariance[0];
            const double v = snapshot.schedule->alphaBar(1) * s2 + snapshot.schedule->oneMinusAlphaBar(1);
            const double classes = label == anyClass ? std::log(8.0) : 0.0;  // far apart
            QVERIFY(std::abs(readings.logLikelihood + classes + 1.0 + std::log(2.0 * std::numbers::pi * v)) <
                    6.0 * readings.logLikelihoodError + 0.02);
            QVERIFY(std::isfinite(readings.boundBitsPerDim));
        }
    }
};

QTEST_GUILESS_MAIN(ClassMeasuresTest)
#include "ClassMeasuresTest.moc"
