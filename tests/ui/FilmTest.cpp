#include "Error.h"
#include "diffusion/Samplers.h"
#include "export/Film.h"
#include "scenes/Scene.h"
#include "training/CloudRun.h"

#include <QDir>
#include <QFile>
#include <QImage>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <thread>

using namespace diffuscope;

namespace {

constexpr QSize size{160, 120};
constexpr int frames = 12;

std::shared_ptr<const SavedRun> smallRun(LaneKind lanes = LaneKind::Forward) {
    auto run = std::make_shared<SavedRun>();
    run->settings.backend = BackendKind::Cpu;
    run->settings.schedule.steps = 20;
    run->settings.view.lanes = lanes;
    run->settings.view.particles = lanes == LaneKind::Both ? 1200 : 300;
    run->settings.network.width = 32;
    run->settings.network.depth = 1;
    run->settings.data.points = 500;
    run->data = trainingData(run->settings.data, 1);
    run->state = initialState(layoutOf(run->settings, 0), 1);
    return run;
}

FilmRequest request(const QString& path, LaneKind lanes = LaneKind::Forward) {
    return {.path = path, .size = size, .framesPerSecond = 12, .seconds = 1.0, .run = smallRun(lanes)};
}

bool always(const FilmProgress&) {
    return true;
}

QString sentenceOf(const FilmRequest& asked) {
    try {
        (void)makeFilm(asked, always);
    } catch (const InputError& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

QStringList everythingIn(const QTemporaryDir& folder) {
    return QDir(folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
}

/// Frames as ffmpeg decodes them, Format_RGB32.
QList<QImage> decoded(const QString& path) {
    QProcess process;
    process.start("ffmpeg", {"-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "bgr0", "pipe:1"});
    process.waitForFinished(60000);
    const QByteArray bytes = process.readAllStandardOutput();
    const qsizetype each = size.width() * size.height() * 4;
    QList<QImage> images;
    for (qsizetype at = 0; at + each <= bytes.size(); at += each)
        images.append(QImage(reinterpret_cast<const uchar*>(bytes.constData() + at), size.width(),
                             size.height(), QImage::Format_RGB32)
                          .copy());
    return images;
}

/// Pixels in which the orange of the forward lane shows.
int orangePixels(const QImage& image) {
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            count += qRed(image.pixel(x, y)) > qBlue(image.pixel(x, y)) + 60;
    return count;
}

/// Puts programs of our own first in the path for as long as it lives.
class FakePrograms {
  public:
    FakePrograms() { qputenv("PATH", folder_.path().toLocal8Bit() + ":" + before_); }
    ~FakePrograms() { qputenv("PATH", before_); }
    void add(const char* name, const QByteArray& script) {
        QFile file(folder_.filePath(QString::fromLatin1(name)));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("#!/bin/sh\n" + script + "\n");
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }
    void only() { qputenv("PATH", folder_.path().toLocal8Bit()); }

  private:
    QTemporaryDir folder_;
    QByteArray before_ = qgetenv("PATH");
};

}  // namespace

class FilmTest : public QObject {
    Q_OBJECT

  private slots:
    void playheadTellsTheStory_data();
    void playheadTellsTheStory();
    void everyFormat_data();
    void everyFormat();
    void animatedWebp();
    void framesInAFolder();
    void framesDrawnOnceAreTheSame_data();
    void framesDrawnOnceAreTheSame();
    void everyLayerIsInTheFilm();
    void bothLanesOnAThread();
    void sameRunSameBytes();
    void littleMemorySameFilm_data();
    void littleMemorySameFilm();
    void existingFileIsReplaced();
    void namesArePlainText_data();
    void namesArePlainText();
    void anotherNetworkIsRefused();
    void badRequestsSayWhy_data();
    void badRequestsSayWhy();
    void foldersThatCannotBeUsed();
    void cancelLeavesNothing_data();
    void cancelLeavesNothing();
    void failingEncoderLeavesNothing_data();
    void failingEncoderLeavesNothing();
    void missingEncoderIsNamed();
    void progressRises();
};

void FilmTest::playheadTellsTheStory_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("steps");
    for (const int steps : {1, 2, 50, 1000, 10000})
        for (const ScheduleKind kind : {ScheduleKind::Linear, ScheduleKind::Cosine, ScheduleKind::Constant})
            QTest::addRow("kind %d, T = %d", static_cast<int>(kind), steps)
                << static_cast<int>(kind) << steps;
}

void FilmTest::playheadTellsTheStory() {
    QFETCH(int, kind);
    QFETCH(int, steps);
    ScheduleSettings settings;
    settings.kind = static_cast<ScheduleKind>(kind);
    settings.steps = steps;
    const NoiseSchedule schedule(settings);
    constexpr int count = 241;
    double before = 0.0;
    for (int i = 0; i < count; ++i) {
        const double t = filmPlayhead(i, count, schedule);
        QVERIFY(t >= 0.0 && t <= steps);
        QVERIFY(i <= count / 2 ? t >= before : t <= before);  // up, then down
        QCOMPARE(t, filmPlayhead(count - 1 - i, count, schedule));
        before = t;
    }
    for (const int held : {0, 7, 13, count - 1}) QCOMPARE(filmPlayhead(held, count, schedule), 0.0);
    for (const int held : {114, 120, 126})
        QVERIFY(std::abs(filmPlayhead(held, count, schedule) - steps) < 1e-9 * steps);
    QCOMPARE(filmPlayhead(0, 1, schedule), 0.0);
    if (settings.kind == ScheduleKind::Linear && steps == 1000) {
        // Between even in t (500) and even in lambda: half-way to the noise much of the signal is still
        // there.
        const double half = filmPlayhead(count / 4, count, schedule);
        QVERIFY(half > 250 && half < 450);
    }
}

void FilmTest::everyFormat_data() {
    QTest::addColumn<QString>("ending");
    for (const char* ending : {"mp4", "webm", "gif", "apng"}) QTest::newRow(ending) << QString(ending);
}

void FilmTest::everyFormat() {
    QFETCH(QString, ending);
    QTemporaryDir folder;
    const QString path = folder.filePath("film." + ending);
    QVERIFY(makeFilm(request(path), always));
    QCOMPARE(everythingIn(folder), QStringList{"film." + ending});
    const QList<QImage> images = decoded(path);
    QCOMPARE(images.size(), frames);
    for (const QImage& image : images) QVERIFY(orangePixels(image) > 100);
    // Data are a thin roll, noise covers more; and the film ends where it began.
    QVERIFY(orangePixels(images[frames / 2]) > orangePixels(images[0]));
    QVERIFY(std::abs(orangePixels(images[0]) - orangePixels(images[frames - 1])) < 400);
    QVERIFY(QFile(path).permissions().testFlag(QFile::ReadGroup));
}

void FilmTest::animatedWebp() {
    QTemporaryDir folder;
    QVERIFY(makeFilm(request(folder.filePath("film.webp")), always));
    QCOMPARE(everythingIn(folder), QStringList{"film.webp"});
    QFile file(folder.filePath("film.webp"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    QVERIFY(bytes.startsWith("RIFF"));
    QCOMPARE(bytes.mid(8, 4), QByteArray("WEBP"));
    QVERIFY(bytes.count("ANMF") >= frames / 2);  // equal frames at the held ends are joined
    QVERIFY(bytes.size() > 5000);
}

void FilmTest::framesInAFolder() {
    QTemporaryDir folder;
    for (const char* name : {"frames", "frames.png"}) {
        const QString path = folder.filePath(name);
        QVERIFY(makeFilm(request(path), always));
        const QStringList names = QDir(path).entryList(QDir::Files, QDir::Name);
        QCOMPARE(names.size(), frames);
        QCOMPARE(names.first(), QStringLiteral("frame-0001.png"));
        QCOMPARE(names.last(), QStringLiteral("frame-0012.png"));
        const QImage image(QDir(path).filePath(names[6]));
        QCOMPARE(image.size(), size);
        QVERIFY(orangePixels(image) > 100);
    }
    QCOMPARE(everythingIn(folder).size(), 2);
}

void FilmTest::framesDrawnOnceAreTheSame_data() {
    QTest::addColumn<int>("lanes");
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("memory");
    for (const LaneKind lanes : {LaneKind::Forward, LaneKind::Reverse, LaneKind::Both})
        for (const int count : {1, 3, 12, 13})
            QTest::addRow("lanes %d, %d frames", static_cast<int>(lanes), count)
                << static_cast<int>(lanes) << count << 512;
    QTest::addRow("little memory") << static_cast<int>(LaneKind::Both) << 13 << 1;
}

/// Where the encoder puts the half that was drawn before itself, backwards, the film has the frames that are
/// drawn one by one for a folder.
void FilmTest::framesDrawnOnceAreTheSame() {
    QFETCH(int, lanes);
    QFETCH(int, count);
    QFETCH(int, memory);
    QTemporaryDir folder;
    auto run = std::make_shared<SavedRun>(*smallRun(static_cast<LaneKind>(lanes)));
    for (float& weight : run->state.average) weight += 0.05f;
    run->settings.view.memory = memory;
    if (memory == 1) run->settings.view.particles = 15'000;
    FilmRequest asked = request(folder.filePath("film.apng"));
    asked.framesPerSecond = count;
    asked.run = run;
    QVERIFY(makeFilm(asked, always));
    asked.path = folder.filePath("frames");
    QVERIFY(makeFilm(asked, always));
    const QList<QImage> film = decoded(folder.filePath("film.apng"));
    QCOMPARE(film.size(), count);
    for (int i = 0; i < count; ++i) {
        const QImage frame(
            folder.filePath(QStringLiteral("frames/frame-%1.png").arg(i + 1, 4, 10, QLatin1Char('0'))));
        QCOMPARE(film[i].convertToFormat(QImage::Format_RGB888),
                 frame.convertToFormat(QImage::Format_RGB888));
    }
}
/// Each layer that is switched on changes the picture; those that ask the network, too.
void FilmTest::everyLayerIsInTheFilm() {
    QTemporaryDir folder;
    const auto frame = [&](bool ViewSettings::*shown) {
        auto run = std::make_shared<SavedRun>(*smallRun(LaneKind::Both));
        for (float& weight : run->state.average) weight += 0.05f;  // a fresh network predicts zero
        for (const LayerRow& layer : layers()) run->settings.view.*layer.shown = layer.shown == shown;
        FilmRequest asked = request(folder.filePath("frames"), LaneKind::Both);
        asked.seconds = 0.25;
        asked.run = run;
        if (!makeFilm(asked, always)) return QImage();
        const QImage image(folder.filePath("frames/frame-0002.png"));
        QDir(folder.filePath("frames")).removeRecursively();
        return image;
    };
    const QImage empty = frame(nullptr);
    QVERIFY(!empty.isNull());
    for (const LayerRow& layer : layers()) {
        const QImage shown = frame(layer.shown);
        for (const bool right : {false, true}) {  // the lane
            const QRect lane(right ? size.width() / 2 : 0, 0, size.width() / 2, size.height());
            QVERIFY2(shown.copy(lane) != empty.copy(lane), layer.choice.id.data());
        }
    }
}

void FilmTest::bothLanesOnAThread() {
    QTemporaryDir folder;
    const QString path = folder.filePath("film.mp4");
    bool made = false;
    std::thread thread([&] { made = makeFilm(request(path, LaneKind::Both), always); });
    thread.join();
    QVERIFY(made);
    const QList<QImage> images = decoded(path);
    QCOMPARE(images.size(), frames);
    int blue = 0;
    for (int y = 0; y < size.height(); ++y)
        for (int x = size.width() / 2; x < size.width(); ++x)
            blue += qBlue(images[6].pixel(x, y)) > qRed(images[6].pixel(x, y)) + 60;
    QVERIFY(blue > 60);
    QVERIFY(orangePixels(images[6]) > 60);
}

void FilmTest::sameRunSameBytes() {
    QTemporaryDir folder;
    const auto bytesOf = [&](const QString& name) {
        if (!makeFilm(request(folder.filePath(name), LaneKind::Both), always)) return QByteArray();
        QFile file(folder.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    const QByteArray one = bytesOf("one.mp4");
    QVERIFY(!one.isEmpty());
    QCOMPARE(bytesOf("two.mp4"), one);
}

void FilmTest::littleMemorySameFilm_data() {
    QTest::addColumn<int>("lanes");
    QTest::addColumn<int>("kind");
    for (const SamplerRow& row : samplers())
        QTest::addRow("both, %s", std::string(row.choice.id).c_str())
            << static_cast<int>(LaneKind::Both) << static_cast<int>(&row - samplers().data());
    QTest::addRow("forward") << static_cast<int>(LaneKind::Forward) << 0;
    QTest::addRow("reverse") << static_cast<int>(LaneKind::Reverse) << 0;
}

/// Where only few clouds of the film have room, the others are computed again and are the same.
void FilmTest::littleMemorySameFilm() {
    QFETCH(int, lanes);
    QFETCH(int, kind);
    QTemporaryDir folder;
    auto run = std::make_shared<SavedRun>(*smallRun(static_cast<LaneKind>(lanes)));
    for (float& weight : run->state.average) weight += 0.05f;
    run->settings.sampler.kind = static_cast<SamplerKind>(kind);
    run->settings.sampler.steps = 12;
    run->settings.view.particles = lanes == static_cast<int>(LaneKind::Both) ? 15'000 : 30'000;
    const auto film = [&](int mebibytes, const QString& name) {
        run->settings.view.memory = mebibytes;
        FilmRequest asked = request(folder.filePath(name));
        asked.run = std::make_shared<const SavedRun>(*run);
        return makeFilm(asked, always);
    };
    QVERIFY(film(512, "much"));
    QVERIFY(film(1, "little"));
    for (int i = 1; i <= frames; ++i) {
        const QString name = QStringLiteral("/frame-%1.png").arg(i, 4, 10, QLatin1Char('0'));
        const QImage image(folder.filePath("much") + name);
        QVERIFY(!image.isNull());
        QCOMPARE(QImage(folder.filePath("little") + name), image);
    }
}

void FilmTest::existingFileIsReplaced() {
    QTemporaryDir folder;
    const QString path = folder.filePath("film.gif");
    QFile old(path);
    QVERIFY(old.open(QIODevice::WriteOnly));
    old.write("old");
    old.close();
    QVERIFY(makeFilm(request(path), always));
    QCOMPARE(decoded(path).size(), frames);
    QCOMPARE(everythingIn(folder), QStringList{"film.gif"});
}

void FilmTest::namesArePlainText_data() {
    QTest::addColumn<QString>("name");
    for (const char* name :
         {"a%d.mp4", "a%d.webm", "a%d %1 %3.gif", "a%03d.apng", "a%d.webp", "a%d %1 %3.png"})
        QTest::newRow(name) << name;
}

void FilmTest::namesArePlainText() {
    QFETCH(QString, name);
    QTemporaryDir folder;
    QVERIFY(makeFilm(request(folder.filePath(name)), always));
    QCOMPARE(everythingIn(folder), QStringList{name});
    const QFileInfo made(folder.filePath(name));
    if (made.isDir()) QCOMPARE(QDir(made.filePath()).entryList(QDir::Files).size(), frames);
}

void FilmTest::anotherNetworkIsRefused() {
    QTemporaryDir folder;
    for (const NetworkSettings& network : {NetworkSettings{64, 1, Conditioning::LogSnr},
                                           {32, 2, Conditioning::LogSnr},
                                           {32, 1, Conditioning::StepIndex}}) {
        FilmRequest bad = request(folder.filePath("film.png"), LaneKind::Reverse);
        auto run = std::make_shared<SavedRun>(*bad.run);
        run->settings.network = network;
        bad.run = run;
        QVERIFY2(sentenceOf(bad).contains("another network"), qPrintable(sentenceOf(bad)));
    }
    QVERIFY(everythingIn(folder).isEmpty());
}

void FilmTest::badRequestsSayWhy_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QSize>("asked");
    QTest::addColumn<int>("framesPerSecond");
    QTest::addColumn<double>("seconds");
    QTest::addColumn<QString>("word");
    QTest::newRow("odd width") << "a.mp4" << QSize(161, 120) << 12 << 1.0 << "even";
    QTest::newRow("odd height") << "a.webm" << QSize(160, 121) << 12 << 1.0 << "even";
    QTest::newRow("tiny") << "a.gif" << QSize(8, 120) << 12 << 1.0 << "16";
    QTest::newRow("huge") << "a.gif" << QSize(160, 9000) << 12 << 1.0 << "8192";
    QTest::newRow("no rate") << "a.mp4" << size << 0 << 1.0 << "frames per second";
    QTest::newRow("fast GIF") << "a.gif" << size << 60 << 1.0 << "50";
    QTest::newRow("no length") << "a.mp4" << size << 12 << 0.0 << "seconds";
    QTest::newRow("NaN") << "a.mp4" << size << 12 << std::nan("") << "seconds";
    QTest::newRow("ending") << "a.avi" << size << 12 << 1.0 << "mp4";
}

void FilmTest::badRequestsSayWhy() {
    QFETCH(QString, name);
    QFETCH(QSize, asked);
    QFETCH(int, framesPerSecond);
    QFETCH(double, seconds);
    QFETCH(QString, word);
    QTemporaryDir folder;
    FilmRequest bad = request(folder.filePath(name));
    bad.size = asked;
    bad.framesPerSecond = framesPerSecond;
    bad.seconds = seconds;
    const QString sentence = sentenceOf(bad);
    QVERIFY2(sentence.contains(word), qPrintable(sentence));
    QVERIFY2(sentence.endsWith(QLatin1Char('.')), qPrintable(sentence));
    QVERIFY(everythingIn(folder).isEmpty());
}

void FilmTest::foldersThatCannotBeUsed() {
    QTemporaryDir folder;
    for (const char* name : {"nowhere/film.mp4", "nowhere/frames.png"})
        QVERIFY(!sentenceOf(request(folder.filePath(name))).isEmpty());

    QVERIFY(QDir(folder.path()).mkpath("full/inner"));
    QVERIFY(sentenceOf(request(folder.filePath("full"))).contains("not empty"));
    QVERIFY(QDir(folder.filePath("full/inner")).exists());
    QVERIFY(QDir(folder.path()).mkpath("dir.mp4"));
    QVERIFY(sentenceOf(request(folder.filePath("dir.mp4"))).contains("folder"));
    QFile file(folder.filePath("file.png"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(sentenceOf(request(folder.filePath("file.png"))).contains("folder"));
    QCOMPARE(everythingIn(folder).size(), 3);

    QVERIFY(QDir(folder.path()).mkpath("empty"));
    QVERIFY(makeFilm(request(folder.filePath("empty")), always));
    QCOMPARE(QDir(folder.filePath("empty")).entryList(QDir::Files).size(), frames);
}

void FilmTest::cancelLeavesNothing_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("phase");
    for (const char* name : {"film.mp4", "film.webm", "film.gif", "film.apng", "film.webp", "film.png"})
        for (const char* phase : {"Sampling", "Drawing 1 of", "Drawing 5 of", "Encoding"}) {
            if (QByteArray(name) == "film.png" && QByteArray(phase) == "Encoding") continue;  // a rename
            QTest::addRow("%s at %s", name, phase) << QString(name) << QString(phase);
        }
}

void FilmTest::cancelLeavesNothing() {
    QFETCH(QString, name);
    QFETCH(QString, phase);
    QTemporaryDir folder;
    bool reached = false;
    const bool made = makeFilm(request(folder.filePath(name)), [&](const FilmProgress& progress) {
        reached = reached || (progress.phase.startsWith(phase) && progress.share < 1.0);
        return !reached;
    });
    QVERIFY(reached);
    QVERIFY(!made);
    QVERIFY2(everythingIn(folder).isEmpty(), qPrintable(everythingIn(folder).join(' ')));
}

void FilmTest::failingEncoderLeavesNothing_data() {
    QTest::addColumn<QByteArray>("ffmpeg");
    QTest::addColumn<QByteArray>("ffprobe");
    QTest::addColumn<QString>("word");
    const QByteArray lastArgument = "for last; do :; done; echo half > \"$last\"; ";
    const QByteArray allRight = "echo 12";
    QTest::newRow("refuses") << QByteArray("echo 'no such encoder' >&2; exit 1") << allRight
                             << "no such encoder";
    QTest::newRow("dies with a part")
        << lastArgument + "head -c 100000 >/dev/null; kill -9 $$" << allRight << "ended early";
    QTest::newRow("fails at the end")
        << lastArgument + "cat >/dev/null; echo 'disk full' >&2; exit 1" << allRight << "disk full";
    QTest::newRow("says it was well") << lastArgument + "cat >/dev/null" << QByteArray("echo 5") << "5 of 12";
    QTest::newRow("unreadable") << lastArgument + "cat >/dev/null" << QByteArray("echo broken >&2; exit 1")
                                << "broken";
}

void FilmTest::failingEncoderLeavesNothing() {
    QFETCH(QByteArray, ffmpeg);
    QFETCH(QByteArray, ffprobe);
    QFETCH(QString, word);
    QTemporaryDir folder;
    const QString path = folder.filePath("film.mp4");
    QFile old(path);
    QVERIFY(old.open(QIODevice::WriteOnly));
    old.write("old");
    old.close();
    FakePrograms programs;
    programs.add("ffmpeg", ffmpeg);
    programs.add("ffprobe", ffprobe);
    const QString sentence = sentenceOf(request(path));
    QVERIFY2(sentence.contains(word), qPrintable(sentence));
    QCOMPARE(everythingIn(folder), QStringList{"film.mp4"});  // what was there before, as it was
    QVERIFY(old.open(QIODevice::ReadOnly));
    QCOMPARE(old.readAll(), QByteArray("old"));
}

void FilmTest::missingEncoderIsNamed() {
    QTemporaryDir folder;
    FakePrograms programs;
    programs.only();
    const QString sentence = sentenceOf(request(folder.filePath("film.mp4")));
    QVERIFY2(sentence.contains("ffmpeg") && sentence.contains("cannot be started"), qPrintable(sentence));
    QVERIFY(everythingIn(folder).isEmpty());
    QVERIFY(makeFilm(request(folder.filePath("frames.png")), always));  // needs no program
}

void FilmTest::progressRises() {
    QTemporaryDir folder;
    double share = 0.0;
    QStringList phases;
    QVERIFY(makeFilm(request(folder.filePath("film.gif"), LaneKind::Both), [&](const FilmProgress& progress) {
        if (progress.share < share || progress.share > 1.0) return false;
        share = progress.share;
        const QString word = progress.phase.section(QLatin1Char(' '), 0, 0);
        if (phases.isEmpty() || phases.last() != word) phases.append(word);
        return true;
    }));
    QCOMPARE(share, 1.0);
    QCOMPARE(phases, (QStringList{"Sampling", "Drawing", "Encoding"}));
}

QTEST_MAIN(FilmTest)
#include "FilmTest.moc"
