#include "Program.h"

#include <QTemporaryDir>
#include <QTest>
#include <QThread>

namespace {

QStringList words(const QString& line) {
    return line.split(' ', Qt::SkipEmptyParts);
}

QByteArray bytesOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void writeBytes(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
}

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
        "training.batch": 32, "data.points": 300, "backend": "cpu"})";
/// A second of work or more, for what happens in the middle of it.
constexpr const char* slow =
    R"({"sampler.kind": ["ddpm", "ddim"], "seed": [1, 2, 3, 4], "steps": 300, "count": 300,
        "schedule.steps": 200, "network.width": 48, "data.points": 500, "backend": "cpu"})";

}  // namespace

class SweepTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    QByteArray whole_;  // of the small grid
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }
    Result run(const QString& line) { return Program(folder_.path()).run(words(line)); }

    /// Starts the slow grid and waits for its first row.
    void startSlow(Program& program, const QString& out) {
        program.start(words("sweep slow.json --out " + out));
        for (int i = 0; i < 3000 && bytesOf(path(out)).count('\n') < 2; ++i) QThread::msleep(10);
    }

  private slots:
    void initTestCase() {
        writeBytes(path("small.json"), small);
        writeBytes(path("slow.json"), slow);
        const Result result = run("sweep small.json --out whole.csv");
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
        const Result result = run("sweep small.json --out kept.csv");
        QVERIFY2(result.status == 0, result.err);
        QVERIFY2(result.err.contains("16 combinations, 13 done before."), result.err);
        const QByteArray now = bytesOf(path("kept.csv"));
        QCOMPARE(rowsOf(now), rowsOf(whole_));
        for (const QByteArray& line : kept.split('\n').mid(0, 14)) QVERIFY(now.contains(line + '\n'));
        QCOMPARE(run("sweep small.json --out kept.csv --quiet").status, 0);
        QCOMPARE(bytesOf(path("kept.csv")), now);
    }

    void aKillLosesNoRow() {
        const Result uncut = run("sweep slow.json --out uncut.csv --quiet");
        QVERIFY2(uncut.status == 0, uncut.err);
        Program program(folder_.path());
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
        Program program(folder_.path());
        startSlow(program, "stopped.csv");
        program.signal(SIGINT);
        const Result result = program.finish();
        QVERIFY2(result.status == 130, result.err);
        const auto rows = bytesOf(path("stopped.csv")).count('\n');
        QVERIFY(rows >= 2 && rows < 9);
        const Result again = run("sweep slow.json --out stopped.csv");
        QVERIFY2(again.status == 0, again.err);
        QVERIFY2(again.err.contains("8 combinations, " + QByteArray::number(rows - 1) + " done before."),
                 again.err);
        QCOMPARE(bytesOf(path("stopped.csv")).count('\n'), 9);
    }

    void twoAtOnceAreRefused() {
        Program program(folder_.path());
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
                run(QString("sweep small.json --quiet --shard %1/%2 --out ").arg(i).arg(shards) + name);
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
        QTest::addColumn<QString>("line");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* line, int status, const char* says) {
            QTest::newRow(line) << line << status << says;
        };
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
