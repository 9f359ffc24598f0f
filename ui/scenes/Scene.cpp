#include "scenes/Scene.h"

#include "denoiser/Guidance.h"
#include "diffusion/Samplers.h"
#include "scenes/Classes.h"
#include "scenes/KeptImages.h"
#include "scenes/Lane.h"
#include "scenes/Numbers.h"
#include "scenes/Stage.h"
#include "scenes/Trails.h"
#include "settings/Notation.h"

#include <QFontMetricsF>
#include <QStringList>
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

namespace diffuscope {
namespace {

// --- layers
// -------------------------------------------------------------------------------------------------

ImageKey keyOf(const QPainter& painter, const QRectF& rect, const Frame& frame,
               std::shared_ptr<const void> source) {
    const QTransform& device = painter.deviceTransform();
    const QPointF corner = device.map(rect.topLeft());
    return {.source = std::move(source),
            .size = rect.size(),
            .offset = {corner.x() - std::floor(corner.x()), corner.y() - std::floor(corner.y())},
            .pixels = device.m11(),
            .theme = frame.view->theme,
            .textPixels = frame.textPixels};
}

void paintBackground(QPainter& painter, const QRectF& rect, const Frame& frame) {
    const QImage image = keptImage(keyOf(painter, rect, frame, nullptr), [&] {
        QImage made = deviceImage(painter, rect);
        if (made.isNull()) return made;
        made.fill(Qt::transparent);
        const QPointF offset = keyOf(painter, rect, frame, nullptr).offset / made.devicePixelRatio();
        QPainter inner(&made);
        paintStage(inner, Stage({offset, rect.size()}), themeOf(frame), frame.textPixels);
        return made;
    });
    drawDeviceImage(painter, rect, image);
}

void paintData(QPainter& painter, const QRectF& rect, const Frame& frame, Lane) {
    if (!frame.snapshot || !frame.snapshot->data) return;
    const auto& data = frame.snapshot->data;
    ImageKey key = keyOf(painter, rect, frame, data);
    key.variant = showsClasses(frame) ? 1 : 0;
    const QImage image = keptImage(key, [&] {
        const Theme& theme = themeOf(frame);
        if (showsClasses(frame)) {
            QImage made = deviceImage(painter, rect);
            if (made.isNull()) return made;
            made.fill(Qt::transparent);
            QPainter inner(&made);
            paintClassPoints(inner, {key.offset / made.devicePixelRatio(), rect.size()}, frame);
            return made;
        }
        CloudLook look = cloudLook(theme, theme.additive ? theme.secondary : theme.tertiary);
        look.strength *= theme.additive ? 0.34 : 0.24;
        look.highlight = 0.0;
        look.size = 0.9;
        return cloudImage(painter, rect, cornerRadius(frame.textPixels), data->points, look, {});
    });
    drawDeviceImage(painter, rect, image);
}

void paintParticles(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane) {
    const ShownCloud shown = shownCloud(frame, lane);
    if (!shown.positions) return;
    if (lane == Lane::Forward && showsClasses(frame)) {
        paintClassCloud(painter, rect, frame);
        return;
    }
    const Theme& theme = themeOf(frame);
    CloudLook look = cloudLook(theme, laneColour(theme, lane));
    if (shown.stale) {
        look.strength *= 0.4;
        look.highlight = 0.0;
    }
    paintCloud(painter, rect, cornerRadius(frame.textPixels), *shown.positions, look, frame.splat);
}

void paintTrailsLayer(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane) {
    if (!frame.snapshot) return;
    const Theme& theme = themeOf(frame);
    const bool reverse = lane == Lane::Reverse;
    const QColor ink = inkOf(theme, laneColour(theme, lane), theme.stage);
    const QColor light = laneColour(theme, lane).lighter(130);  // stands out from the cloud's own colour
    const TrailLook look{
        .colour = theme.additive ? light : ink,
        .head = theme.additive ? theme.text : QColor(Qt::white),
        .ring = theme.additive ? theme.stage : ink,
        .pixels = std::max(1.0, textScale(frame.textPixels)) * (theme.textContrast > 4.5 ? 1.5 : 1.1),
        .descending = reverse,
        .smooth = reverse && isDeterministic(frame.snapshot->settings.sampler)};
    paintTrails(painter, Stage(rect), reverse ? frame.snapshot->reversePaths : frame.snapshot->forwardPaths,
                frame.playhead, look);
}

// --- words and numbers
// --------------------------------------------------------------------------------------

QString snrText(const Frame& frame) {
    return shortNumber(frame.snapshot->schedule->snr(shownStep(frame)));
}

/// "prefix   value suffix", right-aligned at `right`; the value's field is as wide as `widest`, so that
/// nothing moves but the digits.
void drawNumber(QPainter& painter, QPointF right, const QFont& font, const QColor& colour,
                const QString& prefix, const QString& value, const QString& widest, const QString& suffix) {
    const double end = right.x() - mathTextWidth(suffix, font);
    const double start = end - mathTextWidth(widest, font);
    drawMathText(painter, {end, right.y()}, suffix, font, colour);
    drawMathText(painter, {end - mathTextWidth(value, font), right.y()}, value, font, colour);
    drawMathText(painter, {start - mathTextWidth(prefix, font), right.y()}, prefix, font, colour);
}

void paintNumbers(QPainter& painter, QPointF right, const QFont& font, const Frame& frame, Lane lane) {
    if (stepsOf(frame) == 0) return;
    const QColor colour = themeOf(frame).secondary;
    if (lane == Lane::Forward) {
        drawNumber(painter, right, font, colour, QStringLiteral("SNR "), snrText(frame),
                   QStringLiteral("0.0·10^{−0}"), {});
        return;
    }
    const QString steps = QString::number(stepsOf(frame));
    drawNumber(painter, right, font, colour, QStringLiteral("t = "),
               QString::number(std::lround(frame.playhead)), QString(steps.size(), u'0'),
               QStringLiteral(" of ") + steps);
}

/// A word under the title that says what is not as usual.
QString stateWord(const Frame& frame, const ShownCloud& shown, Lane lane) {
    if (!frame.snapshot || lane == Lane::Forward) return {};
    if (shown.stale && shown.positions) return QStringLiteral("recomputing");
    const SamplerSettings& sampler = frame.snapshot->settings.sampler;
    QStringList words;
    if (sampler.denoiser == DenoiserKind::Ideal) words << QStringLiteral("ideal denoiser");
    if (sampler.denoiser == DenoiserKind::Mixture) words << QStringLiteral("denoiser of the distribution");
    const auto& data = frame.snapshot->data;
    if (const Guidance guidance = data ? guidanceOrAny(frame.snapshot->settings, *data) : Guidance{};
        guidance.label != anyClass)
        words << QStringLiteral("class %1, w = %2")
                     .arg(QString::fromStdString(data->classes[static_cast<std::size_t>(guidance.label)]))
                     .arg(sampler.guidance);
    return words.join(QStringLiteral(" · "));
}

void paintWords(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane) {
    const Theme& theme = themeOf(frame);
    const double unit = textScale(frame.textPixels);
    if (rect.height() < 110 * unit || rect.width() < 110 * unit) return;  // a thumbnail

    const double margin = 14 * unit;
    const QFont titleFont = uiFont(15 * unit, QFont::DemiBold);
    const QFont font = uiFont(13 * unit);
    const QString title = lane == Lane::Forward ? QStringLiteral("Forward") : QStringLiteral("Reverse");
    const double baseline = rect.top() + margin + QFontMetricsF(titleFont).capHeight() + 2 * unit;
    drawMathText(painter, {rect.left() + margin, baseline}, title, titleFont,
                 inkOf(theme, laneColour(theme, lane), theme.stage));

    const QString formula = QString::fromStdString(inNotation(
        lane == Lane::Forward ? "q(x_{t} | x_{t−1})" : "p_{θ}(x_{t−1} | x_{t})", frame.view->notation));
    const double formulaWidth = mathTextWidth(formula, font);
    if (mathTextWidth(title, titleFont) + formulaWidth < rect.width() - 3 * margin)
        drawMathText(painter, {rect.right() - margin - formulaWidth, baseline}, formula, font,
                     theme.secondary);

    const ShownCloud shown = shownCloud(frame, lane);
    const QString waiting = frame.snapshot ? QStringLiteral("sampling…") : QStringLiteral("starting…");
    const bool trails =
        frame.snapshot && frame.view->showTrails &&
        !(lane == Lane::Forward ? frame.snapshot->forwardPaths : frame.snapshot->reversePaths).empty();
    QStringList words{stateWord(frame, shown, lane)};
    if (!shown.positions && trails) words.prepend(waiting);  // in the middle it would lie on the trails
    words.removeAll(QString());
    const QString word = words.join(QStringLiteral(" · "));
    if (!word.isEmpty())
        drawMathText(painter, {rect.left() + margin, baseline + 18 * unit}, word, uiFont(12 * unit),
                     theme.secondary);
    paintNumbers(painter, {rect.right() - margin, rect.bottom() - margin}, font, frame, lane);
    if (lane == Lane::Forward && showsClasses(frame))
        paintClassNames(painter, {rect.left() + margin, baseline + (word.isEmpty() ? 8 : 26) * unit}, frame);
    double below = baseline + 8 * unit;
    for (const LayerRow& layer : layers())
        if (layer.legend && frame.view->*layer.shown)
            below += layer.legend(painter, {rect.right() - margin, below}, rect, frame, lane) + 6 * unit;

    if (shown.positions || trails) return;
    drawMathText(painter, rect.center() - QPointF(mathTextWidth(waiting, titleFont) / 2, 0), waiting,
                 titleFont, theme.secondary);
}

// --- scenes
// -------------------------------------------------------------------------------------------------

void paintForward(QPainter& painter, const QRectF& rect, const Frame& frame) {
    paintLane(painter, rect, frame, Lane::Forward);
}

void paintReverse(QPainter& painter, const QRectF& rect, const Frame& frame) {
    paintLane(painter, rect, frame, Lane::Reverse);
}

void paintBoth(QPainter& painter, const QRectF& rect, const Frame& frame) {
    const LaneRects lanes = laneRects(rect, LaneKind::Both, frame.textPixels);
    paintLane(painter, lanes.first, frame, Lane::Forward);
    paintLane(painter, lanes.second, frame, Lane::Reverse);
}

constexpr std::array<SceneRow, 3> sceneTable{{
    {{"forward", "Forward", "Data fall apart into noise."}, paintForward},
    {{"reverse", "Reverse", "Noise falls into place as data."}, paintReverse},
    {{"both", "Both", "Forward and reverse side by side, at the same t."}, paintBoth},
}};

constexpr std::array<LayerRow, 7> layerTable{{
    {{"density", "Density",
      "Show where particles are dense: on the forward lane the data's exact density, on the reverse lane an "
      "estimate from the cloud itself, since a network's own law has no formula."},
     &ViewSettings::showDensity,
     paintDensity,
     paintDensityLegend},
    {{"error", "Error",
      "Show how far the network's ε̂ is from the best possible one, place by place; faint where the data "
      "hardly ever are."},
     &ViewSettings::showError,
     paintError,
     paintErrorLegend},
    {{"data", "Data", "Show the training data, dim, behind the particles."},
     &ViewSettings::showData,
     paintData},
    {{"field", "Field", "Show with arrows what the denoiser says at every place; strong where the cloud is."},
     &ViewSettings::showField,
     paintField,
     paintFieldLegend},
    {{"particles", "Particles", "Show the cloud at the playhead's t."},
     &ViewSettings::showParticles,
     paintParticles},
    {{"guesses", "x̂₀ guesses",
      "Show where the denoiser would send each particle at once, and a hair from ten particles to their "
      "guesses."},
     &ViewSettings::showGuesses,
     paintGuesses},
    {{"trails", "10 trails", "Show the way that ten followed particles have come."},
     &ViewSettings::showTrails,
     paintTrailsLayer},
}};

}  // namespace

LaneRects laneRects(const QRectF& rect, LaneKind lanes, double textPixels) {
    LaneRects rects{rect, {}};
    if (lanes != LaneKind::Both) return rects;
    const double gap = std::round(10 * textScale(textPixels));
    rects.second = rect;
    if (rect.width() >= rect.height()) {
        rects.first.setWidth(std::floor((rect.width() - gap) / 2));
        rects.second.setLeft(rects.first.right() + gap);
    } else {
        rects.first.setHeight(std::floor((rect.height() - gap) / 2));
        rects.second.setTop(rects.first.bottom() + gap);
    }
    return rects;
}

std::span<const SceneRow> scenes() {
    return sceneTable;
}
std::span<const LayerRow> layers() {
    return layerTable;
}

void paintLane(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane) {
    if (rect.width() < 1 || rect.height() < 1) return;
    painter.save();
    paintBackground(painter, rect, frame);
    painter.setClipRect(rect, Qt::IntersectClip);
    for (const LayerRow& layer : layers())
        if (frame.view->*layer.shown) layer.paint(painter, rect, frame, lane);
    paintWords(painter, rect, frame, lane);
    painter.restore();
}

}  // namespace diffuscope
