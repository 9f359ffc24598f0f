#pragma once
#include <QColor>
#include <QLineF>
#include <QPainter>
#include <QRectF>
#include <span>

namespace diffuscope {

/// Draws many short antialiased lines of one colour on a raster device, several times as fast as QPainter
/// does (which hands the spans of every line to its thread pool). Where lines cross, the stronger one shows,
/// so a scribble does not grow darker than its lines. Lines added are drawn by the destructor.
class LineRaster {
  public:
    LineRaster(QPainter& painter, const QRectF& rect, const QColor& colour);
    ~LineRaster();
    LineRaster(const LineRaster&) = delete;
    LineRaster& operator=(const LineRaster&) = delete;

    /// `pixels` is the width in the painter's pixels, `strength` the opacity, 0 … 1.
    void add(std::span<const QLineF> lines, double pixels, double strength);

  private:
    void add(QPointF from, QPointF to, float halfWidth, float strength);

    QPainter& painter_;
    QColor colour_;
    QRect device_;
    QRect touched_;
    double pixels_;
};

/// A line and its opacity, 0 … 1.
struct FadedLine {
    QLineF line;
    double strength;
};

/// Draws them by a LineRaster into a raster device, and as lines into any other.
void drawFadedLines(QPainter& painter, const QRectF& rect, const QColor& colour,
                    std::span<const FadedLine> lines, double pixels);

}  // namespace diffuscope
