#include "scenes/Cloud.h"

#include "scenes/Stage.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace diffuscope {
namespace {

constexpr std::size_t tableSize = 4096;
constexpr double tableReach = 40.0;  // k n at the table's end, where every curve has flattened out
using ToneTable = std::array<QRgb, tableSize>;

int byteOf(double value) {
    return std::clamp(static_cast<int>(std::lround(value * 255.0)), 0, 255);
}

/// Light: the particles' sum is what adds up. It hides what lies behind by its brightest channel, so that
/// nothing overflows and the target's opacity is kept; on a nearly black stage that is the same as adding.
QRgb lightOf(const CloudLook& look, double dense, double denser) {
    const auto channel = [&](float c) {
        const double hot = look.highlight * 0.8 * denser;
        return byteOf(look.strength * (c * dense + (1.0 - c) * hot));
    };
    const int red = channel(look.colour.redF());
    const int green = channel(look.colour.greenF());
    const int blue = channel(look.colour.blueF());
    return qRgba(red, green, blue, std::max({red, green, blue}));
}

/// Ink: each channel of the stage is multiplied by colour^depth. As a premultiplied colour over the stage
/// that lets the weakest channel's share through.
QRgb absorbedOf(const CloudLook& look, double dense, double denser) {
    const double depth = look.strength * (1.5 * dense + 1.1 * look.highlight * denser);
    const std::array<double, 3> stage{look.stage.redF(), look.stage.greenF(), look.stage.blueF()};
    std::array<double, 3> through{look.colour.redF(), look.colour.greenF(), look.colour.blueF()};
    for (double& channel : through) channel = std::pow(std::max(channel, 0.04), depth);
    const double least = std::min({through[0], through[1], through[2]});
    std::array<int, 3> rgb{};
    const int alpha = byteOf(1.0 - least);
    for (std::size_t i = 0; i < 3; ++i) rgb[i] = std::min(alpha, byteOf((through[i] - least) * stage[i]));
    return qRgba(rgb[0], rgb[1], rgb[2], alpha);
}

ToneTable toneTable(const CloudLook& look) {
    ToneTable table{};
    for (std::size_t i = 1; i < tableSize; ++i) {
        const double amount = tableReach * static_cast<double>(i) / static_cast<double>(tableSize - 1);
        const double dense = 1.0 - std::exp(-amount);
        const double denser = 1.0 - std::exp(-amount / 8.0);
        table[i] = look.additive ? lightOf(look, dense, denser) : absorbedOf(look, dense, denser);
    }
    return table;
}

/// The last table of this thread's looks: there are a handful, and they change with the theme.
const ToneTable& cachedToneTable(const CloudLook& look) {
    struct Entry {
        CloudLook look;
        ToneTable table;
    };
    thread_local std::vector<Entry> entries;
    const auto same = [&look](const Entry& entry) {
        return entry.look.colour == look.colour && entry.look.stage == look.stage &&
               entry.look.additive == look.additive && entry.look.strength == look.strength &&
               entry.look.highlight == look.highlight;
    };
    const auto found = std::find_if(entries.begin(), entries.end(), same);
    if (found != entries.end()) return found->table;
    if (entries.size() >= 8) entries.erase(entries.begin());
    entries.push_back({look, toneTable(look)});
    return entries.back().table;
}

QRect deviceRect(const QPainter& painter, const QRectF& rect) {
    return painter.deviceTransform().mapRect(rect).toAlignedRect();
}

double devicePixels(const QPainter& painter) {
    return std::max(1e-3, std::abs(painter.deviceTransform().m11()));
}

SplatView viewOf(const QPainter& painter, const QRectF& rect, std::size_t count, double size) {
    const QRect device = deviceRect(painter, rect);
    const double pixels = devicePixels(painter);
    const Stage stage(rect);
    // The middle of the stage in the image's own pixels, which start at a whole device pixel.
    const QPointF centre = painter.deviceTransform().map(stage.centre) - device.topLeft();
    const double scale = stage.scale * pixels;
    const double relative = stage.scale * 2.0 * Stage::reach * pixels / 600.0;
    const double radius =
        relative * size * 7.0 * std::pow(std::max<double>(1.0, static_cast<double>(count)), -0.15);
    return {.width = device.width(),
            .height = device.height(),
            .centreX = static_cast<float>((device.width() / 2.0 - centre.x()) / scale),
            .centreY = static_cast<float>((centre.y() - device.height() / 2.0) / scale),
            .scale = static_cast<float>(scale),
            .radius = static_cast<float>(std::clamp(radius, 1.2, 8.0))};
}

void splatInto(QImage& image, const QPainter& painter, const QRectF& rect, double corner,
               std::span<const float> positions, const CloudLook& look, const SplatFunction& splatWith) {
    const SplatView view = viewOf(painter, rect, positions.size() / 2, look.size);
    const QSize size(view.width, view.height);
    if (image.size() != size) image = deviceImage(painter, rect);
    if (image.isNull()) return;
    image.setDevicePixelRatio(devicePixels(painter));

    thread_local std::vector<std::uint32_t> accumulator;
    const auto pixels = static_cast<std::size_t>(view.width) * static_cast<std::size_t>(view.height);
    accumulator.assign(pixels, 0);
    if (splatWith)
        splatWith(positions, view, accumulator);
    else
        splat(positions, view, accumulator);

    // Particles over a pixel in the middle of N(0, I): count * (pi r^2 / 3) / (2 pi scale^2).
    const double middle = static_cast<double>(positions.size() / 2) * view.radius * view.radius /
                          (6.0 * view.scale * view.scale);
    const double k = 1.9 / std::sqrt(1.0 + middle * middle);
    const auto toIndex = static_cast<float>(k / splatUnit * static_cast<double>(tableSize - 1) / tableReach);
    const ToneTable& table = cachedToneTable(look);
    const std::uint32_t* from = accumulator.data();
    constexpr float lastIndex = tableSize - 1;
    for (int y = 0; y < view.height; ++y) {
        auto* to = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < view.width; ++x) {
            const std::uint32_t amount = *from++;
            to[x] = amount == 0 ? 0
                                : table[static_cast<std::size_t>(static_cast<int>(
                                      std::min(static_cast<float>(amount) * toIndex + 0.5f, lastIndex)))];
        }
    }
    roundImageCorners(image, corner * devicePixels(painter));
}

}  // namespace

CloudLook cloudLook(const Theme& theme, const QColor& colour) {
    const bool projector = theme.textContrast > 4.5;
    return {.colour = colour,
            .stage = theme.stage,
            .additive = theme.additive,
            .strength = projector ? 1.45 : 1.0,
            .highlight = 1.0,
            .size = projector ? 1.3 : 1.0};
}

void roundImageCorners(QImage& image, double radius) {
    const int extent = std::min({static_cast<int>(std::ceil(radius)), image.width() / 2, image.height() / 2});
    for (int y = 0; y < extent; ++y)
        for (int x = 0; x < extent; ++x) {
            const double distance = std::hypot(radius - x - 0.5, radius - y - 0.5);
            const double cover = std::clamp(radius - distance + 0.5, 0.0, 1.0);
            if (cover >= 1.0) continue;
            const int right = image.width() - 1 - x;
            const int bottom = image.height() - 1 - y;
            for (const QPoint at :
                 {QPoint(x, y), QPoint(right, y), QPoint(x, bottom), QPoint(right, bottom)}) {
                QRgb& pixel = reinterpret_cast<QRgb*>(image.scanLine(at.y()))[at.x()];
                const auto part = [cover](int channel) { return static_cast<int>(channel * cover); };
                pixel =
                    qRgba(part(qRed(pixel)), part(qGreen(pixel)), part(qBlue(pixel)), part(qAlpha(pixel)));
            }
        }
}

QImage deviceImage(const QPainter& painter, const QRectF& rect) {
    QImage image(deviceRect(painter, rect).size(), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(devicePixels(painter));
    return image;
}

void drawDeviceImage(QPainter& painter, const QRectF& rect, const QImage& image) {
    bool invertible = false;
    const QTransform back = painter.deviceTransform().inverted(&invertible);
    if (!invertible || image.isNull()) return;
    painter.drawImage(back.map(QPointF(deviceRect(painter, rect).topLeft())), image);
}

QImage cloudImage(const QPainter& painter, const QRectF& rect, double corner,
                  std::span<const float> positions, const CloudLook& look, const SplatFunction& splatWith) {
    QImage image;
    splatInto(image, painter, rect, corner, positions, look, splatWith);
    return image;
}

void paintCloud(QPainter& painter, const QRectF& rect, double corner, std::span<const float> positions,
                const CloudLook& look, const SplatFunction& splatWith) {
    thread_local QImage image;
    splatInto(image, painter, rect, corner, positions, look, splatWith);
    drawDeviceImage(painter, rect, image);
}

}  // namespace diffuscope
