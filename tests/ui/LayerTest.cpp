#include "FakeSnapshot.h"
#include "diffusion/IdealDenoiser.h"
#include "scenes/ColorMap.h"
#include "scenes/Lane.h"
#include "scenes/Scene.h"
#include "scenes/SmoothDensity.h"
#include "scenes/Stage.h"

#include <QPaintDevice>
#include <QPaintEngine>
#include <QtTest>
#include <cmath>
#include <numbers>
#include <tuple>

using namespace diffuscope;

namespace {

constexpr QSize pictureSize{600, 600};

/// A paint device that only remembers lines: what a figure in a vector format gets.
class LineRecorder : public QPaintDevice {
  public:
    [[nodiscard]] QPaintEngine* paintEngine() const override { return &engine_; }
    [[nodiscard]] const std::vector<QLineF>& lines() const { return engine_.lines; }

  protected:
    [[nodiscard]] int metric(PaintDeviceMetric metric) const override {
        switch (metric) {
            case PdmWidth:
                return pictureSize.width();
            case PdmHeight:
                return pictureSize.height();
            case PdmDevicePixelRatio:
                return 1;
            case PdmDevicePixelRatioScaled:
                return static_cast<int>(devicePixelRatioFScale());
            default:
                return 96;
        }
    }

  private:
    class Engine : public QPaintEngine {
      public:
        Engine() : QPaintEngine(AllFeatures) {}
        bool begin(QPaintDevice*) override { return true; }
        bool end() override { return true; }
        void updateState(const QPaintEngineState&) override {}
        void drawPixmap(const QRectF&, const QPixmap&, const QRectF&) override {}
        void drawImage(const QRectF&, const QImage&, const QRectF&, Qt::ImageConversionFlags) override {}
        void drawLines(const QLineF* some, int count) override {
            lines.insert(lines.end(), some, some + count);
        }
        void drawEllipse(const QRectF&) override {}
        void drawPolygon(const QPointF*, int, PolygonDrawMode) override {}
        void drawPath(const QPainterPath&) override {}
        void drawTextItem(const QPointF&, const QTextItem&) override {}
        [[nodiscard]] Type type() const override { return User; }
        std::vector<QLineF> lines;
    };
    mutable Engine engine_;
};

Settings layerSettings(bool ViewSettings::*shown) {
    Settings settings;
    settings.schedule.steps = 50;
    settings.view.particles = 500;
    settings.data.points = 500;
    settings.view.lanes = LaneKind::Reverse;
    for (const LayerRow& layer : layers()) settings.view.*layer.shown = false;
    settings.view.*shown = true;
    return settings;
}

void paintInto(QPaintDevice& device, const Snapshot& snapshot, const ViewSettings& view, double playhead,
               Lane lane, FrameWork* work = nullptr) {
    QPainter painter(&device);
    const Frame frame{.snapshot = &snapshot,
                      .view = &view,
                      .playhead = playhead,
                      .textPixels = 13,
                      .splat = {},
                      .work = work};
    paintLane(painter, QRectF(QPointF(0, 0), QSizeF(pictureSize)), frame, lane);
}

QImage picture(const Snapshot& snapshot, const ViewSettings& view, double playhead, Lane lane,
               FrameWork* work = nullptr) {
    QImage image(pictureSize, QImage::Format_RGB32);
    image.fill(themeOf(view.theme).window);
    paintInto(image, snapshot, view, playhead, lane, work);
    return image;
}

std::vector<QLineF> linesOf(const Snapshot& snapshot, double playhead, Lane lane) {
    LineRecorder recorder;
    paintInto(recorder, snapshot, snapshot.settings.view, playhead, lane);
    return recorder.lines();
}

/// A spiral wind that depends on the place and on the noise level.
class Wind : public Denoiser {
  public:
    static QPointF at(QPointF x, const NoiseLevel& level) {
        const auto noise = static_cast<double>(level.sqrtOneMinusAlphaBar);
        return {noise * (0.4 * x.x() - 0.3 * x.y()), noise * (0.3 * x.x() + 0.4 * x.y()) + 0.2};
    }
    void eps(std::span<const float> xt, const NoiseLevel& level, int, std::span<float> eps) const override {
        for (std::size_t i = 0; i < xt.size(); i += 2) {
            const QPointF wind = at({static_cast<double>(xt[i]), static_cast<double>(xt[i + 1])}, level);
            eps[i] = static_cast<float>(wind.x());
            eps[i + 1] = static_cast<float>(wind.y());
        }
    }
};

/// The ideal denoiser of the data, off by a tenth everywhere.
class OffByATenth : public Denoiser {
  public:
    explicit OffByATenth(std::shared_ptr<const DataSet> data) : data_(std::move(data)) {}
    void eps(std::span<const float> xt, const NoiseLevel& level, int, std::span<float> eps) const override {
        idealEps(data_->points, level, xt, eps);
        for (std::size_t i = 0; i < eps.size(); i += 2) eps[i] += 0.1f;
    }

  private:
    std::shared_ptr<const DataSet> data_;
};

/// Rightwards for any class, upwards for one.
class WindOfClass : public Denoiser {
  public:
    void eps(std::span<const float>, const NoiseLevel&, int label, std::span<float> eps) const override {
        for (std::size_t i = 0; i < eps.size(); ++i)
            eps[i] = (i % 2 == 0) == (label == anyClass) ? 1.0f : 0.0f;
    }
};

}  // namespace

class LayerTest : public QObject {
    Q_OBJECT

  private slots:
    void arrowsPointWhereTheDenoiserSays_data();
    void arrowsPointWhereTheDenoiserSays();
    void theIdealDenoisersFieldIsShownWhereItSamples();
    void arrowsAreOfTheClassThatIsSampled();
    void whatIsHeldOutIsNotKnown();
    void hairsEndAtTheGuesses();
    void densityIsTheClosedForm_data();
    void densityIsTheClosedForm();
    void densityOfDegenerateClouds();
    void errorHasTheColourOfItsSize();
    void littleTimeMakesItCoarserAndNothingElse();
    void nothingIsAskedTwice();
    void classesAreToldApart();
    void colourMapsRise();
};

void LayerTest::arrowsPointWhereTheDenoiserSays_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("lane");
    for (const int lane : {0, 1}) {
        QTest::addRow("eps %d", lane) << static_cast<int>(FieldKind::Eps) << lane;
        QTest::addRow("score %d", lane) << static_cast<int>(FieldKind::Score) << lane;
        QTest::addRow("drift %d", lane) << static_cast<int>(FieldKind::Drift) << lane;
    }
}

void LayerTest::arrowsPointWhereTheDenoiserSays() {
    QFETCH(int, kind);
    QFETCH(int, lane);
    Settings settings = layerSettings(&ViewSettings::showField);
    settings.view.field = static_cast<FieldKind>(kind);
    Snapshot snapshot = fake::snapshot(settings);
    snapshot.network = std::make_shared<const Wind>();
    constexpr int t = 20;
    const auto lines = linesOf(snapshot, t, static_cast<Lane>(lane));
    const NoiseLevel level = noiseLevel(*snapshot.schedule, t, Conditioning::LogSnr);
    const auto noise = static_cast<double>(level.sqrtOneMinusAlphaBar);
    const double halfBeta = (lane == 0 ? -0.5 : 0.5) * snapshot.schedule->beta(t);
    const Stage stage(QRectF(QPointF(0, 0), QSizeF(pictureSize)));
    // Each arrow is a line and the two of its head, which start at the line's end. The legend's comes last.
    QVERIFY(lines.size() > 3 * 200);
    QCOMPARE(lines.size() % 3, std::size_t{0});
    double longest = 0.0;
    std::vector<std::pair<double, double>> sizes;  // drawn, said
    for (std::size_t i = 0; i + 3 < lines.size(); i += 3) {
        const QPointF middle = lines[i].center();
        const QPointF x((middle.x() - stage.centre.x()) / stage.scale,
                        (stage.centre.y() - middle.y()) / stage.scale);
        const QPointF eps = Wind::at(x, level);
        const QPointF score = -eps / noise;
        const QPointF said = kind == 0 ? eps : kind == 1 ? score : halfBeta * (x + score);
        const QPointF drawn(lines[i].dx(), -lines[i].dy());
        const double cosine = QPointF::dotProduct(said, drawn) /
                              (std::hypot(said.x(), said.y()) * std::hypot(drawn.x(), drawn.y()));
        QVERIFY2(cosine > 0.9999, qPrintable(QString("%1, %2").arg(x.x()).arg(x.y())));
        QCOMPARE(lines[i + 1].p1(), lines[i].p2());
        QVERIFY(QPointF::dotProduct(lines[i + 1].p2() - lines[i + 1].p1(), lines[i].p2() - lines[i].p1()) <
                0);
        sizes.emplace_back(lines[i].length(), std::hypot(said.x(), said.y()));
        longest = std::max(longest, lines[i].length());
    }
    // Lengths are in proportion up to the longest.
    const auto first = std::find_if(sizes.begin(), sizes.end(),
                                    [&](const auto& size) { return size.first < 0.9 * longest; });
    QVERIFY(first != sizes.end());
    for (const auto& [drawn, said] : sizes)
        if (drawn < 0.999 * longest)
            QVERIFY(std::abs(drawn / said / (first->first / first->second) - 1) < 1e-3);
}

void LayerTest::theIdealDenoisersFieldIsShownWhereItSamples() {
    Settings settings = layerSettings(&ViewSettings::showField);
    Snapshot snapshot = fake::snapshot(settings);
    const QImage network = picture(snapshot, settings.view, 20, Lane::Reverse);
    snapshot.settings.sampler.denoiser = DenoiserKind::Ideal;
    const QImage ideal = picture(snapshot, settings.view, 20, Lane::Reverse);
    QVERIFY(network != ideal);
    snapshot.network = nullptr;  // and the network is not asked
    QCOMPARE(picture(snapshot, settings.view, 20, Lane::Reverse), ideal);
}

/// eps-hat = any + w (class - any), as the sampler has it.
void LayerTest::arrowsAreOfTheClassThatIsSampled() {
    Settings settings = layerSettings(&ViewSettings::showField);
    settings.data.dataset = DatasetKind::TwoMoons;
    settings.network.classes = true;
    for (const auto& [classNumber, said] :
         {std::pair(0, QPointF(1, 0)), {2, QPointF(-1, 2)}, {5, QPointF(1, 0)}}) {
        settings.sampler.classNumber = classNumber;  // there are two: of the fifth, any is sampled
        settings.sampler.guidance = 2.0;
        Snapshot snapshot = fake::snapshot(settings);
        snapshot.network = std::make_shared<const WindOfClass>();
        const auto lines = linesOf(snapshot, 20, Lane::Reverse);
        QVERIFY(lines.size() > 3 * 200);
        for (std::size_t i = 0; i + 3 < lines.size(); i += 3) {
            const QPointF drawn(lines[i].dx(), -lines[i].dy());
            const double cosine = QPointF::dotProduct(said, drawn) /
                                  (std::hypot(said.x(), said.y()) * std::hypot(drawn.x(), drawn.y()));
            QVERIFY(cosine > 0.9999);
        }
    }
}

/// Of a table a fifth is held out, of the sampler's ideal denoiser too: the layers show that one.
void LayerTest::whatIsHeldOutIsNotKnown() {
    Settings settings = layerSettings(&ViewSettings::showError);
    settings.data.dataset = DatasetKind::OldFaithful;
    const Snapshot snapshot = fake::snapshot(settings);
    QVERIFY(snapshot.trained->size() < snapshot.data->size());
    const Frame frame{.snapshot = &snapshot, .view = &settings.view, .playhead = 5, .splat = {}};
    const NoiseLevel level = levelAt(frame, 5);
    const std::vector<float>& xt = snapshot.data->points;
    const auto epsOf = [&](const Denoiser& denoiser) {
        std::vector<float> eps(xt.size());
        denoiser.eps(xt, level, anyClass, eps);
        return eps;
    };
    const auto shown = epsOf(*bestDenoiser(frame));
    QVERIFY(shown == epsOf(*idealDenoiser(snapshot.trained)));
    QVERIFY(shown != epsOf(*idealDenoiser(snapshot.data)));
}

/// With eps = sqrt(1 - alphaBar) x the guess is sqrt(alphaBar) x.
void LayerTest::hairsEndAtTheGuesses() {
    Settings settings = layerSettings(&ViewSettings::showGuesses);
    Snapshot snapshot = fake::snapshot(settings);
    snapshot.settings.sampler.clampX0 = false;
    constexpr int t = 20;
    const Stage stage(QRectF(QPointF(0, 0), QSizeF(pictureSize)));
    for (const Lane lane : {Lane::Forward, Lane::Reverse}) {
        const auto lines = linesOf(snapshot, t, lane);
        const auto& paths = lane == Lane::Forward ? snapshot.forwardPaths : snapshot.reversePaths;
        const std::vector<float>& at = *paths.positions[t];
        QCOMPARE(lines.size(), std::size_t{10});
        const double signal = std::sqrt(snapshot.schedule->alphaBar(t));
        for (std::size_t i = 0; i < 10; ++i) {
            const auto x = static_cast<double>(at[2 * i]);
            const auto y = static_cast<double>(at[2 * i + 1]);
            QVERIFY(QLineF(lines[i].p1(), stage.map(x, y)).length() < 1e-3);
            QVERIFY(QLineF(lines[i].p2(), stage.map(signal * x, signal * y)).length() < 0.01);
        }
    }
    // Clamped as the sampler clamps.
    snapshot.settings.sampler.clampX0 = true;
    auto data = std::make_shared<DataSet>();
    data->points = {-0.1f, -0.1f, 0.1f, 0.1f};
    snapshot.data = data;
    const Box box = clampBox(data->points);
    for (const QLineF& hair : linesOf(snapshot, t, Lane::Reverse)) {
        const QPointF end = hair.p2() - stage.centre;
        QVERIFY(std::abs(end.x()) <= static_cast<double>(box.high[0]) * stage.scale + 1e-3);
        QVERIFY(std::abs(end.y()) <= static_cast<double>(box.high[1]) * stage.scale + 1e-3);
    }
}

void LayerTest::densityIsTheClosedForm_data() {
    QTest::addColumn<double>("noise");
    for (const double noise : {0.06, 0.15, 0.5, 0.9, 0.9999}) QTest::addRow("sigma %g", noise) << noise;
}

/// (1/N) sum N(x; sqrt(alphaBar) y_i, (1 - alphaBar) I), summed one by one.
void LayerTest::densityIsTheClosedForm() {
    QFETCH(double, noise);
    const auto data = trainingData({.dataset = DatasetKind::SwissRoll, .points = 1500}, 3);
    const double signal = std::sqrt(1.0 - noise * noise);
    const SmoothDensity density = smoothDensity(data->points, signal, noise, Stage(QRectF(0, 0, 300, 420)));
    double worst = 0.0;
    double peak = 0.0;
    for (int i = -9; i <= 9; ++i)
        for (int j = -13; j <= 13; ++j) {
            const double x = 0.331 * i;
            const double y = 0.329 * j;
            double sum = 0.0;
            for (std::size_t k = 0; k < data->size(); ++k) {
                const double dx = x - signal * static_cast<double>(data->points[2 * k]);
                const double dy = y - signal * static_cast<double>(data->points[2 * k + 1]);
                sum += std::exp(-0.5 * (dx * dx + dy * dy) / (noise * noise));
            }
            sum /= 2.0 * std::numbers::pi * noise * noise * static_cast<double>(data->size());
            peak = std::max(peak, sum);
            worst = std::max(worst, std::abs(sum - density.at(x, y)));
        }
    qInfo("worst error %.4f of the peak", worst / peak);
    QVERIFY(worst < (noise < 0.1 ? 0.06 : 0.012) * peak);
}

void LayerTest::densityOfDegenerateClouds() {
    const Stage stage(QRectF(0, 0, 300, 300));
    const float lost = std::numeric_limits<float>::quiet_NaN();
    QCOMPARE(smoothDensity({}, 1.0, 0.1, stage).peak, 0.0f);
    QCOMPARE(smoothDensity(std::vector<float>{lost, 1.0f, 1e30f, 0.0f}, 1.0, 0.1, stage).peak, 0.0f);
    const std::vector<float> same(2000, 0.5f);
    QVERIFY(silvermanWidth(same) > 0.0);
    const SmoothDensity point = smoothDensity(same, 1.0, 0.2, stage);
    const double exact = 1.0 / (2.0 * std::numbers::pi * 0.04);
    QVERIFY(std::abs(static_cast<double>(point.peak) / exact - 1.0) < 0.03);
    QVERIFY(std::abs(silvermanWidth(std::vector<float>{-1, -1, 1, 1, -1, 1, 1, -1}) -
                     std::pow(4.0, -1.0 / 6.0)) < 1e-6);
}

/// A tenth lies in the middle of the decades from 0.01 to 1.
void LayerTest::errorHasTheColourOfItsSize() {
    Settings settings = layerSettings(&ViewSettings::showError);
    for (const ThemeKind theme : {ThemeKind::Dark, ThemeKind::Light}) {
        settings.view.theme = theme;
        Snapshot snapshot = fake::snapshot(settings);
        snapshot.network = std::make_shared<const OffByATenth>(snapshot.data);
        const QImage image = picture(snapshot, settings.view, 40, Lane::Forward);
        // The map is used up to 60 %, and lets the stage through.
        const bool dark = theme == ThemeKind::Dark;
        const QColor colour(colorsOf(ColorMap::Magma)[dark ? 76 : 255 - 76]);
        const double opacity = 0.92 * (dark ? 0.78 : 1.0);
        const QColor stage = themeOf(theme).stage;
        const QColor seen = image.pixelColor(310, 290);  // off the lines of the plane
        for (const auto& [a, b, c] : {std::tuple(colour.red(), stage.red(), seen.red()),
                                      {colour.green(), stage.green(), seen.green()},
                                      {colour.blue(), stage.blue(), seen.blue()}})
            QVERIFY2(std::abs(opacity * a + (1.0 - opacity) * b - c) < 8.0, qPrintable(seen.name()));
    }
}

void LayerTest::littleTimeMakesItCoarserAndNothingElse() {
    for (const LayerRow& layer : layers()) {
        if (layer.choice.id != "error" && layer.choice.id != "field") continue;
        const Settings settings = layerSettings(layer.shown);
        Snapshot snapshot = fake::snapshot(settings);
        snapshot.network = std::make_shared<const Wind>();
        FrameWork hurried{.milliseconds = 1e-9};
        const QImage coarse = picture(snapshot, settings.view, 30, Lane::Reverse, &hurried);
        QVERIFY(hurried.coarse);
        FrameWork calm;
        const QImage fine = picture(snapshot, settings.view, 30, Lane::Reverse, &calm);
        QVERIFY(!calm.coarse);
        QCOMPARE(picture(snapshot, settings.view, 30, Lane::Reverse), fine);
        // What is linear in the place stays what it is on any grid.
        if (layer.choice.id == "field") {
            int different = 0;
            for (int y = 0; y < fine.height(); ++y)
                for (int x = 0; x < fine.width(); ++x)
                    different += std::abs(qGray(fine.pixel(x, y)) - qGray(coarse.pixel(x, y))) > 24;
            QVERIFY(different < fine.width() * fine.height() / 500);
        }
    }
}

void LayerTest::nothingIsAskedTwice() {
    class Counting : public Wind {
      public:
        void eps(std::span<const float> xt, const NoiseLevel& level, int label,
                 std::span<float> eps) const override {
            ++calls;
            Wind::eps(xt, level, label, eps);
        }
        mutable int calls = 0;
    };
    Settings settings = layerSettings(&ViewSettings::showField);
    for (const LayerRow& layer : layers()) settings.view.*layer.shown = true;
    Snapshot snapshot = fake::snapshot(settings);
    const auto counting = std::make_shared<const Counting>();
    snapshot.network = counting;
    const QImage first = picture(snapshot, settings.view, 30, Lane::Reverse);
    const int calls = counting->calls;
    QVERIFY(calls > 0 && calls <= 4);  // arrows, error, the cloud's guesses and the ten's
    QCOMPARE(picture(snapshot, settings.view, 30, Lane::Reverse), first);
    QCOMPARE(counting->calls, calls);
    QVERIFY(picture(snapshot, settings.view, 31, Lane::Reverse) != first);
    QVERIFY(counting->calls > calls);
}

/// Two points far apart, one of each class: every particle keeps the colour of the one that it came from.
void LayerTest::classesAreToldApart() {
    Settings settings = layerSettings(&ViewSettings::showParticles);
    Snapshot snapshot = fake::snapshot(settings);
    auto data = std::make_shared<DataSet>();
    data->points = {-1.5f, 0.0f, 1.5f, 0.0f};
    data->labels = {0, 1};
    data->classes = {"left", "right"};
    snapshot.data = data;
    snapshot.forward = fake::chain(*snapshot.schedule, data->points, settings.seed, 400,
                                   fake::everyStep(settings.schedule.steps));
    const QImage plain = picture(snapshot, settings.view, 1, Lane::Forward);
    settings.view.showClasses = true;
    const QImage told = picture(snapshot, settings.view, 1, Lane::Forward);
    QVERIFY(plain != told);
    const Stage stage(QRectF(QPointF(0, 0), QSizeF(pictureSize)));
    const QColor left = told.pixelColor(stage.map(-1.5, 0).toPoint());
    const QColor right = told.pixelColor(stage.map(1.5, 0).toPoint());
    QVERIFY2(left.blueF() >= left.redF() && right.redF() >= right.blueF() && left != right,
             qPrintable(left.name() + right.name()));
    // The reverse lane's particles have no class, and data without labels look as before.
    snapshot.reverse = snapshot.forward;
    settings.view.showClasses = false;
    const QImage reverse = picture(snapshot, settings.view, 1, Lane::Reverse);
    settings.view.showClasses = true;
    QCOMPARE(picture(snapshot, settings.view, 1, Lane::Reverse), reverse);
    auto bare = std::make_shared<DataSet>(*data);
    bare->labels.clear();
    snapshot.data = bare;
    QCOMPARE(picture(snapshot, settings.view, 1, Lane::Forward), plain);
    // The points carry markers: the picture of the data alone changes, too.
    settings = layerSettings(&ViewSettings::showData);
    snapshot.data = data;
    const QImage grey = picture(snapshot, settings.view, 1, Lane::Forward);
    settings.view.showClasses = true;
    QVERIFY(picture(snapshot, settings.view, 1, Lane::Forward) != grey);
}

void LayerTest::colourMapsRise() {
    for (const ColorMap map : {ColorMap::Viridis, ColorMap::Magma, ColorMap::Cividis}) {
        const auto colours = colorsOf(map);
        QCOMPARE(colours.size(), std::size_t{256});
        const auto lightness = [&](std::size_t i) {
            return 0.2126 * qRed(colours[i]) + 0.7152 * qGreen(colours[i]) + 0.0722 * qBlue(colours[i]);
        };
        for (std::size_t i = 8; i < colours.size(); i += 8) QVERIFY(lightness(i) > lightness(i - 8));
    }
    QCOMPARE(colorsOf(ColorMap::Viridis)[0], qRgb(0x44, 0x01, 0x54));
    QCOMPARE(colorsOf(ColorMap::Viridis)[255], qRgb(0xfd, 0xe7, 0x25));
}

QTEST_MAIN(LayerTest)
#include "LayerTest.moc"
