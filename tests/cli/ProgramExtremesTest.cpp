#include "Program.h"

#include <cmath>

namespace {}  // namespace

/// The program itself at the ends of what it accepts: every number is finite, or the reason is said.
namespace {

/// Text that is no number, "-nan" too, would be read as zero.
bool isNumber(const QByteArray& text) {
    bool read = false;
    return std::isfinite(text.toDouble(&read)) && read;
}

}  // namespace

class ProgramExtremesTest : public QObject, InFolder {
    Q_OBJECT

    QStringList samplers_;

  private slots:
    void initTestCase() {
        for (const QByteArray& line : run("list samplers").out.trimmed().split('\n'))
            samplers_ << QString::fromUtf8(line.split('\t')[0]);
        QVERIFY(samplers_.size() >= 2);
        QByteArray equal = "x,y\n";
        for (int i = 0; i < 250; ++i) equal += "2.5,-7\n";
        writeBytes(path("one.csv"), "x,y\n2.5,-7\n");
        writeBytes(path("equal.csv"), equal);
        const char* common =
            " --steps 20 --backend cpu --set network.width=8 --set network.depth=1 --set training.batch=32 ";
        for (const char* table : {"one", "equal"})
            QCOMPARE(
                run(QString("train --dataset ") + table + ".csv" + common + "--out " + table + ".diffuscope")
                    .status,
                0);
        for (const char* set : {"eight-gaussians", "single-point", "standard-normal", "penguins"})
            QCOMPARE(run(QString("train --dataset ") + set + common + "--set data.points=100 --out " + set +
                         ".diffuscope")
                         .status,
                     0);
        QCOMPARE(run(QString("train --dataset two-moons --set data.points=1 --out lone.diffuscope") + common)
                     .status,
                 0);
    }

    void everySamplerAndDenoiser_data() {
        QTest::addColumn<QString>("session");
        QTest::addColumn<QString>("rest");
        for (const char* session :
             {"one", "equal", "lone", "single-point", "standard-normal", "eight-gaussians"})
            for (const char* rest : {"", "--set schedule.steps=1", "--set schedule.steps=2",
                                     "--schedule cosine --set schedule.steps=100",
                                     "--set schedule.beta-max=0.999 --set schedule.steps=50",
                                     "--set schedule.beta-max=0.999 --set schedule.steps=50 --raw"})
                QTest::addRow("%s %s", session, rest) << session << rest;
        QTest::addRow("T = 10000") << "eight-gaussians"
                                   << "--set schedule.steps=10000";
    }
    void everySamplerAndDenoiser() {
        QFETCH(QString, session);
        QFETCH(QString, rest);
        for (const QString& sampler : samplers_)
            for (const char* denoiser : {"network", "ideal"}) {
                const Result result =
                    run("sample " + session + ".diffuscope --count 3 --backend cpu --sampler " + sampler +
                        " --denoiser " + denoiser + " " + rest);
                QVERIFY2(result.status == 0, result.err);
                QCOMPARE(numbersOf(result.out).size(), 6);
            }
    }

    void theIdealDenoiserFindsTheOnePoint() {
        for (const char* session : {"one", "equal"})
            for (const QString& sampler : samplers_) {
                const Result result =
                    run(QString("sample ") + session +
                        ".diffuscope --count 4 --backend cpu --denoiser ideal --sampler " + sampler);
                const QList<double> numbers = numbersOf(result.out);
                QCOMPARE(numbers.size(), 8);
                for (qsizetype i = 0; i < 8; ++i)
                    QVERIFY(std::abs(numbers[i] - (i % 2 == 0 ? 2.5 : -7.0)) < 1e-4);
            }
    }

    void twiceTheNoiseAtTenSteps() {
        for (const char* sigma : {"upper", "lower", "interpolated"})
            for (const char* clamp : {"on", "off"}) {
                const Result result =
                    run(QString("sample eight-gaussians.diffuscope --count 50 --backend cpu --steps 10 "
                                "--sampler ddpm --sigma-scale 2 --sigma %1 --set sampler.clamp=%2")
                            .arg(sigma, clamp));
                QVERIFY2(result.status == 0, result.err);
                QCOMPARE(numbersOf(result.out).size(), 100);
            }
    }

    /// Without the clamp every step magnifies what is not the standard normal by 1/sqrt(1 - beta) = 31.
    void whatLeavesTheFiniteNumbersIsRefused() {
        const Result result =
            run("sample eight-gaussians.diffuscope --count 20 --backend cpu --raw --set schedule.steps=200 "
                "--schedule constant --set schedule.beta-max=0.999 --set sampler.clamp=off");
        QCOMPARE(result.status, 1);
        QVERIFY2(result.err.contains("sampler.clamp=on"), result.err);
        QCOMPARE(result.out, QByteArray());
    }

    void aSweepOverTheExtremes() {
        writeBytes(
            path("ends.json"),
            R"({"schedule.steps": [1, 2, 300], "schedule.beta-max": [0.0001, 0.999], "schedule.keep-curve": ["on", "off"],
                       "sampler.sigma-scale": [0, 2], "data.set": ["single-point", "standard-normal"], "data.points": [1, 50],
                       "steps": 3, "count": 20, "network.width": 8, "network.depth": 1, "training.batch": 1, "backend": "cpu"})");
        const Result result = run("sweep ends.json --out ends.csv --quiet --jobs 2");
        QVERIFY2(result.status == 0, result.err);
        const QByteArrayList lines = bytesOf(path("ends.csv")).trimmed().split('\n');
        QCOMPARE(lines.size(), 97);
        const QByteArrayList columns = lines[0].split(',');
        for (const QByteArray& line : lines.mid(1)) {
            const QByteArrayList cells = line.split(',');
            const bool quiet = cells[columns.indexOf("sampler.sigma-scale")] == "0";
            for (qsizetype k = columns.indexOf("sliced_w2"); k < columns.size(); ++k) {
                // Without noise the bound is infinite, and has no error.
                if (quiet && columns[k] == "bound_bits_per_dim")
                    QCOMPARE(cells[k], QByteArray("inf"));
                else if (!quiet || columns[k] != "bound_error")
                    QVERIFY2(isNumber(cells[k]) || columns[k] == "from", line.constData());
            }
        }
    }
};

QTEST_GUILESS_MAIN(ProgramExtremesTest)
#include "ProgramExtremesTest.moc"
