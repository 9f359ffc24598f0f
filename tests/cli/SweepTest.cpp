#include "Program.h"
#include "settings/Settings.h"

#include <nlohmann/json.hpp>

namespace {

/// The rows without the one column that varies.
QList<QByteArrayList> rowsOf(const QByteArray& csv) {
    QList<QByteArrayList> rows;
    qsizetype varies = -1;
    for (const QByteArray& line : csv.split('\n')) {
        if (line.isEmpty()) continue;
        QByteArrayList cells = line.split(',');
        if (varies < 0) varies = cells.indexOf("seconds");
        if (varies >= 0) cells.removeAt(varies);
        rows.append(cells);
    }
    return rows;
}

constexpr const char* small =
    R"({"schedule.kind": ["linear", "cosine"], "sampler.kind": ["ddpm", "ddim"], "seed": [1, 2],
        "steps": [20, 50], "count": 100, "schedule.steps": 30, "network.width": 8, "network.depth": 1,
        "training.batch": 32, "data.points": 300, "measures": "sliced_w2", "backend": "cpu"})";
/// A second of work or more, for what happens in the middle of it.
constexpr const char* slow =
    R"({"sampler.kind": ["ddpm", "ddim"], "seed": [1, 2, 3, 4], "steps": 300, "count": 300,
        "schedule.steps": 200, "network.width": 48, "data.points": 500, "measures": "sliced_w2",
        "backend": "cpu"})";

}  // namespace

class SweepTest : public QObject, InFolder {
    Q_OBJECT

    QByteArray whole_;  // of the small grid

    /// Starts the slow grid and waits for its first row.
    void startSlow(Program& program, const QString& out) {
        program.start(words("sweep slow.json --threads 1 --out " + out));
        for (int i = 0; i < 3000 && bytesOf(path(out)).count('\n') < 2; ++i) QThread::msleep(10);
    }

  private slots:
    void initTestCase() {
        writeBytes(path("small.json"), small);
        writeBytes(path("slow.json"), slow);
        const Result result = run("sweep small.json --threads 1 --out whole.csv");
        QVERIFY2(result.status == 0, result.err);
        QCOMPARE(result.out, QByteArray());
        QCOMPARE(result.err, QByteArray("diffuscope: 16 combinations, 0 done before.\n"));
        whole_ = bytesOf(path("whole.csv"));
    }

    void aRowForEveryCombination() {
        const QList<QByteArrayList> rows = rowsOf(whole_);
        QCOMPARE(rows.size(), 17);
        QCOMPARE(rows[0].mid(0, 4), (QByteArrayList{"combination", "seed", "backend", "data.points"}));
        const auto column = rows[0].indexOf("sliced_w2");
        QVERIFY(column > 0);
        for (qsizetype i = 1; i < rows.size(); ++i) {
            QCOMPARE(rows[i].size(), rows[0].size());
            QCOMPARE(rows[i][0].toInt(), static_cast<int>(i));
            QVERIFY(rows[i][column].toDouble() > 0.0);
        }
    }

    /// A row holds what training to a file, and evaluating that, gives: in every measure, whatever the
    /// threads.
    void aRowIsAnEvaluation() {
        writeBytes(path("all.json"),
                   R"({"sampler.kind": ["ddpm", "ddim"], "seed": 2, "steps": 30, "count": 80,
                       "schedule.steps": 20, "network.width": 8, "data.points": 300, "backend": "cpu"})");
        for (const char* options : {"--threads 1", "--jobs 2", "--threads 3"}) {
            QFile::remove(path("all.csv"));
            const Result result = run(QString("sweep all.json --quiet --out all.csv ") + options);
            QVERIFY2(result.status == 0, result.err);
            const QByteArrayList lines = bytesOf(path("all.csv")).trimmed().split('\n');
            const QByteArrayList columns = lines[0].split(',');
            QCOMPARE(lines.size(), 3);
            if (!QFile::exists(path("row.diffuscope")))
                QCOMPARE(
                    run("train --dataset swiss-roll --quiet --seed 2 --backend cpu --steps 30 --threads 1 "
                        "--set schedule.steps=20 --set network.width=8 --set data.points=300 "
                        "--out row.diffuscope")
                        .status,
                    0);
            for (const QByteArray& line : lines.mid(1)) {
                const QByteArrayList cells = line.split(',');
                const Result evaluated =
                    run("evaluate row.diffuscope --count 80 --backend cpu --threads 1 --quiet --set "
                        "sampler.kind=" +
                        cells[columns.indexOf("sampler.kind")] +
                        " --set sampler.steps=" + QByteArray::number(diffuscope::Settings{}.sampler.steps));
                QVERIFY2(evaluated.status == 0, evaluated.err);
                const auto json = nlohmann::json::parse(evaluated.out.toStdString());
                QVERIFY(cells[columns.indexOf("from")] == "generator" && json["from"] == "generator");
                const qsizetype first = columns.indexOf("sliced_w2");
                QCOMPARE(columns.size() - first, 10);
                for (qsizetype k = first; k < columns.size(); ++k)
                    QCOMPARE(cells[k].toDouble(), json[columns[k].toStdString()].get<double>());
            }
        }
    }

    void measuresAndFilesAreKeys() {
        QByteArray table = "a,b,c\n";
        for (int i = 0; i < 40; ++i)
            table += QByteArray::number(i) + ",0," + QByteArray::number(i * i % 17) + "\n";
        writeBytes(path("own.csv"), table);
        writeBytes(path("own.json"),
                   R"({"data.set": ["own.csv", "two-moons"], "measures": ["mmd2"], "steps": 5,
                       "count": 50, "schedule.steps": 9, "network.width": 8, "data.points": 60, "backend": "cpu"})");
        const Result three = run("sweep own.json --out own-r.csv");
        QCOMPARE(three.status, 1);
        QVERIFY2(three.err.contains("own.csv: Line 1: there are 3 columns"), three.err);
        QVERIFY(!QFile::exists(path("own-r.csv")));
        writeBytes(path("own.json"),
                   R"({"data.set": "own.csv", "columns": ["a,c", "c,b"], "measures": ["mmd2"],
                       "steps": 5, "count": 50, "schedule.steps": 9, "network.width": 8, "backend": "cpu"})");
        for (const char* jobs : {"1", "2"}) {
            const Result result = run(QString("sweep own.json --out own-%1.csv --quiet --jobs %1").arg(jobs));
            QVERIFY2(result.status == 0, result.err);
            const QByteArrayList lines = bytesOf(path(QString("own-%1.csv").arg(jobs))).trimmed().split('\n');
            QCOMPARE(lines[0], QByteArray("combination,backend,data.set,schedule.steps,network.width,columns,"
                                          "count,steps,seconds,from,mmd2,mmd2_floor"));
            QVERIFY(lines[1].startsWith("1,cpu,own.csv,9,8,\"a,c\",50,5,"));
            QVERIFY(lines[2].startsWith("2,cpu,own.csv,9,8,\"c,b\",50,5,"));
            QVERIFY(lines[1].contains(",the data themselves,"));
        }
        // A quoted cell is two here: what varies is named by its place.
        const auto parts = [this](const char* name) {
            QByteArrayList all;
            for (const QByteArray& line : bytesOf(path(name)).trimmed().split('\n').mid(1))
                for (const QByteArray& cell : line.split(',')) all << cell;
            all.removeAt(9);
            all.removeAt(9 + 12);
            return all;
        };
        QCOMPARE(parts("own-1.csv"), parts("own-2.csv"));
        const Result merged = run("sweep --merge own-1.csv --out own-m.csv");
        QVERIFY2(merged.status == 0, merged.err);
        QCOMPARE(bytesOf(path("own-m.csv")), bytesOf(path("own-1.csv")));
    }

    void guidanceIsSweptOver() {
        writeBytes(path("guided.json"), R"({"data.set": "eight-gaussians", "sampler.denoiser": "mixture",
                       "sampler.class": [0, 2], "sampler.guidance": [0, 1], "steps": 1, "count": 200,
                       "measures": "sliced_w2", "schedule.steps": 60, "network.width": 8, "backend": "cpu"})");
        const Result result = run("sweep guided.json --threads 1 --out guided.csv --quiet");
        QVERIFY2(result.status == 0, result.err);
        const QByteArrayList lines = bytesOf(path("guided.csv")).trimmed().split('\n');
        QCOMPARE(lines.size(), 5);
        std::vector<double> ratio;
        for (const QByteArray& line : lines.mid(1)) {
            const QByteArrayList cells = line.split(',');
            ratio.push_back(cells[cells.size() - 2].toDouble() / cells.last().toDouble());
        }
        QVERIFY(ratio[0] < 3.0 && ratio[1] == ratio[0]);
        QVERIFY(ratio[2] > 10.0 && ratio[3] < 3.0);
    }

    /// What cannot be done is said before hours of training.
    void whatTheDataDoNotHaveIsRefusedAtOnce_data() {
        QTest::addColumn<QByteArray>("grid");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* grid, int status, const char* says) {
            QTest::newRow(grid) << QByteArray(grid) << status << says;
        };
        row(R"({"steps": 100000, "data.set": ["eight-gaussians", "missing.csv"]})", 1,
            "missing.csv: No such file");
        row(R"({"steps": 100000, "data.set": "points.txt"})", 2, "known are .csv, .npy");
        row(R"({"steps": 100000, "sampler.class": [0, 9]})", 2, "Combination 2 (");
        row(R"({"steps": 100000, "sampler.class": 9, "data.set": "two-moons", "network.classes": true})", 2,
            "classes 1 to 2");
        row(R"({"steps": 100000, "sampler.class": 1, "data.set": "two-moons", "network.classes": false})", 2,
            "network.classes");
        row(R"({"steps": 100000, "sampler.denoiser": "mixture", "data.set": ["eight-gaussians", "two-moons"]})",
            2, "no mixture");
    }
    void whatTheDataDoNotHaveIsRefusedAtOnce() {
        QFETCH(QByteArray, grid);
        QFETCH(int, status);
        QFETCH(QString, says);
        writeBytes(path("wrong.json"), grid);
        checkRefusal("sweep wrong.json --out wrong.csv", status, says);
    }

    /// Without the clamp the numbers are left for good: the row is missing, with the reason, and the others
    /// are there.
    void aCombinationThatFailsLeavesTheOthers() {
        writeBytes(
            path("burst.json"),
            R"({"sampler.clamp": ["on", "off"], "schedule.kind": "constant", "schedule.beta-max": 0.999,
                       "schedule.keep-curve": "off", "schedule.steps": 200, "steps": 1, "count": 20,
                       "measures": "sliced_w2", "network.width": 8, "backend": "cpu"})");
        const Result result = run("sweep burst.json --threads 1 --out burst.csv --quiet");
        QCOMPARE(result.status, 1);
        QVERIFY2(result.err.contains("Combination 2 (") && result.err.contains("sampler.clamp=on"),
                 result.err);
        QVERIFY2(result.err.contains("1 of 2 combinations failed; the others are in burst.csv."), result.err);
        QCOMPARE(bytesOf(path("burst.csv")).count('\n'), 2);
    }

    void jobsAndThreadsChangeNothing_data() {
        QTest::addColumn<QString>("options");
        for (const char* options : {"--jobs 1", "--jobs 2", "--jobs 7", "--threads 3"})
            QTest::newRow(options) << options;
    }
    void jobsAndThreadsChangeNothing() {
        QFETCH(QString, options);
        QFile::remove(path("jobs.csv"));
        const Result result = run("sweep small.json --out jobs.csv --quiet " + options);
        QVERIFY2(result.status == 0, result.err);
        QCOMPARE(result.err, QByteArray());
        QCOMPARE(rowsOf(bytesOf(path("jobs.csv"))), rowsOf(whole_));
    }

    void whatIsThereIsKept() {
        QByteArrayList lines = whole_.split('\n');
        lines.removeAt(9);
        lines.removeAt(3);
        const QByteArray kept = lines.join('\n').chopped(7);  // the last line is cut
        writeBytes(path("kept.csv"), kept);
        const Result result = run("sweep small.json --threads 1 --out kept.csv");
        QVERIFY2(result.status == 0, result.err);
        QVERIFY2(result.err.contains("16 combinations, 13 done before."), result.err);
        const QByteArray now = bytesOf(path("kept.csv"));
        QCOMPARE(rowsOf(now), rowsOf(whole_));
        for (const QByteArray& line : kept.split('\n').mid(0, 14)) QVERIFY(now.contains(line + '\n'));
        QCOMPARE(run("sweep small.json --out kept.csv --quiet").status, 0);
        QCOMPARE(bytesOf(path("kept.csv")), now);
    }

    void aKillLosesNoRow() {
        const Result uncut = run("sweep slow.json --out uncut.csv --quiet --threads 1");
        QVERIFY2(uncut.status == 0, uncut.err);
        Program program(folder());
        startSlow(program, "killed.csv");
        program.signal(SIGKILL);
        QCOMPARE(program.finish().status, -1);
        const QByteArray left = bytesOf(path("killed.csv"));
        QVERIFY(left.count('\n') >= 2);
        QVERIFY(left.count('\n') < 9);
        const Result result = run("sweep slow.json --out killed.csv --quiet --jobs 2");
        QVERIFY2(result.status == 0, result.err);
        const QByteArray now = bytesOf(path("killed.csv"));
        QCOMPARE(rowsOf(now), rowsOf(bytesOf(path("uncut.csv"))));
        for (const QByteArray& line : left.split('\n').mid(0, left.count('\n')))
            QVERIFY(now.contains(line + '\n'));
    }

    void anInterruptLeavesAFileToGoOnWith() {
        Program program(folder());
        startSlow(program, "stopped.csv");
        program.signal(SIGINT);
        const Result result = program.finish();
        QVERIFY2(result.status == 130, result.err);
        const auto rows = bytesOf(path("stopped.csv")).count('\n');
        QVERIFY(rows >= 2 && rows < 9);
        const Result again = run("sweep slow.json --threads 1 --out stopped.csv");
        QVERIFY2(again.status == 0, again.err);
        QVERIFY2(again.err.contains("8 combinations, " + QByteArray::number(rows - 1) + " done before."),
                 again.err);
        QCOMPARE(bytesOf(path("stopped.csv")).count('\n'), 9);
    }

    void twoAtOnceAreRefused() {
        Program program(folder());
        startSlow(program, "busy.csv");
        const Result second = run("sweep slow.json --out busy.csv");
        QCOMPARE(second.status, 1);
        QVERIFY2(second.err.contains("busy.csv: Another sweep is writing to it."), second.err);
        program.signal(SIGTERM);
        QCOMPARE(program.finish().status, 130);
    }

    void shardsMakeTheWhole_data() {
        QTest::addColumn<int>("shards");
        QTest::newRow("2") << 2;
        QTest::newRow("3") << 3;
        QTest::newRow("5, more than trainings") << 5;
    }
    void shardsMakeTheWhole() {
        QFETCH(int, shards);
        QString parts;
        for (int i = shards; i > 0; --i) {
            const QString name = QString("part-%1-of-%2.csv").arg(i).arg(shards);
            const Result result =
                run(QString("sweep small.json --quiet --threads 1 --shard %1/%2 --out ").arg(i).arg(shards) +
                    name);
            QVERIFY2(result.status == 0, result.err);
            parts += " " + name;
        }
        for (const char* grid : {"", "small.json"}) {
            const Result merged = run(QString("sweep ") + grid + " --out merged.csv --merge" + parts);
            QVERIFY2(merged.status == 0, merged.err);
            QCOMPARE(rowsOf(bytesOf(path("merged.csv"))), rowsOf(whole_));
        }
        const QString first = QString("part-1-of-%1.csv").arg(shards);
        const Result torn = run("sweep --out torn.csv --merge " + first);
        QCOMPARE(torn.status, 1);
        QVERIFY2(torn.err.contains("are missing"), torn.err);
        QVERIFY(!QFile::exists(path("torn.csv")));
        QCOMPARE(run("sweep small.json --out " + first + QString(" --shard 2/%1").arg(shards)).status, 1);
    }

    void everySettingIsPartOfTheRow() {
        writeBytes(path("given.json"), R"({"steps": 5, "count": 50})");
        const Result result = run(
            "sweep given.json --out given.csv --quiet --seed 4 --backend cpu --set schedule.steps=9 --set "
            "network.width=8");
        QVERIFY2(result.status == 0, result.err);
        QVERIFY(
            bytesOf(path("given.csv"))
                .startsWith("combination,seed,backend,schedule.steps,network.width,count,steps,seconds,"));
        QVERIFY(bytesOf(path("given.csv")).contains("\n1,4,cpu,9,8,50,5,"));
        const Result other = run("sweep given.json --out given.csv --quiet");
        QCOMPARE(other.status, 1);
        QVERIFY2(other.err.contains("given.csv has other columns"), other.err);
    }

    void secondsAreTrainedByTheClock() {
        writeBytes(path("clock.json"),
                   R"({"seconds": [0.05, 0.1], "count": 50, "schedule.steps": 9, "backend": "cpu"})");
        const Result result = run("sweep clock.json --out clock.csv --quiet --jobs 2");
        QVERIFY2(result.status == 0, result.err);
        const QByteArrayList lines = bytesOf(path("clock.csv")).split('\n');
        QVERIFY(lines[0].contains(",count,seconds,steps,"));
        QVERIFY(lines[1].split(',')[5].toInt() > 0);
    }

    void fails_data() {
        refusalColumns();
        const auto row = refusalRow;
        row("sweep", 2, "--out is required");
        row("sweep --out r.csv", 2, "GRID.json");
        row("sweep nowhere.json --out r.csv", 1, "nowhere.json: No such file");
        row("sweep small.json --out r.npy", 2, "known are .csv");
        row("sweep small.json --out no/where.csv", 1, "There is no folder");
        row("sweep small.json --out r.csv --jobs 0", 2, "--jobs");
        row("sweep small.json --out r.csv --shard 3", 2, "not I/N");
        row("sweep small.json --out r.csv --shard 0/2", 2, "not I/N");
        row("sweep small.json --out r.csv --shard 3/2", 2, "not I/N");
        row("sweep small.json --out r.csv --shard 1/2x", 2, "not I/N");
        row("sweep small.json --out r.csv --shard 1/99999999", 2, "not I/N");
        row("sweep small.json --out r.csv --seed 3", 2, "seed is given twice");
        row("sweep small.json --out r.csv --set training.colour=1", 2, "no key \"training.colour\"");
        row("sweep small.json --out r.csv --set view.theme=dark", 2, "no effect on a sweep");
        row("sweep whole.csv --out r.csv", 2, "whole.csv: The grid is not valid JSON");
        row("sweep --merge whole.csv --out r.csv --jobs 2", 2, "--jobs");
        row("sweep --merge whole.csv --out r.csv --seed 2", 2, "together with a GRID.json");
        row("sweep --merge nowhere.csv --out r.csv", 1, "nowhere.csv: No such file");
        row("sweep --merge whole.csv whole.csv --out r.csv", 1, "Combination 1 is twice");
        row("sweep --merge small.json --out r.csv", 1, "small.json");
        row("sweep slow.json --merge whole.csv --out r.csv", 1, "whole.csv has other columns");
        row("sweep slow.json --out whole.csv", 1, "whole.csv has other columns than this sweep");
    }
    void fails() {
        QFETCH(QString, line);
        QFETCH(int, status);
        QFETCH(QString, says);
        const Result result = run(line);
        QVERIFY2(result.status == status, result.err);
        QVERIFY2(QString::fromUtf8(result.err).contains(says), result.err);
        QCOMPARE(result.out, QByteArray());
        QVERIFY(!QFile::exists(path("r.csv")));
        QCOMPARE(bytesOf(path("whole.csv")), whole_);
    }

    void theGpuSweeps() {
        writeBytes(path("gpu.json"), R"({"steps": [1, 2], "seed": [1, 2], "count": 20, "schedule.steps": 3,
                                         "network.width": 8, "training.batch": 16, "data.points": 50})");
        const Result result = run("sweep gpu.json --backend gpu --jobs 2 --out gpu.csv --quiet");
        QVERIFY2(result.status == 0, result.err);
        QCOMPARE(bytesOf(path("gpu.csv")).count('\n'), 5);
    }
};

QTEST_GUILESS_MAIN(SweepTest)
#include "SweepTest.moc"
