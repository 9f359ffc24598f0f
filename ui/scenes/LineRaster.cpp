#include "scenes/LineRaster.h"

#include <QImage>
#include <QPaintEngine>
#include <QPen>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace diffuscope {
namespace {

/// Opacity per device pixel. All zero between two uses.
std::vector<std::uint8_t>& coverage() {
    thread_local std::vector<std::uint8_t> buffer;
    return buffer;
}

/// Cuts a line to the rectangle (Liang and Barsky). Returns false when nothing is left.
bool cut(QPointF& from, QPointF& to, const QRectF& rect) {
    const QPointF way = to - from;
    double first = 0.0;
    double last = 1.0;
    const auto edge = [&](double direction, double distance) {
        if (direction == 0.0) return distance >= 0.0;
        const double at = distance / direction;
        (direction < 0.0 ? first : last) = direction < 0.0 ? std::max(first, at) : std::min(last, at);
        return first <= last;
    };
    if (!edge(-way.x(), from.x() - rect.left()) || !edge(way.x(), rect.right() - from.x()) ||
        !edge(-way.y(), from.y() - rect.top()) || !edge(way.y(), rect.bottom() - from.y()))
        return false;
    to = from + way * last;
    from += way * first;
    return true;
}

}  // namespace

LineRaster::LineRaster(QPainter& painter, const QRectF& rect, const QColor& colour)
    : painter_(painter),
      colour_(colour),
      device_(painter.deviceTransform().mapRect(rect).toAlignedRect()),
      pixels_(std::abs(painter.deviceTransform().m11())) {
    const auto size = static_cast<std::size_t>(std::max(0, device_.width())) *
                      static_cast<std::size_t>(std::max(0, device_.height()));
    if (coverage().size() < size) coverage().resize(size, 0);
}

void LineRaster::add(std::span<const QLineF> lines, double pixels, double strength) {
    const QTransform& transform = painter_.deviceTransform();
    const auto halfWidth = static_cast<float>(0.5 * pixels * pixels_);
    for (const QLineF& line : lines) {
        QPointF from = transform.map(line.p1()) - device_.topLeft();
        QPointF to = transform.map(line.p2()) - device_.topLeft();
        if (cut(from, to, QRectF(QPointF(0, 0), QSizeF(device_.size()))))
            add(from, to, halfWidth, static_cast<float>(std::clamp(strength, 0.0, 1.0) * 255.0));
    }
}

void LineRaster::add(QPointF from, QPointF to, float halfWidth, float strength) {
    // Walks along the longer axis; `steep` swaps the roles of x and y.
    const bool steep = std::abs(to.y() - from.y()) > std::abs(to.x() - from.x());
    if (steep) {
        from = from.transposed();
        to = to.transposed();
    }
    if (from.x() > to.x()) std::swap(from, to);
    const int along = steep ? device_.height() : device_.width();
    const int across = steep ? device_.width() : device_.height();
    const auto x0 = static_cast<float>(from.x());
    const auto y0 = static_cast<float>(from.y());
    const auto dx = static_cast<float>(to.x() - from.x());
    const auto dy = static_cast<float>(to.y() - from.y());
    const float slope = dx > 1e-6f ? dy / dx : 0.0f;
    const float stretch = std::sqrt(1.0f + slope * slope);
    const float reach = (halfWidth + 0.5f) * stretch;
    const int first = std::clamp(static_cast<int>(x0), 0, along - 1);
    const int last = std::clamp(static_cast<int>(x0 + dx), 0, along - 1);
    std::uint8_t* const pixels = coverage().data();
    const auto width = static_cast<std::size_t>(device_.width());
    for (int i = first; i <= last; ++i) {
        const float centre = y0 + slope * std::clamp(static_cast<float>(i) + 0.5f - x0, 0.0f, dx);
        const int low = std::max(0, static_cast<int>(std::floor(centre - reach)));
        const int high = std::min(across - 1, static_cast<int>(std::floor(centre + reach)));
        for (int j = low; j <= high; ++j) {
            const float distance = std::abs(static_cast<float>(j) + 0.5f - centre) / stretch;
            const float covered =
                std::clamp(halfWidth + 0.5f - distance, 0.0f, std::min(1.0f, 2.0f * halfWidth));
            const auto at = steep ? static_cast<std::size_t>(i) * width + static_cast<std::size_t>(j)
                                  : static_cast<std::size_t>(j) * width + static_cast<std::size_t>(i);
            pixels[at] = std::max(pixels[at], static_cast<std::uint8_t>(strength * covered));
        }
    }
    const int margin = static_cast<int>(reach) + 2;
    const int least = std::max(0, static_cast<int>(std::min(y0, y0 + dy)) - margin);
    const int most = std::min(across - 1, static_cast<int>(std::max(y0, y0 + dy)) + margin);
    touched_ |= steep ? QRect(QPoint(least, first), QPoint(most, last))
                      : QRect(QPoint(first, least), QPoint(last, most));
}

LineRaster::~LineRaster() {
    if (touched_.isEmpty()) return;
    std::array<QRgb, 256> table{};
    for (int alpha = 0; alpha < 256; ++alpha)
        table[static_cast<std::size_t>(alpha)] =
            qPremultiply(qRgba(colour_.red(), colour_.green(), colour_.blue(), alpha));

    thread_local std::vector<QRgb> colours;
    const auto width = static_cast<std::size_t>(touched_.width());
    colours.resize(width * static_cast<std::size_t>(touched_.height()));
    for (int y = 0; y < touched_.height(); ++y) {
        std::uint8_t* const row =
            coverage().data() +
            static_cast<std::size_t>(touched_.top() + y) * static_cast<std::size_t>(device_.width()) +
            static_cast<std::size_t>(touched_.left());
        QRgb* const to = colours.data() + static_cast<std::size_t>(y) * width;
        for (std::size_t x = 0; x < width; ++x) to[x] = table[row[x]];
        std::fill(row, row + width, std::uint8_t{0});
    }
    QImage image(reinterpret_cast<const uchar*>(colours.data()), touched_.width(), touched_.height(),
                 static_cast<qsizetype>(width * sizeof(QRgb)), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(std::max(1e-3, pixels_));
    bool invertible = false;
    const QTransform back = painter_.deviceTransform().inverted(&invertible);
    if (invertible) painter_.drawImage(back.map(QPointF(device_.topLeft() + touched_.topLeft())), image);
}

void drawFadedLines(QPainter& painter, const QRectF& rect, const QColor& colour,
                    std::span<const FadedLine> lines, double pixels) {
    if (lines.empty()) return;
    if (painter.paintEngine()->type() == QPaintEngine::Raster) {
        LineRaster raster(painter, rect, colour);
        for (const FadedLine& line : lines) raster.add(std::span(&line.line, 1), pixels, line.strength);
        return;
    }
    painter.save();
    for (const FadedLine& line : lines) {
        QColor faded = colour;
        faded.setAlphaF(static_cast<float>(std::clamp(line.strength, 0.0, 1.0)));
        painter.setPen(QPen(faded, pixels, Qt::SolidLine, Qt::FlatCap));
        painter.drawLine(line.line);
    }
    painter.restore();
}

}  // namespace diffuscope
