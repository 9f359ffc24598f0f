#include "Program.h"
#include "settings/Fields.h"

#include <nlohmann/json.hpp>

#include <QRegularExpression>
#include <cmath>

using namespace diffuscope;
using nlohmann::json;

namespace {

const QStringList verbs{"list",     "schedule", "data",  "train", "sample",
                        "evaluate", "render",   "field", "sweep", "bench"};

}  // namespace

class CommandLineTest : public QObject, InFolder {
    Q_OBJECT

  private slots:
    void initTestCase() {
        writeBytes(path("text.csv"), "width,height\n100,5\n104,tall\n");
        writeBytes(path("nan.csv"), "1,2\n3,4\nnan,6\n");
        writeBytes(path("one.csv"), "1\n2\n");
        writeBytes(path("empty.csv"), "");
        writeBytes(path("three.csv"), "a,b,c\n1,2,3\n4,5,7\n");
        writeBytes(path("broken.npy"), "no array");
        writeBytes(path("broken.jpg"), "no picture");
        // Four by two pixels of grey: black, black, white, white over white, white, white, half.
        writeBytes(
            path("dots.png"),
            QByteArray::fromBase64("iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAAAAABawyK/AAAAEUlEQVR4nGNgYPj/H4j+N"
                                   "wAAFnQFfOl8yjoAAAAASUVORK5CYII="));
        writeBytes(
            path("white.png"),
            QByteArray::fromBase64("iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAAAAABawyK/AAAADklEQVR4nGP4DwQMIAIAJ"
                                   "+IH+dGbZDoAAAAASUVORK5CYII="));
        writeBytes(path("broken.diffuscope"), "no session");
        const Result table = trainSessions();
        QVERIFY2(table.status == 0, table.err);
        const json line = json::parse(table.out.toStdString());
        for (const char* key : {"steps", "seconds", "loss", "backend", "renderer", "reason"})
            QVERIFY2(line.contains(key), key);
        QVERIFY(line["steps"] == 20);
        QVERIFY(line["backend"] == "cpu");
        QVERIFY(line["loss"].get<double>() > 0.0);
    }

    void helpShowsAnExample_data() {
        QTest::addColumn<QString>("verb");
        for (const QString& verb : verbs) QTest::newRow(qPrintable(verb)) << verb;
    }
    void helpShowsAnExample() {
        QFETCH(QString, verb);
        const Result result = run(verb + " --help");
        QCOMPARE(result.status, 0);
        QVERIFY2(result.out.contains("Example: diffuscope " + verb.toUtf8()), result.out);
    }

    void helpNamesWhatThereIs() {
        const Result result = run("--help");
        QCOMPARE(result.status, 0);
        for (const QString& verb : verbs)
            QVERIFY2(result.out.contains("  " + verb.toUtf8() + " "), result.out);
    }

    void works_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("prints");  // a regular expression
        const auto row = [](const char* line, const char* prints) { QTest::newRow(line) << line << prints; };
        row("--version", "^diffuscope \\d+\\.\\d+\\.\\d+\n$");
        row("list datasets", "^swiss-roll\tSwiss roll\n");
        row("list schedules", "(?m)^cosine\t");
        row("list samplers", "(?m)^ddim\t");
        row("list sigmas", "^upper\t.*\nlower\t.*\ninterpolated\t.*\nlearned\t.*\nzero\t.*\n$");
        row("list layers", "(?m)^trails\t");
        row("list scenes", "^forward\t.*\nreverse\t.*\nboth\t");
        row("list backends", "(?m)^gpu\t");
        row("list settings", "(?m)^schedule.beta-max\t0.02\t1e-08 … 0.999\t\tresample$");
        row("list settings --json", "\"id\": \"sampler.eta\"");
        row("list schedules --json", "\"id\": \"su\"");
        row("schedule --kind constant --steps 1 --raw",
            "^t,beta,alpha_bar,snr,sigma_upper,sigma_lower\n1,0\\.02");
        row("schedule --kind linear --steps 3 --beta-min 0.25 --beta-max 0.75 --raw",
            "\n1,0\\.25,0\\.75,3\\.?0*4?,0\\.5,0\n2,0\\.5,0\\.375,0\\.5999\\d*,0\\.7071\\d*,0\\.447\\d*\n3,"
            "0\\.75,"
            "0\\.0937");
        row("schedule --kind su --set schedule.steps=7", "\n7,");
        row("data --dataset two-moons --count 3", "^x,y\n(-?[\\d.e-]+,-?[\\d.e-]+\n){3}$");
        row("data --dataset old-faithful", "^x,y\n3\\.\\d*,7[89][.\\d]*\n");
        row("data --dataset old-faithful --count 5 --units model",
            "^x,y\n(-?[012][\\d.e-]*,-?[012][\\d.e-]*\n){5}$");
        row("data --dataset s-curve --count 2 --out two.npy", "^$");
        row("data --dataset single-point --count 2", "^x,y\n0.75,-0.5\n0.75,-0.5\n$");
        row("data --dataset letters --count 3", "^x,y\n(-?[\\d.e-]+,-?[\\d.e-]+\n){3}$");
        row("data --dataset letters --count 3 --set data.text=Ж", "^x,y\n(-?[\\d.e-]+,-?[\\d.e-]+\n){3}$");
        row("schedule --kind log-snr --steps 2 --set schedule.log-snr-max=2 --set schedule.log-snr-min=-2",
            "(?m)^1,0\\.5\\d*,0\\.5\\d*,");
        row("schedule --kind custom --steps 3 --raw --set schedule.curve=beta:0,-2;1,-2",
            "(?m)^2,0\\.01\\d*,0\\.980(1|0999)");
        row("train --dataset dots.png --steps 2 --out dots.diffuscope --set data.points=300 --backend cpu",
            "\"steps\":2");
        row("sample roll.diffuscope --count 2 --backend cpu", "^x,y\n(-?[\\d.e-]+,-?[\\d.e-]+\n){2}$");
        row("sample roll.diffuscope --count 2 --backend cpu --steps 5 --sigma lower --sigma-scale 0.5",
            "^x,y\n");
        row("sample roll.diffuscope --count 2 --backend cpu --schedule cosine --steps 20 --raw --threads 1",
            "^x,y\n");
        row("sample roll.diffuscope --count 2 --backend cpu --sampler ddim --steps 4 --eta 1 --denoiser "
            "ideal",
            "^x,y\n");
        row("train --resume roll.diffuscope --steps 1 --out more.diffuscope --backend cpu --quiet",
            "\"steps\":1,");
        row("train --dataset three.csv --columns c,1 --seconds 0.05 --out s.diffuscope --backend cpu",
            "\"backend\":\"cpu\"");
        row("bench --workload default --backend cpu --quiet --set network.width=8 --set training.batch=4",
            "^\\{\"workload\":\"default\",\"backend\":\"cpu\",\"renderer\":\".*\",\"threads\":\\d+,"
            "\"steps_per_second\":[\\d.e+]+,\"gflops\":[\\d.e-]+,\"peak_gflops\":[\\d.e-]+,\"share_of_peak\":"
            "[\\d.e-]+\\}");
        row("bench --workload machine --quiet",
            "^\\{\"workload\":\"machine\",\"threads\":\\d+,\"peak_gflops\":[\\d.]+,\"memory_gigabytes_per_"
            "second\":"
            "[\\d.]+\\}\n$");
        const QString share = R"("gflops":[\d.e-]+,"peak_gflops":[\d.]+,"share_of_peak":[\d.e-]+)";
        const QString direct = R"("direct_seconds_at_peak":[\d.e-]+)";
        for (const char* curve : {"width", "steps", "splat", "ideal"})
            row(qPrintable(QString("bench --workload %1 --rounds 1 --backend cpu --quiet").arg(curve)),
                qPrintable(
                    QString(R"(^\{"workload":"%1","backend":"cpu","\w+":\d+,"rounds":1,"seconds":[\d.e-]+,)"
                            R"("exponent":null,%2\}\n(\{.*"exponent":-?[\d.e-]+,%2\}\n)+$)")
                        .arg(curve, curve == std::string_view("ideal") ? direct : share)));
    }
    void works() {
        QFETCH(QString, line);
        QFETCH(QString, prints);
        const Result result = run(line);
        QVERIFY2(result.status == 0, result.err);
        QVERIFY2(QRegularExpression(prints).match(QString::fromUtf8(result.out)).hasMatch(), result.out);
        QCOMPARE(QString::fromUtf8(result.err), QString());
    }

    void fails_data() {
        refusalColumns();
        const auto row = refusalRow;
        row("fly", 2, "fly");
        row("--open x.csv", 1, "there is no display");
        row("--seed 3 list datasets", 2, "--seed belongs after the verb");
        row("list", 2, "kind is required");
        row("list animals", 2, "known are datasets, ");
        row("schedule", 2, "--kind is required");
        row("schedule --kind parabola", 2, "There is no schedule \"parabola\"; known are linear, ");
        row("schedule --kind linear --steps 0", 2, "schedule.steps cannot be 0: it takes");
        row("schedule --kind linear --steps 2.5", 2, "schedule.steps cannot be 2.5");
        row("schedule --kind linear --beta-min 0.5 --beta-max 0.1", 2, "is above schedule.beta-max");
        row("schedule --kind linear --beta-max nan", 2, "schedule.beta-max cannot be");
        row("schedule --kind linear --out t.npy", 2, "The ending .npy is not known; known are .csv.");
        row("data --dataset nowhere --count 3", 2,
            "There is no data set \"nowhere\"; known are swiss-roll, ");
        row("data --dataset swiss-roll", 2, "--count N");
        row("data --dataset swiss-roll --count 0", 2, "--count");
        row("data --dataset swiss-roll --count many", 2, "--count");
        row("data --dataset imported --count 3", 2, "a file already");
        row("data --dataset swiss-roll --count 3 --out t.txt", 2,
            "The ending .txt is not known; known are .csv and .npy.");
        row("data --dataset swiss-roll --count 3 --out table", 2, "has no ending; known are .csv and .npy.");
        row("data --dataset swiss-roll --count 3 --out no/where/t.csv", 1, "There is no folder");
        row("data --dataset swiss-roll --count 3 --units feet", 2, "known are data and model");
        row("data --dataset swiss-roll --count 3 --seed 99999999999999999", 2, "seed cannot be");
        row("data --dataset swiss-roll --count 3 --seed -1", 2, "seed cannot be -1: it takes");
        row("data --dataset swiss-roll --count 3 --seed one", 2, "seed cannot be \"one\": it takes");
        row("schedule --kind linear --steps 100000", 2, "schedule.steps cannot be 100000: it takes");
        row("data --dataset swiss-roll --count 3 --backend cpu", 2, "--backend");
        row("data --dataset swiss-roll --count 3 --threads 2", 2, "--threads");
        row("data --dataset swiss-roll --count 3 --set data.points=3", 2,
            "data.points has no effect on draws of swiss-roll");
        row("data --dataset swiss-roll --count 3 --set data.text=A", 2, "data.text has no effect");
        row("data --dataset letters --count 3 --set data.text=", 2, "0 characters; from 1 to 24");
        row("data --dataset letters --count 3 --set data.text=日", 2, "The font has no letter \"日\"");
        row("schedule --kind linear --seed 3", 2, "--seed");
        row("schedule --kind linear --set data.colour=red", 2, "no setting \"data.colour\"");
        row("schedule --kind linear --set data.points", 2, "ID=VALUE");
        row("schedule --kind linear --set data.points=3", 2, "data.points has no effect");
        row("schedule --kind linear --set schedule.curve=beta:0,-2;1,-2", 2,
            "schedule.curve has no effect with schedule.kind=linear");
        row("schedule --kind custom --raw --set schedule.curve=log-snr:0,9;1,-9", 2, "--raw has no effect");
        row("schedule --kind custom --set schedule.curve=log-snr:0,-9;1,9", 2, "λ must fall");
        row("schedule --kind log-snr --set schedule.log-snr-max=-10", 2, "the log-SNR must fall");
        row("schedule --kind cosine --beta-max 0.1", 2, "--beta-max has no effect with schedule.kind=cosine");
        row("sample roll.diffuscope --count 3 --backend tpu", 2, "There is no backend \"tpu\"");
        row("train --dataset swiss-roll --out x.diffuscope", 2, "either --steps N or --seconds S");
        row("train --dataset swiss-roll --steps 1 --seconds 1 --out x.diffuscope", 2, "--seconds");
        row("train --dataset swiss-roll --steps 0 --out x.diffuscope", 2, "--steps");
        row("train --dataset swiss-roll --steps 1", 2, "--out is required");
        row("train --steps 1 --out x.diffuscope", 2, "--dataset ID or FILE");
        row("train --dataset swiss-roll --steps 1 --out x.npy", 2,
            "The ending .npy is not known; known are .diffuscope.");
        row("train --dataset imported --steps 1 --out x.diffuscope", 2, "--dataset FILE");
        row("train --dataset missing.csv --steps 1 --out x.diffuscope", 1, "missing.csv: No such file");
        row("train --dataset points.txt --steps 1 --out x.diffuscope", 2,
            "known are .csv, .npy, .png, .jpg and .jpeg");
        row("train --dataset text.csv --steps 1 --out x.diffuscope", 1,
            "text.csv: Line 3: column 2 holds \"tall\"");
        row("train --dataset nan.csv --steps 1 --out x.diffuscope", 1,
            "nan.csv: Line 3: column 1 holds \"nan\"");
        row("train --dataset one.csv --steps 1 --out x.diffuscope", 1,
            "one.csv: Line 1: \"1\" is one column");
        row("train --dataset white.png --steps 1 --out x.diffuscope", 1,
            "white.png: The picture is blank: points are drawn where it is dark.");
        row("train --dataset broken.jpg --steps 1 --out x.diffuscope", 1, "The picture cannot be read");
        row("train --dataset dots.png --columns a,b --steps 1 --out x.diffuscope", 2,
            "dots.png is a picture");
        row("train --dataset empty.csv --steps 1 --out x.diffuscope", 1, "empty.csv: The table has no rows");
        row("train --dataset three.csv --steps 1 --out x.diffuscope", 1,
            "three.csv: Line 1: there are 3 columns");
        row("train --dataset three.csv --columns a,d --steps 1 --out x.diffuscope", 1, "no column \"d\"");
        row("train --dataset swiss-roll --columns a,b --steps 1 --out x.diffuscope", 2,
            "--columns belongs to");
        row("train --dataset broken.npy --steps 1 --out x.diffuscope", 1, "broken.npy: ");
        row("train --resume missing.diffuscope --steps 1 --out x.diffuscope", 1,
            "missing.diffuscope: No such file");
        row("train --resume broken.diffuscope --steps 1 --out x.diffuscope", 1, "broken.diffuscope: ");
        row("train --resume roll.diffuscope --set network.width=8 --steps 1 --out x.diffuscope --backend cpu",
            1, "");
        row("sample missing.diffuscope --count 3", 1, "missing.diffuscope: No such file");
        row("sample broken.diffuscope --count 3", 1, "broken.diffuscope: ");
        row("sample roll.diffuscope", 2, "--count is required");
        row("sample roll.diffuscope --count 3 --sampler euler", 2,
            "There is no sampler \"euler\"; known are ddpm, ddim, heun, dpm-solver, straight or langevin.");
        row("sample roll.diffuscope --count 3 --sampler ddim --steps 2000", 2,
            "more than the schedule's T = 1000");
        row("sample roll.diffuscope --count 3 --sigma-scale 3", 2,
            "sampler.sigma-scale cannot be 3: it takes");
        row("sample roll.diffuscope --count 3 --set network.width=8", 2, "its shape cannot be set");
        row("sample roll.diffuscope --count 3 --set network.conditioning=step-index", 2, "cannot be set");
        row("sample roll.diffuscope --count 3 --set data.set=penguins", 2, "data.set cannot be set here");
        row("sample roll.diffuscope --count 3 --sampler ddim --sigma lower", 2,
            "--sigma has no effect with sampler.kind=ddim");
        row("sample roll.diffuscope --count 3 --sampler ddim --sigma-scale 0.5", 2, "--sigma-scale has no");
        row("sample roll.diffuscope --count 3 --sampler ddpm --eta 1", 2, "--eta has no effect");
        row("sample roll.diffuscope --count 3 --set sampler.eta=1", 2,
            "sampler.eta has no effect with sampler.kind=ddpm");
        row("sample roll.diffuscope --count 3 --set view.theme=light", 2,
            "view.theme has no effect on samples");
        row("sample roll.diffuscope --count 3 --trajectories", 2, "--out FILE.npy");
        row("sample roll.diffuscope --count 3 --trajectories --out t.csv", 2, "three dimensions");
        row("sample roll.diffuscope --count 90000000 --trajectories --out t.npy", 1, "up to 8 GB");
        row("sample roll.diffuscope --count 3 --out roll.diffuscope", 2, "known are .csv and .npy");
        row("render roll.diffuscope --out film.avi", 2, "The ending .avi is not known; known are .mp4, ");
        row("render roll.diffuscope --out no/where.mp4", 1, "There is no folder");
        row("render roll.diffuscope --out no/where", 1, "There is no folder");
        row("sample roll.diffuscope --count 3 --set sampler.class=9", 2, "no classes");
        row("sample . --count 3", 1, "directory");
        row("train --dataset ./ --steps 1 --out x.diffuscope", 2, "known are .csv, .npy");
        row("render roll.diffuscope --out film.mp4 --size huge", 2, "not WxH");
        row("render roll.diffuscope --out film.mp4 --size 8x8", 2, "not WxH");
        row("render roll.diffuscope --out film.mp4 --fps 0", 2, "--fps");
        row("render roll.diffuscope --out film.mp4 --scene sideways", 2,
            "known are forward, reverse or both");
        row("render roll.diffuscope --out film.mp4 --layers sparks", 2, "There is no layer \"sparks\"");
        row("render roll.diffuscope --out film.mp4 --layers=", 2, "--layers");
        for (const char* setting : {"network.width=32", "network.depth=1", "network.conditioning=step-index"})
            row(qPrintable(QString("render roll.diffuscope --out film.mp4 --set ") + setting), 2,
                "its shape cannot be set");
        row("render roll.diffuscope --out film.mp4 --set data.points=50", 2,
            "data.points cannot be set here");
        row("render roll.diffuscope --out film.mp4 --theme pink", 2, "known are dark, light or projector");
        row("render roll.diffuscope", 2, "--out is required");
        row("bench --workload w3", 2,
            "known are w1, w2, sample, default, machine, batch, width, particles, steps, splat, ideal, "
            "interaction, stage and start");
        row("bench --workload width --set network.width=64", 2, "cannot set what workload width sets itself");
    }
    void fails() {
        QFETCH(QString, line);
        QFETCH(int, status);
        QFETCH(QString, says);
        checkRefusal(line, status, says);
    }

    void settingsAreListedCompletely() {
        const Result text = run("list settings");
        QCOMPARE(static_cast<std::size_t>(text.out.count('\n')), fields().size());
        const json rows = json::parse(run("list settings --json").out.toStdString());
        QCOMPARE(rows.size(), fields().size());
        for (const json& row : rows)
            for (const char* key : {"id", "default", "unit", "cost", "help"})
                QVERIFY2(row.contains(key), key);
    }

    void anInterruptLeavesNothing_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("signal");
        const auto row = [](const char* name, const char* line, const char* file, int signal) {
            QTest::newRow(name) << line << file << signal;
        };
        row("train, Ctrl+C", "train --dataset swiss-roll --seconds 100 --backend cpu --out i.diffuscope",
            "i.diffuscope", SIGINT);
        row("train, terminated", "train --dataset swiss-roll --seconds 100 --backend cpu --out i.diffuscope",
            "i.diffuscope", SIGTERM);
        row("sample", "sample roll.diffuscope --count 2000000 --steps 10000 --backend cpu --out i.npy",
            "i.npy", SIGINT);
        row("render", "render roll.diffuscope --scene both --seconds 600 --backend cpu --out i.gif", "i.gif",
            SIGINT);
    }
    void anInterruptLeavesNothing() {
        QFETCH(QString, line);
        QFETCH(QString, name);
        QFETCH(int, signal);
        writeBytes(path(name), "older");
        const QStringList before = entries();
        Program program(folder());
        program.start(words(line));
        program.interrupt(signal);
        const Result result = program.finish();
        QVERIFY2(result.status == 130, result.err);
        QCOMPARE(bytesOf(path(name)), QByteArray("older"));
        QCOMPARE(entries(), before);
        QFile::remove(path(name));
    }

    void aFullDiskIsReported_data() {
        QTest::addColumn<QString>("line");
        for (const char* line :
             {"data --dataset swiss-roll --count 10000", "data --dataset swiss-roll --count 1",
              "schedule --kind linear", "list datasets", "list settings --json", "--help",
              "sample roll.diffuscope --count 1 --steps 1 --backend cpu",
              "train --resume roll.diffuscope --steps 1 --backend cpu --out full.diffuscope"})
            QTest::newRow(line) << line;
    }
    void aFullDiskIsReported() {
        QFETCH(QString, line);
        Program program(folder());
        program.sendOutputTo("/dev/full");
        const Result result = program.run(words(line));
        QFile::remove(path("full.diffuscope"));
        QCOMPARE(result.status, 1);
        QVERIFY2(result.err.contains("Standard output"), result.err);
    }

    void withoutOpenGlTheReasonIsSaid_data() {
        QTest::addColumn<QString>("variable");
        QTest::addColumn<QString>("value");
        const auto row = [](const char* variable, const char* value) {
            QTest::newRow(variable) << variable << value;
        };
        row("LIBGL_DRIVERS_PATH", "/nonexistent");
        row("MESA_GL_VERSION_OVERRIDE", "3.3");
        row("MESA_EXTENSION_OVERRIDE", "-GL_ARB_compute_shader");
        row("GALLIUM_DRIVER", "softpipe");
        row("__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent");
    }
    void withoutOpenGlTheReasonIsSaid() {
        QFETCH(QString, variable);
        QFETCH(QString, value);
        const QString line =
            "train --resume roll.diffuscope --steps 1 --out gl.diffuscope --quiet --backend ";
        Program gpu(folder());
        gpu.set(variable, value);
        const Result refused = gpu.run(words(line + "gpu"));
        QVERIFY2(refused.status == 1, refused.err);
        QVERIFY2(refused.err.trimmed().size() > 25, refused.err);
        QVERIFY(!QFile::exists(path("gl.diffuscope")));

        Program automatic(folder());
        automatic.set(variable, value);
        const Result result = automatic.run(words(line + "auto"));
        QVERIFY2(result.status == 0, result.err);
        const json report = json::parse(result.out.toStdString());
        QVERIFY(report["backend"] == "cpu");
        QVERIFY(!report["reason"].get<std::string>().empty());
        QFile::remove(path("gl.diffuscope"));
    }
};

QTEST_GUILESS_MAIN(CommandLineTest)
#include "CommandLineTest.moc"
