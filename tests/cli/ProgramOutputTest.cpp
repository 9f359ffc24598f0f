#include "Program.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

using nlohmann::json;

/// What the verbs write: bytes that repeat, units, shapes, and files that others can read.
class ProgramOutputTest : public QObject, InFolder {
    Q_OBJECT

  private slots:
    void initTestCase() {
        const Result trained = trainSessions();
        QVERIFY2(trained.status == 0, trained.err);
    }

    void writesTheSameBytes_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("ending");
        const auto row = [](const char* line, const char* ending) { QTest::newRow(line) << line << ending; };
        row("train --dataset penguins --steps 1", "diffuscope");
        row("train --dataset s-curve --steps 60 --seed 5 --set training.batch=300", "diffuscope");
        row("train --resume roll.diffuscope --steps 30", "diffuscope");
        row("sample roll.diffuscope --count 3000 --steps 20", "npy");
        row("sample roll.diffuscope --count 700 --sampler ddim --steps 10 --eta 0.5", "csv");
        row("sample roll.diffuscope --count 300 --denoiser ideal --steps 20 --trajectories", "npy");
    }
    void writesTheSameBytes() {
        QFETCH(QString, line);
        QFETCH(QString, ending);
        QByteArray first;
        for (const char* threads : {"1", "1", "2", "3"}) {
            const QString name = "same." + ending;
            QFile::remove(path(name));
            const Result result = run(line + " --backend cpu --threads " + threads + " --out " + name);
            QVERIFY2(result.status == 0, result.err);
            const QByteArray bytes = bytesOf(path(name));
            QVERIFY(!bytes.isEmpty());
            if (first.isEmpty()) first = bytes;
            QVERIFY2(bytes == first, threads);
        }
    }

    void seedsGiveOtherDraws() {
        const QString line = "sample roll.diffuscope --count 4 --steps 5 --backend cpu --seed ";
        QCOMPARE(run(line + "1").out, run(line + "1").out);
        QVERIFY(run(line + "1").out != run(line + "2").out);
    }

    void trajectoriesGoFromNoiseToTheSample() {
        const QString line = "sample roll.diffuscope --count 400 --steps 25 --backend cpu ";
        QCOMPARE(run(line + "--trajectories --out path.npy").status, 0);
        QCOMPARE(run(line + "--out end.npy").status, 0);
        const auto all = floatsOf(bytesOf(path("path.npy")), "(26, 400, 2)");
        const auto end = floatsOf(bytesOf(path("end.npy")), "(400, 2)");
        QCOMPARE(all.size(), 26ul * 800);
        QVERIFY(std::vector<float>(all.end() - 800, all.end()) == end);
        double square = 0.0;
        for (std::size_t i = 0; i < 800; ++i) square += static_cast<double>(all[i] * all[i]) / 800.0;
        QVERIFY2(std::abs(square - 1.0) < 0.2, qPrintable(QString::number(square)));
    }

    void importedPointsComeBackInTheirOwnUnits() {
        const QString line =
            "sample table.diffuscope --count 200 --denoiser ideal --steps 200 --backend cpu --out ";
        QCOMPARE(run(line + "own.npy").status, 0);
        QCOMPARE(run(line + "model.npy --units model").status, 0);
        const auto own = floatsOf(bytesOf(path("own.npy")), "(200, 2)");
        const auto model = floatsOf(bytesOf(path("model.npy")), "(200, 2)");
        QCOMPARE(own.size(), 400ul);
        // Mean and standard deviation of the two columns of good.csv, calculated by hand.
        const double mean[] = {616.0 / 6.0, 32.75 / 6.0};
        const double deviation[] = {std::sqrt(23.0 + 1.0 / 3.0) / std::sqrt(6.0),
                                    std::sqrt(5.052083333333333 / 6.0)};
        for (std::size_t i = 0; i < own.size(); ++i)
            QVERIFY(std::abs(static_cast<double>(own[i]) - mean[i % 2] -
                             deviation[i % 2] * static_cast<double>(model[i])) < 1e-4);
        // The ideal denoiser reproduces the training points.
        const double widths[] = {100, 101, 102, 103, 104, 106};
        for (std::size_t i = 0; i < own.size(); i += 2) {
            double nearest = 1e9;
            for (const double width : widths)
                nearest = std::min(nearest, std::abs(static_cast<double>(own[i]) - width));
            QVERIFY2(nearest < 0.2, qPrintable(QString::number(static_cast<double>(own[i]))));
        }
    }

    void resumedTrainingGoesOn() {
        QCOMPARE(run("train --dataset s-curve --steps 30 --out half.diffuscope --backend cpu").status, 0);
        QCOMPARE(run("train --resume half.diffuscope --steps 30 --out both.diffuscope --backend cpu").status,
                 0);
        QCOMPARE(run("train --dataset s-curve --steps 60 --out whole.diffuscope --backend cpu").status, 0);
        QVERIFY(bytesOf(path("both.diffuscope")) == bytesOf(path("whole.diffuscope")));
    }

    /// A safetensors reader of its own: the length, the header, and where every tensor lies.
    void theSessionIsASafetensorsFile() {
        const QByteArray bytes = bytesOf(path("table.diffuscope"));
        std::uint64_t length = 0;
        std::memcpy(&length, bytes.constData(), 8);
        const json header = json::parse(bytes.mid(8, static_cast<qsizetype>(length)).toStdString());
        const auto body = bytes.mid(static_cast<qsizetype>(8 + length));
        std::vector<bool> covered(static_cast<std::size_t>(body.size()), false);
        for (const auto& [name, entry] : header.items()) {
            if (name == "__metadata__") continue;
            std::size_t size = 4;
            for (const auto& extent : entry["shape"]) size *= extent.get<std::size_t>();
            const auto begin = entry["data_offsets"][0].get<std::size_t>();
            QVERIFY(entry["data_offsets"][1].get<std::size_t>() - begin == size);
            for (std::size_t i = begin; i < begin + size; ++i) {
                QVERIFY(!covered[i]);
                covered[i] = true;
            }
        }
        QVERIFY(std::find(covered.begin(), covered.end(), false) == covered.end());
        QVERIFY((header["denoiser.1.weight"]["shape"] == json{16, 16}));
        QVERIFY((header["ema.denoiser.2.weight"]["shape"] == json{2, 16}));
        QVERIFY((header["data.points"]["shape"] == json{6, 2}));
        const json& metadata = header["__metadata__"];
        QVERIFY(metadata["step"] == "20");
        QVERIFY(json::parse(metadata["settings"].get<std::string>())["data.set"] == "imported");
        QVERIFY((json::parse(metadata["axes"].get<std::string>()) == json{"width", "height"}));
        QVERIFY(json::parse(metadata["history"].get<std::string>())["loss"].size() == 20);
    }

    void anotherMachineChoosesItsOwnBackend() {
        const Result made =
            run("train --resume roll.diffuscope --steps 1 --out pinned.diffuscope --backend gpu");
        QVERIFY2(made.status == 0, made.err);
        for (const char* line : {"sample pinned.diffuscope --count 2 --steps 2",
                                 "train --resume pinned.diffuscope --steps 1 --out free.diffuscope"}) {
            Program program(folder());
            program.set("LIBGL_DRIVERS_PATH", "/nonexistent");
            const Result result = program.run(words(line));
            QVERIFY2(result.status == 0, result.err);
        }
    }

    void anotherScheduleIsWarnedOf() {
        QCOMPARE(run("train --dataset s-curve --steps 1 --out index.diffuscope --backend cpu --set "
                     "network.conditioning=step-index --set network.width=8")
                     .status,
                 0);
        for (const char* line : {"sample index.diffuscope --count 2 --backend cpu --schedule cosine",
                                 "render index.diffuscope --size 32x32 --fps 2 --seconds 1 --backend cpu "
                                 "--layers none --out warned --set schedule.steps=5"}) {
            const Result result = run(line);
            QVERIFY2(result.status == 0, result.err);
            QVERIFY2(result.err.contains("the step's index"), result.err);
        }
    }

    void tablesKeepTheirDigits() {
        writeBytes(path("far.csv"), "1000000001,5\n1000000002,5.5\n1000000003,6\n1000000004,7\n");
        QCOMPARE(run("train --dataset far.csv --steps 1 --out far.diffuscope --backend cpu").status, 0);
        const Result result =
            run("sample far.diffuscope --count 20 --denoiser ideal --steps 200 --sigma zero --backend cpu");
        QVERIFY2(result.status == 0, result.err);
        int between = 0;
        for (const QByteArray& line : result.out.split('\n').mid(1, 20)) {
            const double x = line.split(',')[0].toDouble();
            QVERIFY2(x > 999999999.0 && x < 1000000006.0, line.constData());
            between += x != std::round(x / 64.0) * 64.0;  // 64 apart is where floats lie there
        }
        QVERIFY(between > 0);
    }

    void theGpuBackendTrainsAndSamples() {
        const Result trained =
            run("train --resume roll.diffuscope --steps 2 --out gpu.diffuscope --backend gpu");
        QVERIFY2(trained.status == 0, trained.err);
        QVERIFY(json::parse(trained.out.toStdString())["backend"] == "gpu");
        const Result sampled = run("sample gpu.diffuscope --count 5 --sampler ddim --steps 3 --backend gpu");
        QVERIFY2(sampled.status == 0, sampled.err);
        QCOMPARE(sampled.out.count('\n'), 6);
    }

    void rendersWithoutADisplay_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("magic");
        QTest::newRow("gif") << "film.gif" << QByteArray("GIF89a");
        QTest::newRow("mp4") << "film.mp4" << QByteArray("ftyp");
    }
    void rendersWithoutADisplay() {
        QFETCH(QString, name);
        QFETCH(QByteArray, magic);
        const Result result =
            run("render roll.diffuscope --scene reverse --size 64x64 --fps 5 --seconds 1 --layers "
                "particles --theme light --set view.particles=50 --backend cpu --quiet --out " +
                name);
        QVERIFY2(result.status == 0, result.err);
        QVERIFY(bytesOf(path(name)).left(12).contains(magic));
    }

    void rendersAFolderOfFrames() {
        const Result result =
            run("render roll.diffuscope --scene both --size 96x64 --fps 4 --seconds 1 "
                "--set view.particles=50 --backend cpu --out frames");
        QVERIFY2(result.status == 0, result.err);
        QCOMPARE(result.err, QByteArray());
        QCOMPARE(QDir(path("frames")).entryList({"*.png"}, QDir::Files).size(), 4);
    }
};

QTEST_GUILESS_MAIN(ProgramOutputTest)
#include "ProgramOutputTest.moc"
