#include "Program.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <numbers>

using nlohmann::json;

class EvaluateTest : public QObject, InFolder {
    Q_OBJECT

    json evaluated(const QString& line) {
        const Result result = run("evaluate " + line + " --backend cpu --quiet");
        if (result.status != 0) qWarning("%s", result.err.constData());
        return json::parse(result.out.toStdString(), nullptr, false);
    }

  private slots:
    void initTestCase() {
        const char* common = " --backend cpu --quiet --set network.width=16 --set training.batch=64";
        writeBytes(path("small.csv"), "width,height\n100,5\n104,5.5\n102,6\n101,5.25\n106,7\n103,4\n");
        for (const char* line :
             {"train --dataset two-moons --steps 3000 --out moons.diffuscope --set data.points=500",
              "train --dataset two-moons --steps 400 --out heads.diffuscope --set data.points=500 "
              "--set training.loss=learned-variance",
              "train --dataset old-faithful --steps 5 --out geyser.diffuscope",
              "train --dataset small.csv --steps 5 --out small.diffuscope",
              "train --dataset standard-normal --steps 5 --out normal.diffuscope",
              "train --dataset eight-gaussians --steps 5 --out eight.diffuscope",
              "train --dataset two-moons --steps 1500 --out classes.diffuscope --set network.classes=on "
              "--set training.learning-rate=0.003"}) {
            const Result result = run(QString(line) + common);
            QVERIFY2(result.status == 0, result.err);
        }
    }

    void allKeysAreThere() {
        const json all = evaluated("moons.diffuscope --count 500 --steps 40");
        for (const char* key :
             {"count", "seed", "class", "from", "sliced_w2", "sliced_w2_floor", "mmd2", "mmd2_floor",
              "energy_distance", "energy_distance_floor", "bound_bits_per_dim", "bound_error", "bound_terms",
              "log_likelihood", "log_likelihood_error", "log_likelihood_log_snr", "points", "note"})
            QVERIFY2(all.contains(key), key);
        QCOMPARE(all.size(), std::size_t{18});
        QVERIFY(all["count"] == 500);
        QVERIFY(all["seed"] == 1);
        QVERIFY(all["class"] == 0);
        QVERIFY(all["from"] == "generator");
        QVERIFY(all["note"] == "");
        for (const char* key : {"sliced_w2", "mmd2", "energy_distance"}) {
            QVERIFY(std::isfinite(all[key].get<double>()));
            QVERIFY(all[std::string(key) + "_floor"].get<double>() > 0.0);
        }
        QVERIFY(all["energy_distance"].get<double>() > 0.0);
        QCOMPARE(all["bound_terms"].size(), std::size_t{41});
        double sum = 0.0;
        for (const json& term : all["bound_terms"]) sum += term.get<double>();
        QVERIFY(std::abs(sum - all["bound_bits_per_dim"].get<double>()) < 1e-9);
        // Of the data, which have unit average variance, N(0, I) says -(ln 2 pi + 1) in the mean; who has
        // learned their shape says more. Measured: by 16 standard errors.
        const double normal = -(std::log(2.0 * std::numbers::pi) + 1.0);
        QVERIFY(all["log_likelihood"].get<double>() >
                normal + 6.0 * all["log_likelihood_error"].get<double>());
    }

    /// What is exact for the distribution itself is measured: N(0, I) with its own denoiser and the upper
    /// variance, whose bound is tight and whose likelihood is known.
    void theStandardNormalIsExact() {
        const json all = evaluated(
            "normal.diffuscope --count 4000 --steps 100 --denoiser mixture --sigma upper "
            "--set sampler.clamp=off");
        const double entropy = std::log(2.0 * std::numbers::pi) + 1.0;
        QVERIFY(std::abs(all["log_likelihood"].get<double>() + entropy) <
                6.0 * all["log_likelihood_error"].get<double>());
        QVERIFY(std::abs(all["bound_bits_per_dim"].get<double>() - entropy / (2.0 * std::numbers::ln2)) <
                7.0 * all["bound_error"].get<double>());
        QVERIFY(all["sliced_w2"].get<double>() < 2.5 * all["sliced_w2_floor"].get<double>());
        QVERIFY(all["energy_distance"].get<double>() < 4.0 * all["energy_distance_floor"].get<double>());
    }

    /// The exact denoiser of a class makes that class: at its floor, with the likelihood of a round Gaussian.
    void aClassIsComparedWithItself() {
        const QString line =
            "eight.diffuscope --count 1000 --steps 100 --denoiser mixture --set sampler.class=3 "
            "--set sampler.guidance=";
        const json own = evaluated(line + "1");
        QVERIFY(own["class"] == 3);
        for (const char* key : {"sliced_w2", "energy_distance"})
            QVERIFY(own[key].get<double>() < 4.0 * own[std::string(key) + "_floor"].get<double>());
        // 0.08^2 in units of the average variance 0.5 + 0.08^2, and the noise of t = 1.
        const double lambda = own["log_likelihood_log_snr"].get<double>();
        const double v = (std::exp(lambda) * 0.0064 / 0.5064 + 1.0) / (1.0 + std::exp(lambda));
        QVERIFY(std::abs(own["log_likelihood"].get<double>() + 1.0 + std::log(2.0 * std::numbers::pi * v)) <
                6.0 * own["log_likelihood_error"].get<double>());
        // Without guidance all classes are made, which is far from one. Nobody is told less for it.
        const json all = evaluated(line + "0");
        QVERIFY(all["sliced_w2"].get<double>() > 20.0 * all["sliced_w2_floor"].get<double>());
        QVERIFY(all["sliced_w2_floor"] == own["sliced_w2_floor"]);
        QVERIFY(all["log_likelihood"].get<double>() < own["log_likelihood"].get<double>() - 1.0);
        const json strong = evaluated(line + "4");
        QVERIFY(strong["log_likelihood"].is_number() && strong["bound_bits_per_dim"].is_number());
    }

    void aNetworkKnowsItsClasses() {
        double asked = 0.0;
        for (const char* weight : {"1", "0"}) {
            const json all =
                evaluated(QString("classes.diffuscope --count 500 --steps 50 --set sampler.class=2 --set "
                                  "sampler.guidance=") +
                          weight);
            if (asked == 0.0)
                asked = all["sliced_w2"].get<double>();
            else
                QVERIFY(all["sliced_w2"].get<double>() > 2.0 * asked);
        }
    }

    void noNoiseHasNoBound() {
        const json all = evaluated("moons.diffuscope --count 50 --steps 10 --sigma zero");
        QVERIFY(all["bound_bits_per_dim"].is_null());
        QVERIFY(all["bound_terms"].is_null());
        QVERIFY(all["note"].get<std::string>().find("infinite") != std::string::npos);
        QVERIFY(all["log_likelihood"].is_number());
        const json lower = evaluated("moons.diffuscope --count 50 --steps 10 --sigma lower");
        // The bound is DDPM's and takes sigma, whatever the sampler; the samples do not.
        const QString ddim =
            "moons.diffuscope --count 50 --set schedule.steps=10 --sampler ddim --steps 10 --sigma ";
        const json ddimLower = evaluated(ddim + "lower");
        QVERIFY(ddimLower["bound_terms"] == lower["bound_terms"]);
        QVERIFY(ddimLower["sliced_w2"] == evaluated(ddim + "upper")["sliced_w2"]);
        QVERIFY(lower["bound_bits_per_dim"].is_number());
        QVERIFY(lower["note"].get<std::string>().find("t = 1") != std::string::npos);
    }

    /// The second head says the variance; who has none says what to do.
    void theLearnedVariance() {
        const json learned = evaluated("heads.diffuscope --count 200 --steps 40 --sigma learned");
        const json upper = evaluated("heads.diffuscope --count 200 --steps 40 --sigma upper");
        QVERIFY(learned["bound_bits_per_dim"].is_number() && learned["note"] == "");
        QVERIFY(learned["bound_bits_per_dim"] != upper["bound_bits_per_dim"]);
        QVERIFY(learned["sliced_w2"] != upper["sliced_w2"]);
        for (const char* line :
             {"evaluate moons.diffuscope --count 50 --sigma learned",
              "sample moons.diffuscope --count 50 --sigma learned",
              "train --dataset two-moons --steps 1 --out no.diffuscope --set sampler.sigma=learned"}) {
            const Result refused = run(QString(line) + " --backend cpu");
            QCOMPARE(refused.status, 2);
            QVERIFY2(refused.err.contains("training.loss=learned-variance"), refused.err);
            QCOMPARE(refused.out, QByteArray());
        }
        const Result ideal =
            run("sample heads.diffuscope --count 50 --sigma learned --denoiser ideal --backend cpu");
        QCOMPARE(ideal.status, 2);
        QVERIFY2(ideal.err.contains("sampler.denoiser=network"), ideal.err);
        const Result ddim =
            run("sample heads.diffuscope --count 50 --sigma learned --sampler ddim --backend cpu");
        QCOMPARE(ddim.status, 2);
        QVERIFY2(ddim.err.contains("--sigma"), ddim.err);
    }

    void theSourceOfTheDrawsIsSaid() {
        QVERIFY(evaluated("geyser.diffuscope --count 60 --steps 10")["from"] == "held-out fifth");
        QVERIFY(evaluated("small.diffuscope --count 60 --steps 10")["from"] == "the data themselves");
    }

    void theSmallestAndTheShortest() {
        for (const char* line :
             {"moons.diffuscope --count 2 --steps 1", "moons.diffuscope --count 2 --steps 2",
              "moons.diffuscope --count 3 --sampler ddim --steps 1 --denoiser ideal"}) {
            const json all = evaluated(line);
            QVERIFY2(all.is_object() && std::isfinite(all["sliced_w2"].get<double>()), line);
        }
    }

    void theSameBytesWhateverTheThreads() {
        QByteArray first;
        for (const char* threads : {"1", "2", "3"}) {
            const Result result =
                run(QString("evaluate moons.diffuscope --count 1500 --steps 20 --backend cpu "
                            "--quiet --out all.json --threads ") +
                    threads);
            QVERIFY2(result.status == 0, result.err);
            QCOMPARE(result.out, QByteArray());
            const QByteArray bytes = bytesOf(path("all.json"));
            if (first.isEmpty()) first = bytes;
            QVERIFY2(!bytes.isEmpty() && bytes == first, threads);
        }
    }

    void fails_data() {
        refusalColumns();
        const auto row = refusalRow;
        row("evaluate moons.diffuscope", 2, "--count is required");
        row("evaluate moons.diffuscope --count 1", 2, "--count");
        row("evaluate moons.diffuscope --count 100001", 2, "--count");
        row("evaluate moons.diffuscope --count 9 --out all.csv", 2, "known are .json");
        row("evaluate moons.diffuscope --count 9 --out no/all.json", 1, "There is no folder");
        row("sample moons.diffuscope --count 9 --sampler ddim --sigma lower", 2, "--sigma has no effect");
        row("evaluate moons.diffuscope --count 9 --set sampler.class=1", 2, "has not been told the classes");
        row("evaluate moons.diffuscope --count 9 --denoiser ideal --set sampler.class=9", 2,
            "classes 1 to 2");
        row("evaluate normal.diffuscope --count 9 --set sampler.class=9", 2, "no classes");
        row("evaluate moons.diffuscope --count 9 --set network.width=8", 2, "its shape cannot be set");
        row("evaluate nowhere.diffuscope --count 9", 1, "nowhere.diffuscope: No such file");
    }
    void fails() {
        QFETCH(QString, line);
        QFETCH(int, status);
        QFETCH(QString, says);
        checkRefusal(line, status, says);
    }

    void ctrlCActsSoon() {
        Program program(folder());
        program.start({"evaluate", "moons.diffuscope", "--count", "100000", "--steps", "1", "--backend",
                       "cpu", "--out", "interrupted.json"});
        program.interrupt(SIGINT);
        QCOMPARE(program.finish().status, 130);
        QVERIFY(!QFile::exists(path("interrupted.json")));
    }
};

QTEST_GUILESS_MAIN(EvaluateTest)
#include "EvaluateTest.moc"
