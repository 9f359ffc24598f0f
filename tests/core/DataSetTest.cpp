#include "Error.h"
#include "core/BlockLetters.h"
#include "core/GoldenTable.h"
#include "data/DataSet.h"
#include "diffusion/Noise.h"

#include <QTest>
#include <cmath>
#include <set>
#include <stdexcept>

using namespace diffuscope;

namespace {

void addRows(bool tables, bool generators) {
    QTest::addColumn<int>("kind");
    for (const DatasetRow& row : datasets())
        if (row.draw && (row.isTable ? tables : generators))
            QTest::addRow("%s", row.choice.id.data()) << int(&row - datasets().data());
}

const DatasetRow& rowOf(int kind) {
    return datasets()[std::size_t(kind)];
}

struct Moments {
    std::array<double, 2> mean{};
    double variance = 0.0;  ///< average of both axes', about zero
};

Moments momentsOf(const std::vector<float>& points) {
    Moments moments;
    const double count = double(points.size() / 2);
    for (std::size_t i = 0; i < points.size(); ++i) {
        moments.mean[i % 2] += double(points[i]) / count;
        moments.variance += double(points[i]) * double(points[i]) / (2.0 * count);
    }
    return moments;
}

}  // namespace

class DataSetTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { provideFontEngine(blockLetters); }
    void everyRowDraws_data() { addRows(true, true); }
    void everyRowDraws();
    void generatorsAreCentredAndScaled_data() { addRows(false, true); }
    void generatorsAreCentredAndScaled();
    void drawsAreTheGoldenOnes();
    void mixturesAreWhatIsDrawn_data();
    void mixturesAreWhatIsDrawn();
    void exactCases();
    void paintedPointsStayWhereTheyAre();
    void lettersAreDrawnFromTheirInk();
    void unusableLettersAreRefused();
    void picturesAreDensities();
    void tablesAreCentredAndScaled_data() { addRows(true, false); }
    void tablesAreCentredAndScaled();
    void tablesAreTheirMeasurements();
    void tableDrawsAreRowsOfTheTable_data() { addRows(true, false); }
    void tableDrawsAreRowsOfTheTable();
    void trainingDataIsWhatTheSettingsSay();
    void freshDrawsAreNotTheTrainingDraws();
    void tablesHoldOutAFifth();
    void normalisedTables();
    void unusableTablesAreRefused();
    void boxesAreATenthWider();
};

void DataSetTest::everyRowDraws() {
    QFETCH(int, kind);
    const DatasetRow& row = rowOf(kind);
    const DataSet set = row.draw(500, 1);
    QCOMPARE(set.size(), std::size_t{500});
    for (const float value : set.points) QVERIFY(std::isfinite(value) && std::abs(value) < 8.0f);
    QCOMPARE(row.draw(500, 1).points, set.points);
    const bool constant = kind == int(DatasetKind::SinglePoint);
    QCOMPARE(row.draw(500, 2).points == set.points, constant);
    QCOMPARE(set.labels.size(), set.classes.empty() ? std::size_t{0} : set.size());
    std::set<std::int32_t> seen;
    for (const std::int32_t label : set.labels) {
        QVERIFY(label >= 0 && label < std::int32_t(set.classes.size()));
        seen.insert(label);
    }
    QCOMPARE(seen.size(), set.classes.size());
    // A draw is a function of its index: the scale cannot depend on the count.
    const DataSet few = row.draw(20, 1);
    QVERIFY(std::equal(few.points.begin(), few.points.end(), set.points.begin()));
}

// Six standard errors: an axis has variance below 2, and E|x|^4 < 8 for all of the sets, so that the average
// of x^2 + y^2 over 2 has variance below 2 / n. False alarms: 3 checks of a set, 2e-9 each. The single point
// is no set of this kind: it is where it is.
void DataSetTest::generatorsAreCentredAndScaled() {
    QFETCH(int, kind);
    if (kind == int(DatasetKind::SinglePoint)) return;
    const int count = 200000;
    const DataSet set = rowOf(kind).draw(count, 11);
    QCOMPARE(set.units, UnitMap{});
    const Moments moments = momentsOf(set.points);
    const double bound = 6.0 * std::sqrt(2.0 / count);
    QVERIFY(std::abs(moments.mean[0]) < bound);
    QVERIFY(std::abs(moments.mean[1]) < bound);
    QVERIFY(std::abs(moments.variance - 1.0) < bound);
}

void DataSetTest::drawsAreTheGoldenOnes() {
    const std::vector<Choice> choices = choicesOf(datasets());
    std::set<std::string> known;
    for (const QStringList& row : goldenTable("draws.csv")) {
        const std::string id = row[0].toStdString();
        const auto i = row[1].toUInt();
        const DataSet set = rowOf(requireIndex(choices, id, "data set")).draw(int(i) + 1, 5);
        QVERIFY2(std::abs(double(set.points[2 * i]) - row[2].toDouble()) < 2e-6, row.join(',').toUtf8());
        QVERIFY2(std::abs(double(set.points[2 * i + 1]) - row[3].toDouble()) < 2e-6, row.join(',').toUtf8());
        QCOMPARE(set.labels.empty() ? -1 : set.labels[i], row[4].toInt());
        known.insert(id);
    }
    for (const DatasetRow& row : datasets())
        if (!row.isTable && !row.drawText)
            QVERIFY2(known.contains(std::string(row.choice.id)), row.choice.id.data());
}

void DataSetTest::mixturesAreWhatIsDrawn_data() {
    QTest::addColumn<int>("kind");
    for (const DatasetRow& row : datasets())
        if (row.mixture) QTest::addRow("%s", row.choice.id.data()) << int(&row - datasets().data());
}

// The draws of each component against its own weight, mean and covariance: six standard errors each. The
// variance of a product of two centred normals is xx yy + xy^2, and 2 xx^2 of a square.
void DataSetTest::mixturesAreWhatIsDrawn() {
    QFETCH(int, kind);
    const int count = 200000;
    const DataSet set = rowOf(kind).draw(count, 3);
    QCOMPARE(set.mixture.size(), std::max(set.classes.size(), std::size_t{1}));
    std::array<double, 2> mean{};
    double trace = 0.0;
    double weights = 0.0;
    for (std::size_t k = 0; k < set.mixture.size(); ++k) {
        const GaussianComponent& part = set.mixture[k];
        QCOMPARE(part.label, std::int32_t(k));
        const auto [xx, xy, yy] = part.covariance;
        QVERIFY(xx >= 0.0 && yy >= 0.0 && xx * yy - xy * xy >= -1e-15);
        double n = 0.0;
        std::array<double, 5> sums{};
        for (std::size_t i = 0; i < set.size(); ++i) {
            if (!set.labels.empty() && set.labels[i] != part.label) continue;
            const double x = double(set.points[2 * i]) - part.mean[0];
            const double y = double(set.points[2 * i + 1]) - part.mean[1];
            const std::array terms{x, y, x * x, x * y, y * y};
            for (std::size_t j = 0; j < 5; ++j) sums[j] += terms[j];
            ++n;
        }
        QVERIFY(std::abs(n / count - part.weight) < 6.0 * std::sqrt(part.weight / count));
        const std::array expected{0.0, 0.0, xx, xy, yy};
        const std::array variance{xx, yy, 2.0 * xx * xx, xx * yy + xy * xy, 2.0 * yy * yy};
        for (std::size_t j = 0; j < 5; ++j)
            QVERIFY(std::abs(sums[j] / n - expected[j]) <= 6.0 * std::sqrt(variance[j] / n) + 1e-12);
        weights += part.weight;
        for (std::size_t axis = 0; axis < 2; ++axis) mean[axis] += part.weight * part.mean[axis];
        trace += part.weight * (xx + yy + part.mean[0] * part.mean[0] + part.mean[1] * part.mean[1]);
    }
    QVERIFY(std::abs(weights - 1.0) < 1e-14);
    if (kind == int(DatasetKind::SinglePoint)) return;
    QVERIFY(std::abs(mean[0]) < 1e-14 && std::abs(mean[1]) < 1e-14);
    QVERIFY(std::abs(trace - 2.0) < 1e-14);
}

void DataSetTest::exactCases() {
    const DataSet point = rowOf(int(DatasetKind::SinglePoint)).draw(100, 7);
    for (std::size_t i = 0; i < point.size(); ++i) {
        QCOMPARE(point.points[2 * i], 0.75f);
        QCOMPARE(point.points[2 * i + 1], -0.5f);
    }
    QCOMPARE(point.mixture[0].covariance, (std::array{0.0, 0.0, 0.0}));
    const DataSet normal = rowOf(int(DatasetKind::StandardNormal)).draw(100, 7);
    for (std::size_t i = 0; i < normal.size(); ++i) {
        const auto words = philox(7, Stream::Data, std::uint32_t(i), 0);
        const auto z = normalsOf(words[2], words[3]);
        QCOMPARE(normal.points[2 * i], z[0]);
        QCOMPARE(normal.points[2 * i + 1], z[1]);
    }
    QCOMPARE(normal.mixture[0].covariance, (std::array{1.0, 0.0, 1.0}));
}

void DataSetTest::paintedPointsStayWhereTheyAre() {
    const std::vector<float> strokes{0.5f, -1.0f, 2.0f, 3.0f};
    const DataSet set = paintedPoints(strokes);
    QCOMPARE(set.points, strokes);
    QCOMPARE(set.units, UnitMap{});
    QVERIFY(set.labels.empty() && set.mixture.empty());
    QCOMPARE(paintedPoints(std::vector<float>{1.0f, 1.0f}).size(), std::size_t{1});
    QVERIFY_EXCEPTION_THROWN((void)paintedPoints({}), InputError);
    QVERIFY_EXCEPTION_THROWN((void)paintedPoints(std::vector<float>{1.0f, INFINITY}), InputError);
}

// Of block letters: A is a full square, B two bars, a blank is as wide as a letter. "A B" reaches from 0 to
// 12 pixels, A being 4 by 4 and B's bars 1 by 4 each at 8 and 11. Mass 16 and 8; mean x (16 * 2 + 8 * 10)/24
// = 14/3, E[x^2] = (16 (4 + 16/12) + 4 (8.5^2 + 1/12) + 4 (11.5^2 + 1/12))/24; y is uniform over 4.
void DataSetTest::lettersAreDrawnFromTheirInk() {
    const DataSettings settings{DatasetKind::Letters, 5000, "A B"};
    const DataSet set = drawFrom(settings, 5000, 9);
    QCOMPARE(set.classes, (std::vector<std::string>{"A", "B"}));
    const double meanX = 14.0 / 3.0;
    const double squareX = (16.0 * (4.0 + 16.0 / 12.0) + 4.0 * (8.5 * 8.5 + 11.5 * 11.5 + 2.0 / 12.0)) / 24.0;
    const double scale = std::sqrt((squareX - meanX * meanX + 16.0 / 12.0) / 2.0);
    int inA = 0;
    for (std::size_t i = 0; i < set.size(); ++i) {
        const double x = meanX + scale * double(set.points[2 * i]);
        const double y = 2.0 + scale * double(set.points[2 * i + 1]);
        const bool a = set.labels[i] == 0;
        inA += a;
        const bool inside =
            a ? x > -1e-5 && x < 4.00001 : (x > 7.9999 && x < 9.00001) || (x > 10.9999 && x < 12.00001);
        QVERIFY(inside && y > -1e-5 && y < 4.00001);
    }
    // Two thirds of the ink; six standard errors.
    QVERIFY(std::abs(inA / 5000.0 - 2.0 / 3.0) < 6.0 * std::sqrt(2.0 / 9.0 / 5000.0));
    QCOMPARE(trainingData(settings, 9)->points, set.points);
    QCOMPARE(freshDraws(settings, set, 7, 9).from, std::string("generator"));
    QVERIFY(freshDraws(settings, set, 5000, 9).points != set.points);
    QCOMPARE(drawFrom({DatasetKind::Letters, 1, "ABBA"}, 50, 1).classes.size(), std::size_t{2});
}

void DataSetTest::unusableLettersAreRefused() {
    const auto refusal = [](const std::string& text) {
        try {
            requireLetters(text);
        } catch (const InputError& error) {
            return QString::fromUtf8(error.what());
        }
        return QString();
    };
    QVERIFY(refusal("A").isEmpty());
    QVERIFY(refusal(std::string(24, 'B')).isEmpty());
    QVERIFY(refusal("").contains("0 characters; from 1 to 24"));
    QVERIFY(refusal(std::string(25, 'B')).contains("25 characters"));
    QVERIFY(refusal("   ").contains("spaces only"));
    QVERIFY(refusal("A\nB").contains("control character"));
    QVERIFY(refusal("é").contains("The font has no letter \"é\""));
    QVERIFY(refusal("A\xC3").contains("not UTF-8"));
    QVERIFY(refusal("\xFF").contains("not UTF-8"));
}

void DataSetTest::picturesAreDensities() {
    // Two pixels of 2 units, three times as dark on the left; below them one that is blank, and one of the
    // least darkness.
    const DensityImage image{2, 2, {3.0f, 1.0f, 0.0f, 1e-30f}, 0.0, -2.0, 2.0};
    const DataSet set = pointsOfImage(image, 40000, 2);
    QVERIFY(std::abs(set.units.offset[0] - 1.5) < 1e-12);
    QVERIFY(std::abs(set.units.offset[1] - 3.0) < 1e-12);
    // x: 1/4 of a step of 2 and 3/4 of none, plus the pixel's own; y: the pixel's own.
    QVERIFY(std::abs(set.units.scale[0] - std::sqrt((0.75 + 2.0 * 4.0 / 12.0) / 2.0)) < 1e-12);
    QCOMPARE(set.units.scale[0], set.units.scale[1]);
    int left = 0;
    for (std::size_t i = 0; i < set.size(); ++i) {
        const double x = set.units.offset[0] + set.units.scale[0] * double(set.points[2 * i]);
        const double y = set.units.offset[1] + set.units.scale[1] * double(set.points[2 * i + 1]);
        QVERIFY(x > -1e-5 && x < 4.00001 && y > 1.9999 && y < 4.00001);
        left += x < 2.0;
    }
    QVERIFY(std::abs(left / 40000.0 - 0.75) < 6.0 * std::sqrt(0.1875 / 40000.0));
    QCOMPARE(pointsOfImage(image, 40000, 2).points, set.points);
    QVERIFY_EXCEPTION_THROWN((void)pointsOfImage({1, 1, {0.0f}}, 1, 1), InputError);
    QVERIFY_EXCEPTION_THROWN((void)pointsOfImage({}, 1, 1), InputError);
}

void DataSetTest::tablesAreCentredAndScaled() {
    QFETCH(int, kind);
    const DataSet set = rowOf(kind).draw(0, 1);
    for (std::size_t axis = 0; axis < 2; ++axis) {
        double mean = 0.0;
        double square = 0.0;
        for (std::size_t i = axis; i < set.points.size(); i += 2) {
            mean += double(set.points[i]) / double(set.size());
            square += double(set.points[i]) * double(set.points[i]) / double(set.size());
        }
        QVERIFY(std::abs(mean) < 1e-6);
        QVERIFY(std::abs(square - 1.0) < 1e-6);
    }
}

// Means and counts as the sources' own documentation gives them.
void DataSetTest::tablesAreTheirMeasurements() {
    const DataSet geyser = rowOf(int(DatasetKind::OldFaithful)).draw(0, 1);
    QCOMPARE(geyser.size(), std::size_t{272});
    QVERIFY(std::abs(geyser.units.offset[0] - 3.487783) < 1e-6);
    QVERIFY(std::abs(geyser.units.offset[1] - 70.89706) < 1e-5);
    QVERIFY(std::abs(geyser.units.offset[0] + geyser.units.scale[0] * double(geyser.points[0]) - 3.6) < 1e-6);
    QVERIFY(std::abs(geyser.units.offset[1] + geyser.units.scale[1] * double(geyser.points[1]) - 79.0) <
            1e-5);
    QVERIFY(geyser.classes.empty());

    const DataSet birds = rowOf(int(DatasetKind::Penguins)).draw(0, 1);
    QCOMPARE(birds.size(), std::size_t{342});
    QVERIFY(std::abs(birds.units.offset[0] - 43.92193) < 1e-5);
    QVERIFY(std::abs(birds.units.offset[1] - 17.15117) < 1e-5);
    QCOMPARE(birds.classes, (std::vector<std::string>{"Adelie", "Chinstrap", "Gentoo"}));
    std::array<int, 3> counts{};
    for (const std::int32_t label : birds.labels) ++counts[std::size_t(label)];
    QCOMPARE(counts, (std::array<int, 3>{151, 68, 123}));
    QCOMPARE(birds.axes[0], std::string("bill length (mm)"));
}

void DataSetTest::tableDrawsAreRowsOfTheTable() {
    QFETCH(int, kind);
    const DataSet whole = rowOf(kind).draw(0, 1);
    QCOMPARE(rowOf(kind).draw(0, 2).points, whole.points);
    const DataSet draws = rowOf(kind).draw(10000, 1);
    QCOMPARE(draws.units, whole.units);
    std::set<std::tuple<float, float, std::int32_t>> rows;
    for (std::size_t i = 0; i < whole.size(); ++i)
        rows.emplace(whole.points[2 * i], whole.points[2 * i + 1],
                     whole.labels.empty() ? 0 : whole.labels[i]);
    std::set<std::tuple<float, float, std::int32_t>> drawn;
    for (std::size_t i = 0; i < draws.size(); ++i)
        drawn.emplace(draws.points[2 * i], draws.points[2 * i + 1],
                      draws.labels.empty() ? 0 : draws.labels[i]);
    QVERIFY(std::includes(rows.begin(), rows.end(), drawn.begin(), drawn.end()));
    // 10,000 draws of at most 342 rows miss one with probability 342 exp(-29) = 7e-11.
    QCOMPARE(drawn.size(), rows.size());
}

void DataSetTest::trainingDataIsWhatTheSettingsSay() {
    DataSettings settings;
    settings.points = 321;
    QCOMPARE(trainingData(settings, 1)->points, rowOf(0).draw(321, 1).points);
    settings.dataset = DatasetKind::OldFaithful;
    QCOMPARE(trainingData(settings, 1)->size(), std::size_t{272});
    settings.dataset = DatasetKind::Imported;
    QVERIFY_EXCEPTION_THROWN((void)trainingData(settings, 1), std::logic_error);
}

void DataSetTest::freshDrawsAreNotTheTrainingDraws() {
    const DataSet training = rowOf(0).draw(1000, 4);
    const FreshDraws fresh = freshDraws({DatasetKind::SwissRoll}, training, 1000, 4);
    QCOMPARE(fresh.from, std::string("generator"));
    QCOMPARE(fresh.points.size(), training.points.size());
    QCOMPARE(freshDraws({DatasetKind::SwissRoll}, training, 1000, 4).points, fresh.points);
    QVERIFY(freshDraws({DatasetKind::SwissRoll}, training, 1000, 5).points != fresh.points);
    std::set<std::pair<float, float>> known;
    for (std::size_t i = 0; i < training.size(); ++i)
        known.emplace(training.points[2 * i], training.points[2 * i + 1]);
    for (std::size_t i = 0; i < fresh.points.size(); i += 2)
        QVERIFY(!known.contains({fresh.points[i], fresh.points[i + 1]}));
}

void DataSetTest::tablesHoldOutAFifth() {
    const auto values = [](const std::vector<float>& points) {
        std::set<float> known;
        for (std::size_t i = 0; i < points.size(); i += 2) known.insert(points[i]);
        return known;
    };
    DataSet table;
    for (int i = 0; i < 203; ++i) table.points.insert(table.points.end(), {float(i), float(i)});
    const FreshDraws fresh = freshDraws({DatasetKind::Imported}, table, 4000, 3);
    const std::set<float> held = values(fresh.points);
    const std::set<float> trained = values(trainingPart(table).points);
    QCOMPARE(fresh.from, std::string("held-out fifth"));
    QCOMPARE(fresh.points.size(), std::size_t{8000});
    QCOMPARE(held.size(), std::size_t{40});
    QCOMPARE(trained.size(), std::size_t{163});
    for (const float value : held) QVERIFY(!trained.contains(value));
    // Another seed draws anew from the same fifth.
    const FreshDraws other = freshDraws({DatasetKind::Imported}, table, 4000, 4);
    QVERIFY(other.points != fresh.points);
    QCOMPARE(values(other.points), held);

    table.points.resize(2 * 199);
    const FreshDraws all = freshDraws({DatasetKind::Imported}, table, 4000, 3);
    QCOMPARE(all.from, std::string("the data themselves"));
    QCOMPARE(values(all.points).size(), std::size_t{199});
    QCOMPARE(trainingPart(table).size(), std::size_t{199});

    const DataSet birds = rowOf(int(DatasetKind::Penguins)).draw(0, 1);
    QCOMPARE(trainingPart(birds).labels.size(), trainingPart(birds).size());
}

void DataSetTest::normalisedTables() {
    const std::vector<double> points{1, 7, 3, 7, 5, 7};
    const DataSet set = normalised(points, {"a", "b"});
    QCOMPARE(set.axes[1], std::string("b"));
    QCOMPARE(set.units.offset, (std::array{3.0, 7.0}));
    QVERIFY(std::abs(set.units.scale[0] - std::sqrt(8.0 / 3.0)) < 1e-12);
    QCOMPARE(set.units.scale[1], 1.0);  // an axis without variance is only centred
    for (std::size_t i = 0; i < 3; ++i) {
        QVERIFY(std::abs(double(set.points[2 * i]) - (double(i) - 1.0) * std::sqrt(1.5)) < 1e-6);
        QCOMPARE(set.points[2 * i + 1], 0.0f);
    }
    // Far from zero, tiny or huge: the digits that matter are kept.
    for (const double size : {1e-300, 1e-3, 1e300}) {
        const std::vector<double> scaled{size * 1, size * 7, size * 3, size * 7, size * 5, size * 7};
        const DataSet same = normalised(scaled, {"a", "b"});
        for (std::size_t i = 0; i < 6; ++i) QVERIFY(std::abs(same.points[i] - set.points[i]) < 1e-6f);
    }
    const std::vector<double> shifted{1e9 + 1, 0.1, 1e9 + 3, 0.1, 1e9 + 5, 0.1};
    const DataSet same = normalised(shifted, {"a", "b"});
    for (std::size_t i = 0; i < 6; ++i) QVERIFY(std::abs(same.points[i] - set.points[i]) < 1e-6f);
}

void DataSetTest::unusableTablesAreRefused() {
    QVERIFY_EXCEPTION_THROWN((void)normalised({}, {}), InputError);
    for (const double bad : {double(INFINITY), -double(INFINITY), std::nan("")}) {
        const std::vector<double> points{1, 2, 3, bad};
        QVERIFY_EXCEPTION_THROWN((void)normalised(points, {}), InputError);
    }
}

void DataSetTest::boxesAreATenthWider() {
    const std::vector<float> points{-1, 2, 3, 2, 0, 12};
    const Box box = clampBox(points);
    QVERIFY(std::abs(box.low[0] + 1.2f) < 1e-6f && std::abs(box.high[0] - 3.2f) < 1e-6f);
    QVERIFY(std::abs(box.low[1] - 1.5f) < 1e-6f && std::abs(box.high[1] - 12.5f) < 1e-6f);
    QVERIFY(clampBox({}).low[0] < clampBox({}).high[0]);
    // All equal along an axis, or one point: the guess has room to be wrong.
    const Box one = clampBox(std::vector<float>{0.75f, -0.5f});
    QCOMPARE(one.low, (std::array{-0.25f, -1.5f}));
    QCOMPARE(one.high, (std::array{1.75f, 0.5f}));
}

QTEST_GUILESS_MAIN(DataSetTest)
#include "DataSetTest.moc"
