#include "scenes/DenoiserField.h"
#include "scenes/Lane.h"
#include "scenes/LineRaster.h"
#include "scenes/Numbers.h"
#include "scenes/SmoothDensity.h"

#include <array>
#include <cmath>

namespace diffuscope {
namespace {

constexpr int arrowsAcross = 17;       // of the shorter side
constexpr double smallestCell = 22.0;  // painter's pixels at a body text of 13
constexpr double longest = 0.92;       // of a cell
constexpr double faintest = 0.1;

/// What is drawn: vectors on a grid, and which length is half a cell.
struct Arrows {
    PlaneGrid grid;
    std::vector<QPointF> vectors;   ///< in the plane
    std::vector<double> densities;  ///< relative to the peak
    double reference = 1.0;
};

PlaneGrid arrowGrid(const Stage& stage, double unit) {
    const double cell =
        std::max(smallestCell * unit, std::min(stage.rect.width(), stage.rect.height()) / arrowsAcross);
    const auto count = [cell](double length) { return std::max(2, static_cast<int>(length / cell)); };
    PlaneGrid grid;
    grid.columns = count(stage.rect.width());
    grid.rows = count(stage.rect.height());
    grid.width = (grid.columns - 1) * cell / stage.scale;
    grid.height = (grid.rows - 1) * cell / stage.scale;
    grid.left = -0.5 * grid.width;
    grid.bottom = -0.5 * grid.height;
    return grid;
}

/// The drift of the probability flow per step of the schedule is -beta/2 (x + score). (Song 2021, eq. 13)
QPointF vectorOf(FieldKind kind, QPointF at, QPointF eps, const NoiseLevel& level, double beta, Lane lane) {
    const QPointF score = -eps / static_cast<double>(level.sqrtOneMinusAlphaBar);
    switch (kind) {
        case FieldKind::Eps:
            return eps;
        case FieldKind::Score:
            return score;
        case FieldKind::Drift:
            return (lane == Lane::Forward ? -0.5 : 0.5) * beta * (at + score);
    }
    return {};
}

Arrows arrowsOf(const QRectF& rect, const Frame& frame, Lane lane) {
    Arrows arrows;
    const auto denoiser = shownDenoiser(frame);
    const auto density = fadeDensity(rect, frame, lane);
    if (!denoiser) return arrows;
    const FieldKind kind = frame.view->field;
    const int t = std::max(1, shownStep(frame));
    const NoiseLevel level = levelAt(frame, t);
    const double beta = frame.snapshot->schedule->beta(t);
    const Stage stage(rect);
    arrows.grid = arrowGrid(stage, textScale(frame.textPixels));
    const auto field = denoiserField(denoiser, level, arrows.grid, frame.work);
    double squares = 0.0;
    double weights = 0.0;
    for (int row = 0; row < arrows.grid.rows; ++row)
        for (int column = 0; column < arrows.grid.columns; ++column) {
            const QPointF at(arrows.grid.x(column), arrows.grid.y(row));
            const QPointF vector = vectorOf(kind, at, field->at(at.x(), at.y()), level, beta, lane);
            const double share =
                density && density->peak > 0.0f ? density->at(at.x(), at.y()) / density->peak : 1.0;
            arrows.vectors.push_back(vector);
            arrows.densities.push_back(share);
            const double square = QPointF::dotProduct(vector, vector);
            if (!std::isfinite(square)) continue;
            squares += share * square;
            weights += share;
        }
    // The mean of eps^2 is about 2 where the particles are; a drift has no size of its own.
    arrows.reference = kind == FieldKind::Eps     ? 1.0
                       : kind == FieldKind::Score ? 1.0 / static_cast<double>(level.sqrtOneMinusAlphaBar)
                                                  : std::sqrt(squares / std::max(weights, 1e-12));
    arrows.reference = std::max(arrows.reference, 1e-12);
    return arrows;
}

/// A line with a head, its middle at `at`; `way` in the painter's pixels.
void addArrow(std::vector<FadedLine>& lines, QPointF at, QPointF way, double strength) {
    const double length = std::hypot(way.x(), way.y());
    if (!(length > 0.3)) return;
    const QPointF tip = at + 0.5 * way;
    lines.push_back({QLineF(at - 0.5 * way, tip), strength});
    const double head = std::min(length, std::clamp(0.34 * length, 2.2, 7.0 + 0.1 * length));
    const QPointF back = -way / length * head;
    constexpr double cosine = 0.87;
    constexpr double sine = 0.5;
    for (const double side : {-sine, sine})
        lines.push_back({QLineF(tip, tip + QPointF(cosine * back.x() - side * back.y(),
                                                   side * back.x() + cosine * back.y())),
                         strength});
}

QColor arrowColour(const Frame& frame) {
    const Theme& theme = themeOf(frame);
    const QColor role = denoiserColour(frame);
    if (!theme.additive) return inkOf(theme, role, theme.stage);
    const auto mix = [](float a, float b) { return 0.45f * a + 0.55f * b; };
    return QColor::fromRgbF(mix(role.redF(), theme.text.redF()), mix(role.greenF(), theme.text.greenF()),
                            mix(role.blueF(), theme.text.blueF()));
}

double strokePixels(const Frame& frame) {
    return std::max(1.0, textScale(frame.textPixels)) * (themeOf(frame).textContrast > 4.5 ? 1.7 : 1.2);
}

double cellPixels(const Arrows& arrows, const Stage& stage) {
    return arrows.grid.width / (arrows.grid.columns - 1) * stage.scale;
}

}  // namespace

void paintField(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane) {
    const Arrows arrows = arrowsOf(rect, frame, lane);
    const Stage stage(rect);
    const double cell = cellPixels(arrows, stage);
    std::vector<FadedLine> lines;
    for (std::size_t i = 0; i < arrows.vectors.size(); ++i) {
        const QPointF way(arrows.vectors[i].x(), -arrows.vectors[i].y());
        const double size = std::hypot(way.x(), way.y());
        if (!std::isfinite(size) || size <= 0.0) continue;
        const double length = cell * std::min(longest, 0.5 * size / arrows.reference);
        const int column = static_cast<int>(i) % arrows.grid.columns;
        const int row = static_cast<int>(i) / arrows.grid.columns;
        addArrow(lines, stage.map(arrows.grid.x(column), arrows.grid.y(row)), way / size * length,
                 faintest + (1.0 - faintest) * std::sqrt(std::clamp(arrows.densities[i], 0.0, 1.0)));
    }
    drawFadedLines(painter, rect, arrowColour(frame), lines, strokePixels(frame));
}

double paintFieldLegend(QPainter& painter, QPointF at, const QRectF& rect, const Frame& frame, Lane lane) {
    const Arrows arrows = arrowsOf(rect, frame, lane);
    if (arrows.vectors.empty()) return 0.0;
    const Theme& theme = themeOf(frame);
    const double unit = textScale(frame.textPixels);
    const QFont font = uiFont(12 * unit);
    const QString value =
        frame.view->field == FieldKind::Eps ? QStringLiteral("1") : shortNumber(arrows.reference);
    static const std::array<QString, 3> names{QStringLiteral("|ε̂| = "), QStringLiteral("|score| = "),
                                              QStringLiteral("drift per step = ")};
    const QString name = names[static_cast<std::size_t>(frame.view->field)];
    const double field = std::max(
        mathTextWidth(value, font),
        frame.view->field == FieldKind::Eps ? 0.0 : mathTextWidth(QStringLiteral("0.0·10^{−0}"), font));
    const double height = 20 * unit;
    const double middle = at.y() + height / 2;
    const double baseline = middle + 4.3 * unit;
    drawMathText(painter, {at.x() - mathTextWidth(value, font), baseline}, value, font, theme.secondary);
    const double left = at.x() - field - mathTextWidth(name, font);
    drawMathText(painter, {left, baseline}, name, font, theme.secondary);
    std::vector<FadedLine> lines;
    const double length = 0.5 * cellPixels(arrows, Stage(rect));
    addArrow(lines, {left - 8 * unit - length / 2, middle}, {length, 0}, 1.0);
    drawFadedLines(painter, rect, arrowColour(frame), lines, strokePixels(frame));
    return height;
}

}  // namespace diffuscope
