#include "Program.h"

#include <QRegularExpression>
#include <cmath>
#include <numbers>
#include <vector>

namespace {

bool near(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}

}  // namespace

class FieldTest : public QObject, InFolder {
    Q_OBJECT

    std::vector<double> field(const QString& options, const QByteArray& shape) {
        const Result result = run("field " + options + " --out f.npy");
        if (result.status != 0) qWarning() << result.err;
        const std::vector<float> values = floatsOf(bytesOf(path("f.npy")), shape);
        return {values.begin(), values.end()};
    }

  private slots:
    void initTestCase() {
        const char* common = " --steps 30 --backend cpu --set network.width=16 --set data.points=300 ";
        for (const char* set : {"standard-normal", "single-point", "two-moons", "eight-gaussians"}) {
            const Result result =
                run(QString("train --dataset ") + set + common + "--out " + set + ".diffuscope");
            QVERIFY2(result.status == 0, result.err);
        }
        const Result indexed =
            run(QString("train --dataset two-moons --set network.conditioning=step-index") + common +
                "--out indexed.diffuscope");
        QVERIFY2(indexed.status == 0, indexed.err);
        const Result classes = run(QString("train --dataset two-moons --set network.classes=on") + common +
                                   "--set sampler.class=2 --set sampler.guidance=3 --out classes.diffuscope");
        QVERIFY2(classes.status == 0, classes.err);
    }

    /// Of the standard normal eps* = sqrt(1 - alphaBar) x: the field says where each entry lies.
    void theFirstEntryIsTheLowerLeftCorner() {
        const auto eps = field(
            "standard-normal.diffuscope --log-snr 0 --quantity eps --denoiser mixture --grid 5 "
            "--extent 2",
            "(5, 5, 2)");
        QCOMPARE(eps.size(), 50ul);
        for (int j = 0; j < 5; ++j)
            for (int i = 0; i < 5; ++i) {
                const auto k = static_cast<std::size_t>(2 * (5 * j + i));
                QVERIFY(near(eps[k], std::sqrt(0.5) * (i - 2), 1e-6));
                QVERIFY(near(eps[k + 1], std::sqrt(0.5) * (j - 2), 1e-6));
            }
        const Result csv =
            run("field standard-normal.diffuscope --log-snr 0 --quantity eps --denoiser mixture "
                "--grid 5 --extent 2");
        const QByteArrayList lines = csv.out.split('\n');
        QCOMPARE(lines[0], QByteArray("x,y,eps_x,eps_y"));
        QVERIFY(lines[1].startsWith("-2,-2,-1.41421"));
        QVERIFY(lines[2].startsWith("-1,-2,-0.70710"));
        QVERIFY(lines[6].startsWith("-2,-1,-1.41421"));
        QVERIFY(lines[25].startsWith("2,2,1.41421"));
        QCOMPARE(lines.size(), 27);
    }

    void theTableHoldsTheSameNumbers() {
        const QString line = "two-moons.diffuscope --t 300 --grid 9 --extent 2.5 --quantity ";
        for (const char* quantity : {"eps", "score", "x0", "density", "error"}) {
            const bool vector = QString(quantity) != "density" && QString(quantity) != "error";
            const auto values = field(line + quantity, vector ? "(9, 9, 2)" : "(9, 9)");
            QVERIFY2(values.size() == (vector ? 162ul : 81ul), quantity);
            QCOMPARE(run("field " + line + quantity + " --out f.csv").status, 0);
            const QByteArrayList lines = bytesOf(path("f.csv")).split('\n');
            QCOMPARE(lines.size(), 83);
            for (std::size_t k = 0; k < 81; ++k) {
                const QByteArrayList cells = lines[static_cast<qsizetype>(k) + 1].split(',');
                QCOMPARE(cells.size(), vector ? 4 : 3);
                if (vector) {
                    QVERIFY(cells[2].toFloat() == static_cast<float>(values[2 * k]));
                    QVERIFY(cells[3].toFloat() == static_cast<float>(values[2 * k + 1]));
                } else {
                    QVERIFY(cells[2].toFloat() == static_cast<float>(values[k]));
                }
            }
        }
    }

    /// q_t of the standard normal is N(0, I) at every t; of a single point at 0 it is N(0, (1 - alphaBar) I).
    void densitiesOfTheExactCases() {
        for (const double lambda : {-3.0, 0.0, 4.0}) {
            const double noise = 1.0 / (1.0 + std::exp(lambda));  // 1 - alphaBar
            const QString at =
                ".diffuscope --quantity density --grid 7 --extent 3 --log-snr " + QString::number(lambda);
            const auto normal = field("standard-normal" + at + " --denoiser mixture", "(7, 7)");
            const auto point = field("single-point" + at, "(7, 7)");
            const auto same = field("single-point" + at + " --denoiser mixture", "(7, 7)");
            QCOMPARE(normal.size(), 49ul);
            QCOMPARE(point.size(), 49ul);
            const Result x0 =
                run("field single-point.diffuscope --quantity x0 --grid 2 --log-snr 0 --denoiser ideal");
            const double x = x0.out.split('\n')[1].split(',')[2].toDouble();
            const double y = x0.out.split('\n')[1].split(',')[3].toDouble();
            const double root = std::sqrt(1.0 - noise);
            for (int j = 0; j < 7; ++j)
                for (int i = 0; i < 7; ++i) {
                    const auto k = static_cast<std::size_t>(7 * j + i);
                    const double square = (i - 3.0) * (i - 3.0) + (j - 3.0) * (j - 3.0);
                    const double away = std::pow(i - 3.0 - root * x, 2) + std::pow(j - 3.0 - root * y, 2);
                    QVERIFY(near(normal[k], std::exp(-0.5 * square) / (2.0 * std::numbers::pi), 1e-6));
                    QVERIFY(near(point[k], std::exp(-0.5 * away / noise) / (2.0 * std::numbers::pi * noise),
                                 1e-5));
                    QVERIFY(near(same[k], point[k], 1e-6));
                }
        }
    }

    /// Of whatever points: the density integrates to 1, and the score is the slope of its logarithm.
    void theScoreIsTheSlopeOfTheDensity() {
        for (const char* denoiser : {"ideal", "mixture"}) {
            const QString line =
                QString("eight-gaussians.diffuscope --log-snr 1 --grid 201 --extent 4 --denoiser ") +
                denoiser + " --quantity ";
            const auto density = field(line + "density", "(201, 201)");
            const auto score = field(line + "score", "(201, 201, 2)");
            QCOMPARE(density.size(), 201ul * 201);
            const double h = 8.0 / 200;
            double sum = 0.0;
            for (const double value : density) sum += h * h * value;
            QVERIFY(near(sum, 1.0, 1e-4));
            for (std::size_t j = 20; j < 180; j += 7)
                for (std::size_t i = 20; i < 180; i += 7) {
                    const std::size_t k = 201 * j + i;
                    const double dx = (std::log(density[k + 1]) - std::log(density[k - 1])) / (2.0 * h);
                    const double dy = (std::log(density[k + 201]) - std::log(density[k - 201])) / (2.0 * h);
                    QVERIFY(near(score[2 * k], dx, 0.02));
                    QVERIFY(near(score[2 * k + 1], dy, 0.02));
                }
        }
    }

    /// Of a round Gaussian N(m, s^2 I) eps* = sqrt(1 - alphaBar) (x - sqrt(alphaBar) m) / v, with
    /// v = alphaBar s^2 + 1 - alphaBar: a class of the eight, whose second is at 45 degrees.
    void aClassHasAFieldOfItsOwn() {
        const QString line =
            "eight-gaussians.diffuscope --log-snr 0 --grid 5 --extent 2 --denoiser mixture --set "
            "sampler.class=2 --quantity ";
        const auto eps = field(line + "eps", "(5, 5, 2)");
        const auto density = field(line + "density", "(5, 5)");
        QCOMPARE(eps.size(), 50ul);
        const double m = std::sqrt(0.5) / std::sqrt(0.5064);
        const double v = 0.5 * 0.0064 / 0.5064 + 0.5;
        for (std::size_t k = 0; k < 25; ++k) {
            const double x = static_cast<double>(k % 5) - 2.0 - std::sqrt(0.5) * m;
            const double y = static_cast<double>(k / 5) - 2.0 - std::sqrt(0.5) * m;
            QVERIFY(near(eps[2 * k], std::sqrt(0.5) * x / v, 1e-5));
            QVERIFY(near(eps[2 * k + 1], std::sqrt(0.5) * y / v, 1e-5));
            QVERIFY(
                near(density[k], std::exp(-0.5 * (x * x + y * y) / v) / (2.0 * std::numbers::pi * v), 1e-5));
        }
    }

    /// The field is the one that the sampler follows: eps = eps of any + w (eps of the class - that). The
    /// session holds class 2 and w = 3.
    void guidanceIsInTheField() {
        for (const char* denoiser : {"network", "ideal"}) {
            const QString line = QString("classes.diffuscope --t 100 --grid 6 --quantity eps --denoiser ") +
                                 denoiser + " --set ";
            const auto any = field(line + "sampler.class=0", "(6, 6, 2)");
            const auto own = field(line + "sampler.guidance=1", "(6, 6, 2)");
            const auto guided = field(line + "sampler.guidance=3", "(6, 6, 2)");
            const auto none = field(line + "sampler.guidance=0", "(6, 6, 2)");
            QCOMPARE(guided.size(), 72ul);
            QVERIFY(none == any);
            QVERIFY(own != any);
            for (std::size_t k = 0; k < 72; ++k)
                QVERIFY(near(guided[k], any[k] + 3.0 * (own[k] - any[k]), 1e-4));
        }
        const QString plain = "classes.diffuscope --t 100 --grid 6 --quantity ";
        QVERIFY(field(plain + "eps", "(6, 6, 2)") ==
                field(plain + "eps --set sampler.class=2 --set sampler.guidance=3", "(6, 6, 2)"));
        const auto network = field(plain + "eps", "(6, 6, 2)");
        const auto ideal = field(plain + "eps --denoiser ideal", "(6, 6, 2)");
        const auto error = field(plain + "error", "(6, 6)");
        for (std::size_t k = 0; k < 36; ++k)
            QVERIFY(near(error[k],
                         std::hypot(network[2 * k] - ideal[2 * k], network[2 * k + 1] - ideal[2 * k + 1]),
                         1e-4));
    }

    void theErrorIsADistance() {
        const QString line = "eight-gaussians.diffuscope --t 100 --grid 8 --quantity ";
        const auto network = field(line + "eps --denoiser network", "(8, 8, 2)");
        for (const char* truth : {"ideal", "mixture"}) {
            const auto ideal = field(line + "eps --denoiser " + truth, "(8, 8, 2)");
            const auto error = field(line + "error --denoiser " + truth, "(8, 8)");
            QCOMPARE(error.size(), 64ul);
            for (std::size_t k = 0; k < 64; ++k)
                QVERIFY(near(error[k],
                             std::hypot(network[2 * k] - ideal[2 * k], network[2 * k + 1] - ideal[2 * k + 1]),
                             1e-5));
        }
        QVERIFY(field(line + "error", "(8, 8)") == field(line + "error --denoiser ideal", "(8, 8)"));
    }

    void theGuessIsClampedAsInTheSampler() {
        const QString line = "two-moons.diffuscope --log-snr -6 --grid 6 --extent 5 --quantity x0";
        const auto clamped = field(line, "(6, 6, 2)");
        const auto raw = field(line + " --set sampler.clamp=off", "(6, 6, 2)");
        const auto eps =
            field("two-moons.diffuscope --log-snr -6 --grid 6 --extent 5 --quantity eps", "(6, 6, 2)");
        double largest = 0.0;
        double largestRaw = 0.0;
        const double signal = std::sqrt(1.0 / (1.0 + std::exp(6.0)));
        for (std::size_t k = 0; k < 72; ++k) {
            const double place = k % 2 == 0 ? -5.0 + 2.0 * static_cast<double>(k / 2 % 6)
                                            : -5.0 + 2.0 * static_cast<double>(k / 12);
            QVERIFY(near(raw[k], (place - std::sqrt(1.0 - signal * signal) * eps[k]) / signal, 1e-4));
            largest = std::max(largest, std::abs(clamped[k]));
            largestRaw = std::max(largestRaw, std::abs(raw[k]));
        }
        QVERIFY(largest < 3.0);
        QVERIFY(largestRaw > 5.0);
    }

    void aStepIsTheLogSnrOfItsSchedule() {
        const Result schedule = run("schedule --kind cosine --steps 100");
        const double snr = schedule.out.split('\n')[37].split(',')[3].toDouble();
        const QString line = "two-moons.diffuscope --quantity eps --denoiser ideal --grid 4 ";
        const auto a =
            field(line + "--t 37 --set schedule.kind=cosine --set schedule.steps=100", "(4, 4, 2)");
        const auto b = field(line + "--log-snr " + QString::number(std::log(snr), 'g', 17), "(4, 4, 2)");
        for (std::size_t k = 0; k < 32; ++k) QVERIFY(near(a[k], b[k], 1e-4));
    }

    void finiteAtBothEnds_data() {
        QTest::addColumn<QString>("level");
        for (const char* level : {"--log-snr 12", "--log-snr -12", "--t 1", "--t 1000",
                                  "--t 1 --set schedule.steps=1", "--t 10000 --set schedule.steps=10000",
                                  "--t 1 --set schedule.beta-max=0.999 --set schedule.beta-min=0.999",
                                  "--t 1000 --set schedule.kind=constant --set schedule.beta-max=0.999"})
            QTest::newRow(level) << level;
    }
    void finiteAtBothEnds() {
        QFETCH(QString, level);
        for (const char* quantity : {"eps", "score", "x0", "density", "error"})
            for (const char* denoiser : {"network", "ideal", "mixture"}) {
                const QByteArray shape =
                    QString(quantity) == "density" || QString(quantity) == "error" ? "(3, 3)" : "(3, 3, 2)";
                if (shape == "(3, 3)" && QString(denoiser) == "network") continue;
                const auto values = field("eight-gaussians.diffuscope --grid 3 --extent 6 " + level +
                                              " --quantity " + quantity + " --denoiser " + denoiser,
                                          shape);
                QVERIFY(!values.empty());
                for (const double value : values) QVERIFY2(std::isfinite(value), quantity);
            }
    }

    void threadsChangeNothing() {
        for (const char* rest : {"eps", "density", "error", "x0 --denoiser ideal"}) {
            QByteArray first;
            for (const char* threads : {"1", "2", "5"}) {
                const Result result = run(
                    QString("field two-moons.diffuscope --t 50 --grid 70 --quiet --out t.npy --quantity ") +
                    rest + " --threads " + threads);
                QVERIFY2(result.status == 0, result.err);
                QCOMPARE(result.err, QByteArray());
                const QByteArray bytes = bytesOf(path("t.npy"));
                if (first.isEmpty()) first = bytes;
                QVERIFY(!bytes.isEmpty() && bytes == first);
            }
        }
    }

    void fails_data() {
        refusalColumns();
        const auto row = refusalRow;
        row("field", 2, "session is required");
        row("field two-moons.diffuscope --t 1", 2, "--quantity is required");
        row("field nowhere.diffuscope --t 1 --quantity eps", 1, "nowhere.diffuscope: No such file");
        row("field two-moons.diffuscope --quantity eps", 2, "either --t T or --log-snr L");
        row("field two-moons.diffuscope --quantity eps --t 1 --log-snr 0", 2, "--log-snr");
        row("field two-moons.diffuscope --quantity speed --t 1", 2,
            "known are eps, score, x0, density or error");
        row("field two-moons.diffuscope --quantity eps --t 0", 2, "it takes 1 to T = 1000");
        row("field two-moons.diffuscope --quantity eps --t 1001", 2, "it takes 1 to T = 1000");
        row("field two-moons.diffuscope --quantity eps --t 1.5", 2, "--t");
        row("field two-moons.diffuscope --quantity eps --log-snr 13", 2, "--log-snr");
        row("field two-moons.diffuscope --quantity eps --log-snr nan", 2, "--log-snr");
        row("field two-moons.diffuscope --quantity eps --t 1 --grid 1", 2, "--grid");
        row("field two-moons.diffuscope --quantity eps --t 1 --grid 5000", 2, "--grid");
        row("field two-moons.diffuscope --quantity eps --t 1 --extent 0", 2, "--extent");
        row("field two-moons.diffuscope --quantity eps --t 1 --extent inf", 2, "--extent");
        row("field two-moons.diffuscope --quantity eps --t 1 --extent nan", 2, "--extent");
        row("field two-moons.diffuscope --quantity eps --t 1 --denoiser oracle", 2,
            "known are network, ideal or mixture");
        row("field two-moons.diffuscope --quantity eps --t 1 --denoiser mixture", 2, "mixture");
        row("field two-moons.diffuscope --quantity density --t 1 --denoiser network", 2,
            "it takes ideal or mixture");
        row("field two-moons.diffuscope --quantity error --t 1 --denoiser network", 2,
            "it takes ideal or mixture");
        row("field two-moons.diffuscope --quantity eps --t 1 --out f.png", 2, "known are .csv and .npy");
        row("field two-moons.diffuscope --quantity eps --t 1 --out no/f.npy", 1, "There is no folder");
        row("field two-moons.diffuscope --quantity eps --log-snr 0 --set schedule.steps=10", 2,
            "schedule.steps has no effect on this field");
        row("field two-moons.diffuscope --quantity eps --t 1 --set sampler.clamp=off", 2,
            "sampler.clamp has no effect");
        row("field two-moons.diffuscope --quantity eps --t 1 --set sampler.eta=1", 2,
            "sampler.eta has no effect");
        row("field two-moons.diffuscope --quantity eps --t 1 --set seed=4", 2, "seed has no effect");
        row("field two-moons.diffuscope --quantity eps --t 1 --seed 4", 2, "--seed");
        row("field two-moons.diffuscope --quantity eps --t 1 --backend cpu", 2, "--backend");
        row("field two-moons.diffuscope --quantity eps --t 1 --set sampler.class=1", 2,
            "has not been told the classes");
        row("field two-moons.diffuscope --quantity density --t 1 --set sampler.class=3", 2, "classes 1 to 2");
        row("field single-point.diffuscope --quantity eps --t 1 --set sampler.class=1", 2, "no classes");
        row("field two-moons.diffuscope --quantity eps --t 1 --set sampler.guidance=2", 2,
            "sampler.guidance has no effect");
        row("field classes.diffuscope --quantity density --t 1 --set sampler.guidance=2", 2,
            "sampler.guidance has no effect");
        row("field indexed.diffuscope --quantity eps --log-snr 0", 2, "give --t");
        row("field indexed.diffuscope --quantity error --log-snr 0", 2, "give --t");
    }
    void fails() {
        QFETCH(QString, line);
        QFETCH(int, status);
        QFETCH(QString, says);
        checkRefusal(line, status, says);
    }

    void whatNeedsNoNetworkTakesEveryLevel() {
        for (const char* rest : {"eps --denoiser ideal", "density"})
            QCOMPARE(run(QString("field indexed.diffuscope --grid 3 --log-snr 0 --quantity ") + rest).status,
                     0);
        QCOMPARE(run("field indexed.diffuscope --grid 3 --t 500 --quantity eps").status, 0);
    }

    /// Another schedule is wrong for a network that was told the step, not for a denoiser that knows better.
    void theWarningOfAnotherScheduleIsTheNetworks() {
        for (const char* denoiser : {"network", "ideal"}) {
            const Result result =
                run(QString("sample indexed.diffuscope --count 2 --steps 20 --denoiser ") + denoiser);
            QCOMPARE(result.status, 0);
            QCOMPARE(result.err.contains("wrong for another schedule"), QByteArray(denoiser) == "network");
        }
    }

    void anInterruptLeavesNothing() {
        Program program(folder());
        program.start(
            words("field two-moons.diffuscope --grid 4096 --t 5 --quantity density --out slow.npy"));
        program.interrupt(SIGINT);
        const Result result = program.finish();
        QVERIFY2(result.status == 130, result.err);
        QVERIFY(!QFile::exists(path("slow.npy")));
    }
};

QTEST_GUILESS_MAIN(FieldTest)
#include "FieldTest.moc"
