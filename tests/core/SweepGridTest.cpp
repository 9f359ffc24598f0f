#include "Error.h"
#include "denoiser/DenoiserBackend.h"
#include "sweep/SweepTable.h"
#include "training/Trainer.h"

#include <QTest>
#include <set>

using namespace diffuscope;

namespace {

SweepGrid gridOf(const char* json, std::vector<std::string> assignments = {}) {
    return SweepGrid(json, assignments);
}

/// What is thrown, or nothing.
template <typename Act>
QString refusal(const Act& act) {
    try {
        act();
    } catch (const InputError& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

constexpr const char* twoByThree =
    R"({"sampler.kind": ["ddpm", "ddim"], "seed": [1, 2, 3], "steps": [10, 20], "count": 50})";

/// A made-up evaluation whose numbers tell it from others.
Evaluation evaluationOf(double value) {
    Evaluation evaluation{};
    evaluation.from = "generator";
    evaluation.distances = {{value, 1.0}, {-value, 2.0}, {2.0 * value, 3.0}};
    evaluation.bound =
        VariationalBound{.terms = {}, .bitsPerDim = value, .error = 0.125, .count = 1, .note = {}};
    evaluation.logLikelihood.mean = -3.0 * value;
    return evaluation;
}

/// Rows of a table with made-up measures.
std::string filled(const SweepGrid& grid, const std::vector<std::size_t>& combinations) {
    SweepTable table(grid);
    for (const std::size_t i : combinations)
        (void)table.add(i, 1.5, evaluationOf(0.25 + static_cast<double>(i)));
    return table.text();
}

}  // namespace

class SweepGridTest : public QObject {
    Q_OBJECT

  private slots:
    void everyCombinationOnce() {
        const SweepGrid grid = gridOf(twoByThree);
        QCOMPARE(grid.combinations().size(), 12ul);
        QVERIFY((grid.columns() == std::vector<std::string>{"seed", "sampler.kind", "count", "steps"}));
        std::set<std::vector<std::string>> seen;
        for (const SweepCombination& combination : grid.combinations()) seen.insert(combination.texts);
        QCOMPARE(seen.size(), 12ul);
        const SweepCombination& last = grid.combinations()[11];
        QVERIFY((last.texts == std::vector<std::string>{"3", "ddim", "50", "20"}));
        QCOMPARE(last.settings.seed, std::uint64_t{3});
        QCOMPARE(last.settings.sampler.kind, SamplerKind::Ddim);
        QCOMPARE(last.count, 50);
        QCOMPARE(last.steps, std::int64_t{20});
        QVERIFY((grid.combinations()[1].texts == std::vector<std::string>{"1", "ddpm", "50", "20"}));
    }

    void theOrderOfKeysDoesNotMatter() {
        const SweepGrid grid = gridOf(
            R"({"count": 50, "steps": [10, 20], "seed": [1, 2, 3], "sampler.kind": ["ddpm", "ddim"]})");
        const SweepGrid same = gridOf(twoByThree);
        for (std::size_t i = 0; i < 12; ++i)
            QVERIFY(grid.combinations()[i].texts == same.combinations()[i].texts);
    }

    void valuesAreTakenAsNumbersTextsAndToggles() {
        const SweepGrid grid = gridOf(
            R"({"schedule.beta-max": [0.02, "0.1"], "schedule.steps": 1e2, "sampler.clamp": [true, "off"], "seconds": 0.5})",
            {"training.batch=64"});
        QCOMPARE(grid.combinations().size(), 4ul);
        const SweepCombination& last = grid.combinations()[3];
        QCOMPARE(last.settings.schedule.betaMax, 0.1);
        QCOMPARE(last.settings.schedule.steps, 100);
        QCOMPARE(last.settings.sampler.clampX0, false);
        QCOMPARE(last.settings.training.batch, 64);
        QCOMPARE(last.seconds, 0.5);
        QCOMPARE(last.count, SweepGrid::defaultCount);
        QVERIFY(QString::fromStdString(SweepTable(grid).header()).contains(",count,seconds,steps,from,"));
    }

    void refuses_data() {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* json, const char* says) { QTest::newRow(json) << json << says; };
        row("", "not valid JSON");
        row("[1, 2]", "not a JSON object");
        row("{\"steps\": 1", "not valid JSON");
        row(R"({"steps": 1, "steps": 2})", "\"steps\" twice");
        row(R"({"seed": 1})", "either \"steps\" or \"seconds\"");
        row(R"({"steps": 1, "seconds": 1})", "either \"steps\" or \"seconds\"");
        row(R"({"stps": 1})", "no key \"stps\"; did you mean \"steps\"?");
        row(R"({"schedule.kid": "linear", "steps": 1})", "did you mean \"schedule.kind\"?");
        row(R"({"view.theme": "dark", "steps": 1})", "\"view.theme\" has no effect on a sweep");
        row(R"({"schedule.kind": [], "steps": 1})", "\"schedule.kind\" holds an empty list");
        row(R"({"schedule.kind": ["linear", "linear"], "steps": 1})", "holds \"linear\" twice");
        row(R"({"schedule.beta-max": [0.5, "5e-1"], "steps": 1})", "holds \"0.5\" twice");
        row(R"({"schedule.kind": "parabola", "steps": 1})", "known are linear, ");
        row(R"({"schedule.kind": null, "steps": 1})", "holds \"null\"; values are texts");
        row(R"({"schedule.kind": [["linear"]], "steps": 1})", "values are texts");
        row(R"({"schedule.steps": 0, "steps": 1})", "schedule.steps cannot be 0");
        row(R"({"schedule.steps": 1e400, "steps": 1})", "out of range");
        row(R"({"steps": -1})", "steps cannot be \"-1\": it takes a whole number from 0");
        row(R"({"steps": 2.5})", "steps cannot be \"2.5\"");
        row(R"({"seconds": 0})", "seconds cannot be \"0\"");
        row(R"({"steps": 1, "count": 1})", "count cannot be \"1\": it takes a whole number from 2");
        row(R"({"steps": 1, "one-network": "yes"})", "takes true or false");
        row(R"({"steps": 1, "one-network": true})", "\"one-network\" has no effect");
        row(R"({"schedule.beta-min": [0.001, 0.5], "schedule.beta-max": [0.1], "steps": 1})",
            "Combination 2 of the grid (schedule.beta-min=0.5, schedule.beta-max=0.1, count=2000, steps=1): "
            "schedule.beta-min");
        row(R"({"steps": 1, "count": 100001})", "it takes a whole number from 2 to 100000");
        row(R"({"steps": 1, "measures": []})", "\"measures\" holds an empty list");
        row(R"({"steps": 1, "measures": ["fid"]})", "known are sliced_w2, mmd2, ");
        row(R"({"steps": 1, "measures": ["mmd2", "mmd2"]})", "twice");
        row(R"({"steps": 1, "data.set": "imported"})", "given as a file in data.set");
        row(R"({"steps": 1, "columns": "a,b"})", "columns belongs to a table");
        row(R"({"steps": 1, "data.set": ["a.csv", "two-moons"], "columns": "a,b"})",
            "Combination 2 of the grid");
        row(R"({"steps": 1, "data.set": "a.csv", "columns": "a"})", "are not two");
        row(R"({"training.batch": 65536, "network.width": 512, "network.depth": 8, "steps": 1})", "GFLOP");
    }
    void refuses() {
        QFETCH(QString, json);
        QFETCH(QString, says);
        const QString said = refusal([&] { (void)SweepGrid(json.toStdString(), {}); });
        QVERIFY2(said.contains(says), qPrintable(said));
    }

    void measuresAreChosen() {
        const auto columnsOf = [](const char* json) {
            const SweepGrid grid(json, {});
            const Cells columns = csvLines(SweepTable(grid).header())[0];
            return std::vector<std::string>(columns.begin() + 3, columns.end());
        };
        QVERIFY(
            (columnsOf(R"({"steps": 1})") ==
             std::vector<std::string>{"seconds", "from", "sliced_w2", "sliced_w2_floor", "mmd2", "mmd2_floor",
                                      "energy_distance", "energy_distance_floor", "bound_bits_per_dim",
                                      "bound_error", "log_likelihood", "log_likelihood_error"}));
        QVERIFY((columnsOf(R"({"steps": 1, "measures": ["log_likelihood", "mmd2"]})") ==
                 std::vector<std::string>{"seconds", "from", "mmd2", "mmd2_floor", "log_likelihood",
                                          "log_likelihood_error"}));
        QVERIFY((columnsOf(R"({"steps": 1, "measures": "energy_distance"})") ==
                 std::vector<std::string>{"seconds", "from", "energy_distance", "energy_distance_floor"}));
        // Files of fewer measures are merged as well as the others.
        const SweepGrid few = gridOf(R"({"seed": [1, 2], "steps": 1, "measures": "mmd2"})");
        const std::vector<SweepPart> parts{{"a", filled(few, {1})}, {"b", filled(few, {0})}};
        QVERIFY(mergeSweep(parts) == filled(few, {0, 1}));
        const SweepGrid all = gridOf(R"({"seed": [1, 2], "steps": 1})");
        QVERIFY(!refusal([&] { SweepTable(all).read(parts[0].text, "a"); }).isEmpty());
        // A bound that is infinite is written so.
        Evaluation evaluation = evaluationOf(1.0);
        evaluation.bound.reset();
        SweepTable table(all);
        (void)table.add(0, 1.0, evaluation);
        QVERIFY(csvLines(table.text())[1][12] == "inf");
        SweepTable again(all);
        again.read(table.text(), "R.csv");
        QVERIFY(again.has(0));
    }

    void filesAreDataSets() {
        const SweepGrid grid =
            gridOf(R"({"data.set": ["two-moons", "my/a.csv", "b.npy"], "seed": [1, 2], "steps": [1, 2]})");
        QCOMPARE(grid.combinations().size(), 12ul);
        std::set<std::pair<std::string, std::uint64_t>> files;
        for (const SweepTraining& training : grid.trainings()) {
            files.emplace(training.file, training.settings.seed);
            QCOMPARE(training.settings.data.dataset,
                     training.file.empty() ? DatasetKind::TwoMoons : DatasetKind::Imported);
        }
        QCOMPARE(grid.trainings().size(), 6ul);
        QCOMPARE(files.size(), 6ul);
        const SweepGrid table = gridOf(R"({"data.set": "a.csv", "columns": ["x,y", "1,3"], "steps": 1})");
        QVERIFY((table.columns() == std::vector<std::string>{"data.set", "columns", "count", "steps"}));
        QCOMPARE(table.trainings().size(), 2ul);
        QVERIFY(table.trainings()[1].columns == "1,3");
    }

    void theNumberOfCombinationsIsBounded() {
        std::string seeds = "0";
        for (int i = 1; i < 400; ++i) seeds.append(",").append(std::to_string(i));
        const std::string json = "{\"seed\": [" + seeds + "], \"steps\": [" + seeds + "]}";
        const QString said = refusal([&] { (void)SweepGrid(json, {}); });
        QVERIFY2(said.contains("more than 100000 combinations"), qPrintable(said));
    }

    /// As many as are accepted, within seconds.
    void aGridMayHaveThatMany() {
        std::string seeds = "0";
        for (std::size_t i = 1; i < SweepGrid::mostCombinations; ++i)
            seeds.append(",").append(std::to_string(i));
        const SweepGrid grid("{\"seed\": [" + seeds + "], \"steps\": 0}", {});
        QCOMPARE(grid.combinations().size(), SweepGrid::mostCombinations);
        QCOMPARE(grid.trainings().size(), SweepGrid::mostCombinations);
        QVERIFY(refusal([&] {
                    (void)SweepGrid("{\"seed\": [" + seeds + ",100000], \"steps\": 0}", {});
                }).contains("more than 100000 values"));
    }

    void aSettingGivenTwiceIsRefused() {
        const QString said = refusal([] { (void)gridOf(twoByThree, {"seed=4"}); });
        QVERIFY2(said.contains("seed is given twice"), qPrintable(said));
    }

    void whatTrainingCannotSeeSharesIt() {
        const SweepGrid grid = gridOf(twoByThree);
        QCOMPARE(grid.trainings().size(), 3ul);  // one for each seed
        for (const SweepTraining& training : grid.trainings()) {
            QCOMPARE(training.combinations.size(), 4ul);
            for (std::size_t i = 1; i < 4; ++i)
                QVERIFY(grid.combinations()[training.combinations[i - 1]].steps <=
                        grid.combinations()[training.combinations[i]].steps);
        }
        const SweepGrid schedules = gridOf(R"({"schedule.kind": ["linear", "cosine"], "steps": 10})");
        QCOMPARE(schedules.trainings().size(), 2ul);
        const SweepGrid backends = gridOf(R"({"backend": ["cpu", "gpu"], "steps": 10})");
        QCOMPARE(backends.trainings().size(), 2ul);
    }

    /// Every setting of the sampler, tried out: with it at its other end the same steps give the same
    /// weights.
    void noTrainingSeesTheSampler() {
        const Settings settings = [] {
            Settings s;
            s.backend = BackendKind::Cpu;
            s.data.points = 64;
            s.network = {.width = 8, .depth = 1};
            s.training.batch = 16;
            return s;
        }();
        const auto trained = [](const Settings& s) {
            Trainer trainer(s, trainingData(s.data, s.seed), makeBackend(BackendKind::Cpu, 1));
            (void)trainer.advance(5);
            return trainer.backend().state().parameters;
        };
        const std::vector<float> usual = trained(settings);
        for (const Field& field : fields()) {
            if (field.group != Group::Sampler || field.type == FieldType::Text) continue;
            for (const double value : {field.minimum, field.upper()}) {
                Settings changed = settings;
                field.set(changed, value);
                if (costOfChange(settings, changed) > Cost::Resample) continue;
                QVERIFY2(trained(changed) == usual, std::string(field.id).c_str());
            }
        }
    }

    void oneNetworkServesAllSchedules() {
        const SweepGrid grid = gridOf(
            R"({"schedule.kind": ["cosine", "linear"], "schedule.steps": [100, 200], "steps": 10, "one-network": true})");
        QCOMPARE(grid.trainings().size(), 1ul);
        QCOMPARE(grid.trainings()[0].settings.schedule.kind, ScheduleKind::Cosine);
        QCOMPARE(grid.trainings()[0].settings.schedule.steps, 100);
        QVERIFY(
            (grid.columns() == std::vector<std::string>{"schedule.kind", "schedule.steps", "count", "steps",
                                                        "trained.schedule.kind", "trained.schedule.steps"}));
        QVERIFY((grid.combinations()[3].texts ==
                 std::vector<std::string>{"linear", "200", "2000", "10", "cosine", "100"}));
        // A network that is told the step's index is of its own schedule only.
        const SweepGrid indexed = gridOf(
            R"({"schedule.kind": ["cosine", "linear"], "network.conditioning": "step-index", "steps": 10, "one-network": true})");
        QCOMPARE(indexed.trainings().size(), 2ul);
        QCOMPARE(indexed.combinations()[1].texts.back(), std::string("linear"));
    }

    void everySecondsIsATrainingOfItsOwn() {
        const SweepGrid grid = gridOf(R"({"seconds": [1, 2], "sampler.kind": ["ddpm", "ddim"]})");
        QCOMPARE(grid.trainings().size(), 2ul);
    }

    void shardsPartTheGrid() {
        for (const char* json :
             {twoByThree, R"({"sampler.kind": ["ddpm", "ddim"], "steps": [1, 2, 3, 4]})"}) {
            const SweepGrid grid = gridOf(json);
            for (const std::size_t shards : {1ul, 2ul, 3ul, 5ul, 40ul}) {
                std::set<std::size_t> all;
                std::size_t count = 0;
                for (std::size_t shard = 1; shard <= shards; ++shard) {
                    const auto part = grid.shard(shard, shards);
                    QVERIFY(std::is_sorted(part.begin(), part.end()));
                    all.insert(part.begin(), part.end());
                    count += part.size();
                }
                QCOMPARE(all.size(), grid.combinations().size());
                QCOMPARE(count, all.size());
            }
        }
        // A training is not torn apart where there are enough of them.
        const SweepGrid grid = gridOf(twoByThree);
        for (const std::size_t i : grid.shard(2, 3)) QCOMPARE(grid.combinations()[i].training, 1ul);
    }

    void csvCellsComeBack() {
        const Cells cells{"plain", "", "beta:0,-4;1,-1.7", "a \"b\"", "two\nlines"};
        const auto lines = csvLines(csvLine(cells) + csvLine(cells) + "cut,off");
        QCOMPARE(lines.size(), 2ul);
        QVERIFY(lines[0] == cells && lines[1] == cells);
        QVERIFY(refusal([] { (void)csvLines("a\"b\n"); }).contains("Line 1"));
    }

    void rowsComeBackInTheOrderOfTheGrid() {
        const SweepGrid grid = gridOf(twoByThree);
        const std::string all = filled(grid, grid.shard(1, 1));
        // Backwards, with the last line cut.
        auto lines = csvLines(all);
        std::string text = csvLine(lines[0]);
        for (std::size_t i = lines.size() - 1; i > 0; --i) text += csvLine(lines[i]);
        SweepTable table(grid);
        table.read(text.substr(0, text.size() - 3), "R.csv");
        QCOMPARE(table.size(), 11ul);
        QVERIFY(!table.has(0));
        QVERIFY(table.has(11));
        SweepTable whole(grid);
        whole.read(text, "R.csv");
        QVERIFY(whole.text() == all);
        SweepTable none(grid);
        none.read("combi", "R.csv");
        none.read("", "R.csv");
        QCOMPARE(none.size(), 0ul);
    }

    void aGrownGridKeepsItsRows() {
        const SweepGrid small = gridOf(R"({"seed": [2, 3], "steps": 10})");
        const SweepGrid grown = gridOf(R"({"seed": [1, 2, 3], "steps": [5, 10]})");
        SweepTable table(grown);
        table.read(filled(small, {0, 1}), "R.csv");
        QCOMPARE(table.size(), 2ul);
        QVERIFY(table.has(3) && table.has(5));
        QCOMPARE(csvLines(table.text())[1].front(), std::string("4"));
    }

    void otherFilesAreRefused() {
        const SweepGrid grid = gridOf(twoByThree);
        const std::string good = filled(grid, {0, 4});
        const auto said = [&](const std::string& text) {
            return refusal([&] { SweepTable(grid).read(text, "R.csv"); });
        };
        QVERIFY(said(good).isEmpty());
        QVERIFY(said("x,y\n1,2\n").contains("R.csv has other columns"));
        QVERIFY(said(filled(gridOf(R"({"steps": 1})"), {0})).contains("of another grid"));
        const SweepGrid others =
            gridOf(R"({"sampler.kind": ["ddpm", "ddim"], "seed": [1, 9], "steps": [10, 20], "count": 50})");
        QVERIFY(said(filled(others, {0, 5})).contains("R.csv: line 3 is not of this grid"));
        const auto lines = csvLines(good);
        QVERIFY(said(good + csvLine(lines[1])).contains("line 4 repeats combination 1"));
        QVERIFY(said(good + "1,2\n").contains("line 4 has 2 cells"));
        Cells wrong = lines[1];
        wrong.back() = "much";
        QVERIFY(said(csvLine(lines[0]) + csvLine(wrong)).contains("line 2 holds \"much\" for a number"));
        wrong = lines[1];
        wrong.front() = "first";
        QVERIFY(said(csvLine(lines[0]) + csvLine(wrong)).contains("begins with \"first\""));
    }

    void partsAreMerged() {
        const SweepGrid grid = gridOf(twoByThree);
        const std::string all = filled(grid, grid.shard(1, 1));
        for (const std::size_t shards : {1ul, 2ul, 3ul, 5ul}) {
            std::vector<SweepPart> parts;
            for (std::size_t i = shards; i > 0; --i)
                parts.push_back({std::to_string(i) + ".csv", filled(grid, grid.shard(i, shards))});
            QVERIFY(mergeSweep(parts) == all);
        }
    }

    void partsThatDoNotMakeAWholeAreRefused() {
        const SweepGrid grid = gridOf(twoByThree);
        const SweepPart a{"a.csv", filled(grid, {0, 1, 2, 3, 4, 5})};
        const SweepPart b{"b.csv", filled(grid, {6, 7, 8, 9, 10, 11})};
        const auto said = [](std::vector<SweepPart> parts) {
            return refusal([&] { (void)mergeSweep(parts); });
        };
        QVERIFY(said({a, b}).isEmpty());
        QVERIFY(said({a, a}).contains("Combination 1 is twice in a.csv and a.csv"));
        QVERIFY(said({a, {"c.csv", "x,y\n1,2\n"}}).contains("c.csv is not the result of a sweep"));
        QVERIFY(said({a, {"c.csv", filled(gridOf(R"({"steps": 1})"), {0})}})
                    .contains("other columns than a.csv"));
        QVERIFY(said({a, {"c.csv", filled(grid, {6, 7, 9, 10, 11})}})
                    .contains("1 of 12 combinations are missing: 9."));
        QVERIFY(said({a, {"c.csv", ""}}).contains("c.csv is not the result"));
        const SweepGrid others = gridOf(
            R"({"sampler.kind": ["ddpm", "ddim"], "seed": [7, 8, 9], "steps": [10, 20], "count": 50})");
        QVERIFY(said({a, {"c.csv", filled(others, {0})}}).contains("of different grids"));
        const SweepGrid swapped = gridOf(
            R"({"sampler.kind": ["ddpm", "ddim"], "seed": [3, 2, 1], "steps": [10, 20], "count": 50})");
        QVERIFY(said({a, {"c.csv", filled(swapped, {8})}}).contains("of different grids"));
    }

    void missingOnesAreNamed() {
        const SweepGrid grid = gridOf(twoByThree);
        SweepTable table(grid);
        table.read(filled(grid, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), "R.csv");
        QVERIFY(refusal([&] { table.requireAll(); }).contains("2 of 12 combinations are missing: 11, 12."));
    }
};

QTEST_GUILESS_MAIN(SweepGridTest)
#include "SweepGridTest.moc"
