#pragma once
#include "scenes/Theme.h"

#include <QPainter>
#include <QPointF>
#include <QRectF>
#include <QString>

namespace diffuscope {

/// Where the plane lies on a lane's rectangle: square in scale, [-reach, reach] on the shorter side, y
/// upwards.
struct Stage {
    static constexpr double reach = 3.2;

    explicit Stage(const QRectF& rectangle);
    [[nodiscard]] QPointF map(double x, double y) const {
        return {centre.x() + x * scale, centre.y() - y * scale};
    }

    QRectF rect;
    QPointF centre;
    double scale;  ///< painter's pixels per unit
};

/// Everything on a stage that has a size in pixels is given for a body text of 13; this is the factor.
[[nodiscard]] inline double textScale(double textPixels) {
    return textPixels / 13.0;
}

/// Radius of a stage's corners.
[[nodiscard]] inline double cornerRadius(double textPixels) {
    return 10.0 * textScale(textPixels);
}

/// Background with rounded corners, a line at every unit, the axes a little stronger.
void paintStage(QPainter& painter, const Stage& stage, const Theme& theme, double textPixels);

/// One line of text in which _{…} is a subscript and ^{…} a superscript.
[[nodiscard]] double mathTextWidth(const QString& text, const QFont& font);
void drawMathText(QPainter& painter, QPointF baseline, const QString& text, const QFont& font,
                  const QColor& colour);

}  // namespace diffuscope
