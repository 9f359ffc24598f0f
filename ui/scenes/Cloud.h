#pragma once
#include "particles/Splat.h"
#include "scenes/Theme.h"

#include <QImage>
#include <QPainter>
#include <QRectF>
#include <cstdint>
#include <functional>
#include <span>

namespace diffuscope {

/// Splats particles; the CPU's splat() when empty.
using SplatFunction = std::function<void(std::span<const float>, const SplatView&, std::span<std::uint32_t>)>;

/// How a cloud of particles turns into light, or on a light stage into ink.
struct CloudLook {
    QColor colour;
    QColor stage;
    bool additive;
    double strength = 1.0;   ///< of the colour where particles lie dense, 0 … 1
    double highlight = 1.0;  ///< how far the densest places go on to white (or to deeper ink)
    double size = 1.0;       ///< of a particle's spot, relative
};

/// Look of the cloud of a lane's colour in a theme.
[[nodiscard]] CloudLook cloudLook(const Theme& theme, const QColor& colour);

/// Draws the cloud into `rect` at the device's own pixels. With n the particles that lie over a pixel, the
/// light is 1 - exp(-k n): k is such that one particle alone is seen while there are few, and that the middle
/// of N(0, I) is just not burnt out when there are many; what lies denser still goes on towards the highlight
/// at k/8. `corner` rounds the image's corners, in the painter's pixels.
void paintCloud(QPainter& painter, const QRectF& rect, double corner, std::span<const float> positions,
                const CloudLook& look, const SplatFunction& splatWith);

/// The same as an image of its own that can be kept, of the device's size of `rect`.
[[nodiscard]] QImage cloudImage(const QPainter& painter, const QRectF& rect, double corner,
                                std::span<const float> positions, const CloudLook& look,
                                const SplatFunction& splatWith);

/// An image, not yet filled, of the device's pixels that `rect` covers, and drawing it there, pixel on pixel.
[[nodiscard]] QImage deviceImage(const QPainter& painter, const QRectF& rect);
void drawDeviceImage(QPainter& painter, const QRectF& rect, const QImage& image);

/// Makes what lies outside of corners of `radius` pixels transparent; for premultiplied colours.
void roundImageCorners(QImage& image, double radius);

}  // namespace diffuscope
