#include "cli/Program.h"

#include <nlohmann/json.hpp>

using nlohmann::json;

/// What `bench` says of the window, on Qt's platform without a screen. No speed is asserted.
class WindowBenchTest : public QObject, private InFolder {
    Q_OBJECT
  private:
    /// The lines of a workload with a small network.
    [[nodiscard]] QList<json> linesOf(const QString& arguments) const {
        Program program(folder());
        program.set("QT_QPA_PLATFORM", "offscreen");
        const Result result =
            program.run(words("bench --quiet --backend cpu --set network.width=8 --set training.batch=16 "
                              "--set data.points=200 --workload " +
                              arguments));
        QList<json> lines;
        if (result.status != 0) {
            qWarning("%s", result.err.constData());
            return lines;
        }
        for (const QByteArray& line : result.out.trimmed().split('\n'))
            lines << json::parse(line.toStdString());
        return lines;
    }

    static bool isSpread(const json& spread) {
        const double median = spread.at("median");
        const double p95 = spread.at("p95");
        const double worst = spread.at("worst");
        return 0.0 < median && median <= p95 && p95 <= worst;
    }

  private slots:
    void interactionOfEachSampler() {
        const QList<json> lines = linesOf("interaction --rounds 2 --set view.particles=100");
        QCOMPARE(lines.size(), 3);
        const std::vector<std::pair<std::string, int>> samplers{{"ddpm", 1000}, {"ddpm", 100}, {"ddim", 50}};
        for (qsizetype i = 0; i < lines.size(); ++i) {
            const json& line = lines[i];
            const auto& [sampler, steps] = samplers[static_cast<std::size_t>(i)];
            QCOMPARE(line.at("workload").get<std::string>(), std::string("interaction"));
            QCOMPARE(line.at("platform").get<std::string>(), std::string("offscreen"));
            QCOMPARE(line.at("sampler").get<std::string>(), sampler);
            QCOMPARE(line.at("sampler_steps").get<int>(), steps);
            QCOMPARE(line.at("particles").get<int>(), 100);
            QCOMPARE(line.at("moves").get<int>(), 2);
            QVERIFY(isSpread(line.at("paths_ms")) && isSpread(line.at("cloud_ms")));
            QVERIFY(line.at("paths_ms").at("worst") <= line.at("cloud_ms").at("worst"));
            QVERIFY(line.at("steps_per_second") > 0.0);
        }
    }

    void whatTheUserSetsIsMeasuredAlone() {
        const QList<json> lines = linesOf(
            "interaction --rounds 1 --set view.particles=100 --set sampler.kind=heun --set sampler.steps=7");
        QCOMPARE(lines.size(), 1);
        QCOMPARE(lines[0].at("sampler").get<std::string>(), std::string("heun"));
    }

    void picturesOfTheStage() {
        const QList<json> lines =
            linesOf("stage --rounds 1 --set view.particles=300 --set schedule.steps=20");
        QCOMPARE(lines.size(), 1);
        const json& line = lines[0];
        QCOMPARE(line.at("workload").get<std::string>(), std::string("stage"));
        QCOMPARE(line.at("particles").get<int>(), 300);
        QCOMPARE(line.at("lanes").get<std::string>(), std::string("both"));
        QVERIFY(line.at("width") > 100 && line.at("height") > 100);
        QVERIFY(line.at("frames_per_second") > 0.0 && isSpread(line.at("frame_ms")));
        QVERIFY(line.at("peak_mib") > 1.0);
    }

    void timeOfAStart() {
        const QList<json> lines = linesOf("start --rounds 2");
        QCOMPARE(lines.size(), 1);
        const json& line = lines[0];
        QCOMPARE(line.at("starts").get<int>(), 2);
        QVERIFY(isSpread(line.at("shown_seconds")) && isSpread(line.at("moving_seconds")));
        QVERIFY(line.at("shown_seconds").at("worst") <= line.at("moving_seconds").at("worst"));
    }

    void refusals_data() {
        refusalColumns();
        refusalRow("bench --workload start", 1, "there is no display");
        refusalRow("--rounds 3", 1, "there is no display");
        refusalRow("bench --workload start --rounds 0", 2, "--rounds");
    }
    void refusals() {
        QFETCH(QString, line);
        QFETCH(int, status);
        QFETCH(QString, says);
        checkRefusal(line, status, says);
    }

    void measuresThatAreUnknownAreRefused() {
        const auto run = [this](const QString& line) {
            Program program(folder());
            program.set("QT_QPA_PLATFORM", "offscreen");
            return program.run(words(line));
        };
        const Result unknown = run("--measure speed");
        QCOMPARE(unknown.status, 2);
        QVERIFY2(unknown.err.contains("known are interaction, stage and start"), unknown.err);
        const Result idle = run("--rounds 3");
        QCOMPARE(idle.status, 2);
        QVERIFY2(idle.err.contains("no effect without --measure"), idle.err);
        const Result threads = run("bench --workload start --threads 2");
        QCOMPARE(threads.status, 2);
        QVERIFY2(threads.err.contains("--threads has no effect"), threads.err);
    }
};

QTEST_GUILESS_MAIN(WindowBenchTest)
#include "WindowBenchTest.moc"
