#pragma once
#include "scenes/Lane.h"

namespace diffuscope {

// Classes of the data: a colour of the Okabe-Ito set and a marker's shape each, so that neither is the only
// carrier. With more than eight classes colours come again with another shape.

constexpr int classColours = 8;
constexpr int classShapes = 5;

[[nodiscard]] QColor classColour(const Theme& theme, int label);

/// The marker of a class with its middle at `at`: a disc, square, triangle, diamond or cross.
void drawClassMarker(QPainter& painter, QPointF at, double radius, int label);

/// Whether the frame's data have classes and the view tells them apart.
[[nodiscard]] bool showsClasses(const Frame& frame);

/// The points with their markers; of more than 4,000 every k-th.
void paintClassPoints(QPainter& painter, const QRectF& rect, const Frame& frame);

/// The forward lane's cloud, each particle in the colour of the point that it started from.
void paintClassCloud(QPainter& painter, const QRectF& rect, const Frame& frame);

/// Markers and names, one below the other from `at` downwards; of up to eight classes.
void paintClassNames(QPainter& painter, QPointF at, const Frame& frame);

}  // namespace diffuscope
