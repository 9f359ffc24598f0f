#include "scenes/Cloud.h"
#include "scenes/ColorMap.h"
#include "scenes/DenoiserField.h"
#include "scenes/Lane.h"
#include "scenes/Numbers.h"
#include "scenes/SmoothDensity.h"
#include "settings/Notation.h"

#include <QImage>
#include <array>
#include <cmath>

namespace diffuscope {
namespace {

constexpr double leastError = 0.01;  // both ends of the error's colours, decades apart
constexpr double mostError = 1.0;
constexpr double errorRange = 0.6;     // of its map: words, arrows and particles stay legible on all of it
constexpr double errorStep = 0.06;     // of the plane between nodes
constexpr double faintError = 0.12;    // opacity where the data hardly ever are
constexpr double densityOpaque = 0.3;  // share of the scale from which on the colour hides the stage

/// 256 premultiplied colours of the first `range` of a heat map, low first, for a theme: what is low lies
/// close to the stage.
std::array<QRgb, 256> heatColours(const Theme& theme, ColorMap map, double range, double opaqueFrom,
                                  double opacity) {
    const auto colours = colorsOf(map);
    std::array<QRgb, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const double share = static_cast<double>(i) / 255.0;
        const auto at = static_cast<std::size_t>(std::lround(255.0 * range * share));
        const QRgb colour = colours[theme.additive ? at : 255 - at];
        const double alpha = opacity * (opaqueFrom > 0.0 ? std::min(1.0, share / opaqueFrom) : 1.0);
        table[i] = qPremultiply(
            qRgba(qRed(colour), qGreen(colour), qBlue(colour), static_cast<int>(std::lround(255.0 * alpha))));
    }
    return table;
}

QRgb faded(QRgb colour, unsigned alpha) {
    const auto part = [&](int shift) { return (((colour >> shift) & 0xffu) * alpha / 255u) << shift; };
    return part(0) | part(8) | part(16) | part(24);
}

/// Shares (0 … 1, a node each) as colours over the whole stage, bilinear in the share, not in the colour.
/// `alphas` (0 … 1, likewise) fade it; empty where nothing does.
void paintHeat(QPainter& painter, const QRectF& rect, double corner, const PlaneGrid& grid,
               std::span<const float> shares, std::span<const float> alphas,
               const std::array<QRgb, 256>& table) {
    QImage image = deviceImage(painter, rect);
    if (image.isNull()) return;
    const auto columns = static_cast<std::size_t>(grid.columns);
    std::vector<float> line(columns);
    std::vector<float> fade(columns);
    const int width = image.width();
    const int height = image.height();
    std::vector<std::pair<int, float>> across(static_cast<std::size_t>(width));
    for (int x = 0; x < width; ++x) {
        const double u = std::clamp((x + 0.5) / width, 0.0, 1.0) * (grid.columns - 1);
        const int column = std::min(static_cast<int>(u), grid.columns - 2);
        across[static_cast<std::size_t>(x)] = {column, static_cast<float>(u - column)};
    }
    for (int y = 0; y < height; ++y) {
        const double v = (1.0 - std::clamp((y + 0.5) / height, 0.0, 1.0)) * (grid.rows - 1);
        const int row = std::min(static_cast<int>(v), grid.rows - 2);
        const auto b = static_cast<float>(v - row);
        const std::size_t low = static_cast<std::size_t>(row) * columns;
        for (std::size_t i = 0; i < columns; ++i) {
            line[i] = 255.0f * ((1 - b) * shares[low + i] + b * shares[low + columns + i]) + 0.5f;
            if (!alphas.empty())
                fade[i] = 255.0f * ((1 - b) * alphas[low + i] + b * alphas[low + columns + i]) + 0.5f;
        }
        auto* to = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < width; ++x) {
            const auto [column, a] = across[static_cast<std::size_t>(x)];
            const auto i = static_cast<std::size_t>(column);
            const float share = line[i] + a * (line[i + 1] - line[i]);
            const QRgb colour = table[static_cast<std::size_t>(std::clamp(share, 0.0f, 255.0f))];
            to[x] = alphas.empty() ? colour
                                   : faded(colour, static_cast<unsigned>(std::clamp(
                                                       fade[i] + a * (fade[i + 1] - fade[i]), 0.0f, 255.0f)));
        }
    }
    roundImageCorners(image, corner * image.devicePixelRatio());
    drawDeviceImage(painter, rect, image);
}

std::array<QRgb, 256> densityColours(const Theme& theme) {
    return heatColours(theme, ColorMap::Viridis, 1.0, densityOpaque, theme.additive ? 0.8 : 0.85);
}

std::array<QRgb, 256> errorColours(const Theme& theme) {
    return heatColours(theme, ColorMap::Magma, errorRange, 0.0, theme.additive ? 0.78 : 1.0);
}

/// |eps_theta - eps*| at the nodes, as a share of the colours' decades, and the opacity there.
struct ErrorMap {
    PlaneGrid grid;
    std::vector<float> shares;
    std::vector<float> alphas;
};

ErrorMap errorMap(const QRectF& rect, const Frame& frame, Lane lane) {
    ErrorMap map;
    const auto best = bestDenoiser(frame);
    const auto network = networkOf(frame);
    if (!network || !best || stepsOf(frame) == 0) return map;
    const NoiseLevel level = levelAt(frame, shownStep(frame));
    const PlaneGrid wanted = PlaneGrid::over(Stage(rect), errorStep);
    const auto exact = denoiserField(best, level, wanted, frame.work);
    const auto guessed = denoiserField(network, level, wanted, frame.work);
    // At the nodes of the finer one of the two.
    map.grid = exact->grid.size() > guessed->grid.size() ? exact->grid : guessed->grid;
    const auto density = fadeDensity(rect, frame, lane);
    for (int row = 0; row < map.grid.rows; ++row)
        for (int column = 0; column < map.grid.columns; ++column) {
            const double x = map.grid.x(column);
            const double y = map.grid.y(row);
            const QPointF difference = guessed->at(x, y) - exact->at(x, y);
            const double error = std::hypot(difference.x(), difference.y());
            const double share =
                std::log(std::max(error, 1e-9) / leastError) / std::log(mostError / leastError);
            map.shares.push_back(
                static_cast<float>(std::clamp(std::isfinite(share) ? share : 1.0, 0.0, 1.0)));
            const double dense = density && density->peak > 0.0f ? density->at(x, y) / density->peak : 1.0;
            // Full from a hundredth of the peak on.
            const double visible = std::clamp(std::pow(std::max(dense, 0.0) / 0.01, 0.5), 0.0, 1.0);
            map.alphas.push_back(static_cast<float>(faintError + (0.92 - faintError) * visible));
        }
    return map;
}

QString twoDigits(double value) {
    return value < 1e-3 ? shortNumber(value) : QString::number(value, 'g', 2);
}

/// A bar of the colours with a title above and three ticks below.
double paintBar(QPainter& painter, QPointF at, const Frame& frame, const std::array<QRgb, 256>& table,
                const QString& title, const std::array<QString, 3>& ticks) {
    const Theme& theme = themeOf(frame);
    const double unit = textScale(frame.textPixels);
    const QFont font = uiFont(11 * unit);
    const double width = 112 * unit;
    const double pad = 7 * unit;
    const QRectF panel(at.x() - width - 2 * pad, at.y(), width + 2 * pad, 46 * unit);
    QColor ground = theme.stage;
    ground.setAlphaF(0.82f);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(panel, 6 * unit, 6 * unit);
    const double left = panel.left() + pad;
    drawMathText(painter, {left, panel.top() + 13 * unit}, title, font, theme.text);
    QImage bar(256, 1, QImage::Format_ARGB32_Premultiplied);
    std::copy(table.begin(), table.end(), reinterpret_cast<QRgb*>(bar.scanLine(0)));
    const QRectF strip(left, panel.top() + 19 * unit, width, 8 * unit);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(strip, bar);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.tertiary, std::max(1.0, std::floor(unit))));
    painter.drawRect(strip);
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        const double share = 0.5 * static_cast<double>(i);
        const double x = left + share * (width - mathTextWidth(ticks[i], font));
        drawMathText(painter, {x, panel.top() + 40 * unit}, ticks[i], font, theme.secondary);
    }
    painter.restore();
    return panel.height();
}

}  // namespace

/// The colour goes with the root of the density, so that thin places are seen beside dense ones.
void paintDensity(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane) {
    const auto density = laneDensity(rect, frame, lane);
    if (!density || density->peak <= 0.0f) return;
    std::vector<float> shares(density->values.size());
    for (std::size_t i = 0; i < shares.size(); ++i)
        shares[i] = std::sqrt(std::max(0.0f, density->values[i]) / density->peak);
    paintHeat(painter, rect, cornerRadius(frame.textPixels), density->grid, shares, {},
              densityColours(themeOf(frame)));
}

double paintDensityLegend(QPainter& painter, QPointF at, const QRectF& rect, const Frame& frame, Lane lane) {
    const auto density = laneDensity(rect, frame, lane);
    if (!density || density->peak <= 0.0f) return 0.0;
    const QString title =
        lane == Lane::Forward
            ? QString::fromStdString(inNotation("density q_{t}(x), exact", frame.view->notation))
            : QStringLiteral("density, of the cloud");
    const double peak = static_cast<double>(density->peak);
    return paintBar(painter, at, frame, densityColours(themeOf(frame)), title,
                    {QStringLiteral("0"), twoDigits(peak / 4.0), twoDigits(peak)});
}

void paintError(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane) {
    const ErrorMap map = errorMap(rect, frame, lane);
    if (map.shares.empty()) return;
    paintHeat(painter, rect, cornerRadius(frame.textPixels), map.grid, map.shares, map.alphas,
              errorColours(themeOf(frame)));
}

double paintErrorLegend(QPainter& painter, QPointF at, const QRectF&, const Frame& frame, Lane) {
    if (!frame.snapshot || !frame.snapshot->network || stepsOf(frame) == 0) return 0.0;
    return paintBar(painter, at, frame, errorColours(themeOf(frame)), QStringLiteral("|ε_{θ} − ε*|"),
                    {QStringLiteral("≤ 0.01"), QStringLiteral("0.1"), QStringLiteral("≥ 1")});
}

}  // namespace diffuscope
