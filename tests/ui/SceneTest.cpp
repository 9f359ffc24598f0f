#include "FakeSnapshot.h"
#include "scenes/Scene.h"
#include "scenes/Stage.h"

#include <QtTest>
#include <cmath>
#include <limits>

using namespace diffuscope;

namespace {

constexpr QSize pictureSize{640, 480};

Settings smallSettings() {
    Settings settings;
    settings.schedule.steps = 50;
    settings.view.particles = 2000;
    settings.data.points = 2000;
    return settings;
}

QImage picture(const Snapshot* snapshot, const ViewSettings& view, double playhead, std::size_t scene,
               double ratio = 1.0) {
    QImage image(pictureSize * ratio, QImage::Format_RGB32);
    image.setDevicePixelRatio(ratio);
    image.fill(themeOf(view.theme).window);
    QPainter painter(&image);
    const Frame frame{
        .snapshot = snapshot, .view = &view, .playhead = playhead, .textPixels = 13, .splat = {}};
    scenes()[scene].paint(painter, QRectF(QPointF(0, 0), QSizeF(pictureSize)), frame);
    return image;
}

/// How far a picture is from a plain stage at (x, y) of the plane; the middle of the picture is the origin.
double inkAt(const QImage& image, const Theme& theme, double x, double y) {
    const Stage stage(QRectF(QPointF(0, 0), QSizeF(image.size())));
    const QPoint at = stage.map(x, y).toPoint();
    double most = 0.0;
    for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
            const QColor here = image.pixelColor(at + QPoint(dx, dy));
            most = std::max({most, std::abs(here.redF() - theme.stage.redF()) * 1.0,
                             std::abs(here.greenF() - theme.stage.greenF()) * 1.0,
                             std::abs(here.blueF() - theme.stage.blueF()) * 1.0});
        }
    return most;
}

double difference(const QImage& a, const QImage& b) {
    double sum = 0.0;
    for (int y = 0; y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x) sum += std::abs(qGray(a.pixel(x, y)) - qGray(b.pixel(x, y)));
    return sum / (a.width() * a.height());
}

Positions filled(int count, float value) {
    return std::make_shared<const std::vector<float>>(static_cast<std::size_t>(count) * 2, value);
}

}  // namespace

class SceneTest : public QObject {
    Q_OBJECT

  private slots:
    void tablesAreInOrder();
    void everySceneInEveryTheme_data();
    void everySceneInEveryTheme();
    void layersChangeThePicture_data() { everySceneInEveryTheme_data(); }
    void layersChangeThePicture();
    void particlesLieWhereTheyAre_data();
    void particlesLieWhereTheyAre();
    void forwardAtZeroLiesOverTheData();
    void anyNumberOfParticles_data();
    void anyNumberOfParticles();
    void nonFinitePositionsDoNoHarm();
    void paintsBeforeTheFirstSnapshot();
    void partialReverseShowsTheRunBefore();
    void smoothSamplersShowTheWholePath();
    void devicePixelsAreUsed();
    void smallestRectangles();
    void ownSplatIsCalled();
    void mathTextHasWidth();
};

void SceneTest::tablesAreInOrder() {
    QCOMPARE(scenes().size(), std::size_t{3});
    QCOMPARE(scenes()[static_cast<std::size_t>(LaneKind::Forward)].choice.id, std::string_view("forward"));
    QCOMPARE(scenes()[static_cast<std::size_t>(LaneKind::Reverse)].choice.id, std::string_view("reverse"));
    QCOMPARE(scenes()[static_cast<std::size_t>(LaneKind::Both)].choice.id, std::string_view("both"));
    for (const char* id : {"density", "error", "data", "field", "particles", "guesses", "trails"})
        QVERIFY(std::any_of(layers().begin(), layers().end(), [id](const LayerRow& row) {
            return row.choice.id == id && !row.choice.help.empty();
        }));
}

void SceneTest::everySceneInEveryTheme_data() {
    QTest::addColumn<int>("scene");
    QTest::addColumn<int>("theme");
    for (std::size_t scene = 0; scene < scenes().size(); ++scene)
        for (std::size_t theme = 0; theme < themes().size(); ++theme)
            QTest::addRow("%s, %s", scenes()[scene].choice.id.data(), themes()[theme].choice.id.data())
                << static_cast<int>(scene) << static_cast<int>(theme);
}

void SceneTest::everySceneInEveryTheme() {
    QFETCH(int, scene);
    QFETCH(int, theme);
    Settings settings = smallSettings();
    settings.view.theme = static_cast<ThemeKind>(theme);
    const Snapshot one = fake::snapshot(settings);
    settings.data.dataset = DatasetKind::EightGaussians;
    const Snapshot other = fake::snapshot(settings);
    const auto draw = [&](const Snapshot& snapshot, double t) {
        return picture(&snapshot, settings.view, t, static_cast<std::size_t>(scene));
    };
    QVERIFY(difference(draw(one, 5), draw(other, 5)) > 0.5);  // another data set
    QVERIFY(difference(draw(one, 5), draw(one, 40)) > 0.5);   // another time
    QCOMPARE(draw(one, 5), draw(one, 5));                     // and nothing else
}

void SceneTest::layersChangeThePicture() {
    QFETCH(int, scene);
    QFETCH(int, theme);
    const Settings settings = smallSettings();
    const Snapshot snapshot = fake::snapshot(settings);
    ViewSettings all = settings.view;
    all.theme = static_cast<ThemeKind>(theme);
    ViewSettings none = all;
    for (const LayerRow& layer : layers()) {
        all.*layer.shown = true;
        none.*layer.shown = false;
    }
    const QImage full = picture(&snapshot, all, 25, static_cast<std::size_t>(scene));
    const QImage empty = picture(&snapshot, none, 25, static_cast<std::size_t>(scene));
    for (const LayerRow& layer : layers()) {
        ViewSettings without = all;
        without.*layer.shown = false;
        QVERIFY2(difference(full, picture(&snapshot, without, 25, static_cast<std::size_t>(scene))) > 0.02,
                 layer.choice.id.data());
        ViewSettings only = none;
        only.*layer.shown = true;
        QVERIFY2(difference(empty, picture(&snapshot, only, 25, static_cast<std::size_t>(scene))) > 0.02,
                 layer.choice.id.data());
    }
}

void SceneTest::particlesLieWhereTheyAre_data() {
    QTest::addColumn<int>("theme");
    for (std::size_t theme = 0; theme < themes().size(); ++theme)
        QTest::newRow(themes()[theme].choice.id.data()) << static_cast<int>(theme);
}

void SceneTest::particlesLieWhereTheyAre() {
    QFETCH(int, theme);
    Settings settings = smallSettings();
    settings.view.theme = static_cast<ThemeKind>(theme);
    settings.view.showTrails = settings.view.showData = false;
    Snapshot snapshot = fake::snapshot(settings);
    snapshot.forward.count = 1;
    for (Positions& positions : snapshot.forward.positions)
        positions = std::make_shared<const std::vector<float>>(std::vector<float>{1.27f, -0.63f});
    const QImage image = picture(&snapshot, settings.view, 25, 0);
    const Theme& colours = themeOf(settings.view.theme);
    QVERIFY(inkAt(image, colours, 1.27, -0.63) > 0.5);
    QVERIFY(inkAt(image, colours, 1.27, 0.63) < 0.05);  // y is upwards
    QVERIFY(inkAt(image, colours, -1.27, -0.63) < 0.05);

    // The lane's own colour: orange has more red than blue, sky blue the other way round.
    const Stage stage(QRectF(QPointF(0, 0), QSizeF(image.size())));
    const QColor orange = image.pixelColor(stage.map(1.27, -0.63).toPoint());
    QVERIFY(orange.redF() > orange.blueF() + 0.3f);
    snapshot.reverse = snapshot.forward;
    const QColor blue = picture(&snapshot, settings.view, 25, 1).pixelColor(stage.map(1.27, -0.63).toPoint());
    QVERIFY(blue.blueF() > blue.redF() + 0.3f);
}

void SceneTest::forwardAtZeroLiesOverTheData() {
    Settings settings = smallSettings();
    settings.view.showTrails = settings.view.showData = false;
    const Snapshot snapshot = fake::snapshot(settings);
    const Theme& theme = themeOf(settings.view.theme);
    const auto share = [&](double t) {
        const QImage image = picture(&snapshot, settings.view, t, 0);
        int covered = 0;
        for (std::size_t i = 0; i < snapshot.data->size(); ++i)
            covered +=
                inkAt(image, theme, snapshot.data->points[2 * i], snapshot.data->points[2 * i + 1]) > 0.4;
        return static_cast<double>(covered) / static_cast<double>(snapshot.data->size());
    };
    QVERIFY(share(0) > 0.8);
    QVERIFY(share(50) < 0.6);
}

void SceneTest::anyNumberOfParticles_data() {
    QTest::addColumn<int>("count");
    QTest::newRow("1") << 1;
    QTest::newRow("200") << 200;
    QTest::newRow("1,000,000") << 1'000'000;
}

void SceneTest::anyNumberOfParticles() {
    QFETCH(int, count);
    Settings settings = smallSettings();
    settings.view.showTrails = settings.view.showData = false;
    settings.view.particles = count;
    settings.schedule.steps = 1;
    const Snapshot snapshot = fake::snapshot(settings);
    const QImage image = picture(&snapshot, settings.view, 0, 0);
    double brightest = 0.0;
    int lit = 0;
    int burnt = 0;
    for (int y = 60; y < image.height() - 60; ++y)
        for (int x = 0; x < image.width(); ++x) {
            const QColor colour = image.pixelColor(x, y);
            brightest = std::max(brightest, static_cast<double>(colour.redF()));
            lit += colour.redF() > 0.3f;
            burnt += colour.redF() > 0.99f && colour.blueF() > 0.99f;
        }
    QVERIFY(brightest > 0.5);  // seen, however few
    QVERIFY(lit >= std::min(count, 100));
    QVERIFY(burnt < image.width() * image.height() / 50);  // and not a white blot, however many
}

void SceneTest::nonFinitePositionsDoNoHarm() {
    const Settings settings = smallSettings();
    Snapshot snapshot = fake::snapshot(settings);
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(), 3e38f}) {
        for (Trajectory* trajectory :
             {&snapshot.forward, &snapshot.reverse, &snapshot.forwardPaths, &snapshot.reversePaths})
            for (Positions& positions : trajectory->positions) positions = filled(trajectory->count, value);
        const QImage lost = picture(&snapshot, settings.view, 25, 2);
        ViewSettings dataOnly = settings.view;
        dataOnly.showParticles = dataOnly.showTrails = false;
        QVERIFY(difference(lost, picture(&snapshot, dataOnly, 25, 2)) < 0.01);
    }
}

void SceneTest::paintsBeforeTheFirstSnapshot() {
    const ViewSettings view;
    const Snapshot empty;
    for (std::size_t scene = 0; scene < scenes().size(); ++scene)
        for (const Snapshot* snapshot : {static_cast<const Snapshot*>(nullptr), &empty}) {
            QImage blank(pictureSize, QImage::Format_RGB32);
            blank.fill(themeOf(view.theme).window);
            QVERIFY(difference(picture(snapshot, view, 0, scene), blank) > 0.1);
        }
}

void SceneTest::partialReverseShowsTheRunBefore() {
    Settings settings = smallSettings();
    settings.view.showTrails = settings.view.showData = false;
    const Snapshot whole = fake::snapshot(settings);
    Snapshot partial = whole;
    for (std::size_t i = 0; i < 25; ++i) partial.reverse.positions[i] = nullptr;
    const auto draw = [&](const Snapshot& snapshot, double t) {
        return picture(&snapshot, settings.view, t, 1);
    };
    QCOMPARE(draw(partial, 40), draw(whole, 40));  // computed already
    const QImage nothing = draw(partial, 10);

    partial.reverseBefore = whole.reverse;
    const QImage dimmed = draw(partial, 10);
    const QImage full = draw(whole, 10);
    const Theme& theme = themeOf(settings.view.theme);
    double dimmedInk = 0.0;
    double fullInk = 0.0;
    double nothingInk = 0.0;
    for (int i = -10; i <= 10; ++i)
        for (int j = -10; j <= 10; ++j) {
            dimmedInk += inkAt(dimmed, theme, i * 0.1, j * 0.1);
            fullInk += inkAt(full, theme, i * 0.1, j * 0.1);
            nothingInk += inkAt(nothing, theme, i * 0.1, j * 0.1);
        }
    QVERIFY(dimmedInk < 0.7 * fullInk);
    QVERIFY(dimmedInk > 1.5 * nothingInk);
}

void SceneTest::smoothSamplersShowTheWholePath() {
    Settings settings = smallSettings();
    settings.view.showParticles = settings.view.showData = false;
    Snapshot snapshot = fake::snapshot(settings);
    // One particle that goes straight from (2.5, 2) at T to (-2.5, 2) at 0.
    snapshot.reversePaths.count = 1;
    for (std::size_t i = 0; i < snapshot.reversePaths.t.size(); ++i) {
        const float share = static_cast<float>(snapshot.reversePaths.t[i]) / 50.0f;
        snapshot.reversePaths.positions[i] =
            std::make_shared<const std::vector<float>>(std::vector<float>{-2.5f + 5.0f * share, 1.5f});
    }
    const Theme& theme = themeOf(settings.view.theme);
    const auto ink = [&](double x) { return inkAt(picture(&snapshot, settings.view, 10, 1), theme, x, 1.5); };
    snapshot.settings.sampler.kind = SamplerKind::Ddpm;
    QVERIFY(ink(-1.5) > 0.8);   // t = 10, the head
    QVERIFY(ink(-1.2) > 0.3);   // t = 13, just passed
    QVERIFY(ink(1.6) < 0.1);    // t = 41, long passed
    QVERIFY(ink(-2.45) < 0.1);  // t = 0.5, far ahead
    snapshot.settings.sampler.kind = SamplerKind::Ddim;
    QVERIFY(ink(1.6) > 0.2);
    QVERIFY(ink(-2.45) < 0.1);
    snapshot.settings.sampler.eta = 0.5;
    QVERIFY(ink(1.6) < 0.1);
}

void SceneTest::devicePixelsAreUsed() {
    Settings settings = smallSettings();
    settings.view.showTrails = false;
    const Snapshot snapshot = fake::snapshot(settings);
    const QImage sharp = picture(&snapshot, settings.view, 25, 2, 2.0);
    QCOMPARE(sharp.size(), pictureSize * 2);
    // The same picture, only finer: scaled down it is close to the coarse one.
    const QImage scaled = sharp.scaled(pictureSize, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    QVERIFY(difference(scaled, picture(&snapshot, settings.view, 25, 2)) < 6.0);
    // Neighbouring pixels differ, which they would not if a coarse picture had been blown up.
    double within = 0.0;
    for (int y = 0; y < sharp.height(); y += 2)
        for (int x = 0; x < sharp.width(); x += 2)
            within += std::abs(qGray(sharp.pixel(x, y)) - qGray(sharp.pixel(x + 1, y)));
    QVERIFY(within / (pictureSize.width() * pictureSize.height()) > 0.3);
}

void SceneTest::smallestRectangles() {
    const Settings settings = smallSettings();
    const Snapshot snapshot = fake::snapshot(settings);
    QImage image(40, 40, QImage::Format_RGB32);
    image.fill(Qt::magenta);
    QPainter painter(&image);
    const Frame frame{
        .snapshot = &snapshot, .view = &settings.view, .playhead = 25, .textPixels = 13, .splat = {}};
    for (const QRectF rect :
         {QRectF(0, 0, 0, 0), QRectF(0, 0, 1, 1), QRectF(3, 3, 1, 30), QRectF(5, 5, 30, 2)})
        for (const SceneRow& scene : scenes()) scene.paint(painter, rect, frame);
    painter.end();
    QCOMPARE(image.pixel(39, 39), qRgb(255, 0, 255));  // nothing outside
}

void SceneTest::ownSplatIsCalled() {
    Settings settings = smallSettings();
    settings.view.showTrails = settings.view.showData = false;
    const Snapshot snapshot = fake::snapshot(settings);
    QImage image(pictureSize, QImage::Format_RGB32);
    QPainter painter(&image);
    int calls = 0;
    const Frame frame{.snapshot = &snapshot,
                      .view = &settings.view,
                      .playhead = 25,
                      .textPixels = 13,
                      .splat = [&calls](std::span<const float> positions, const SplatView& view,
                                        std::span<std::uint32_t> accumulator) {
                          ++calls;
                          QCOMPARE(positions.size(), std::size_t{4000});
                          QCOMPARE(accumulator.size(), static_cast<std::size_t>(view.width) *
                                                           static_cast<std::size_t>(view.height));
                          QVERIFY(std::all_of(accumulator.begin(), accumulator.end(),
                                              [](std::uint32_t value) { return value == 0; }));
                      }};
    scenes()[2].paint(painter, QRectF(QPointF(0, 0), QSizeF(pictureSize)), frame);
    QCOMPARE(calls, 2);
}

void SceneTest::mathTextHasWidth() {
    const QFont font = uiFont(20);
    const double plain = mathTextWidth(QStringLiteral("xt"), font);
    const double script = mathTextWidth(QStringLiteral("x_{t}"), font);
    QVERIFY(script < plain);
    QVERIFY(script > mathTextWidth(QStringLiteral("x"), font));
    QCOMPARE(mathTextWidth(QStringLiteral("x^{t}"), font), script);
    QCOMPARE(mathTextWidth(QStringLiteral("x_{t"), font), script);  // a missing bracket does no harm
    QCOMPARE(mathTextWidth({}, font), 0.0);
}

QTEST_MAIN(SceneTest)
#include "SceneTest.moc"
