#pragma once
#include "scenes/Cloud.h"
#include "scenes/DenoiserField.h"
#include "scenes/Theme.h"
#include "settings/Choice.h"
#include "training/Snapshot.h"

#include <QPainter>
#include <QRectF>
#include <span>

namespace diffuscope {

/// What a scene is drawn from. Never kept.
struct Frame {
    const Snapshot* snapshot;   ///< trajectories, data, schedule; null before the first
    const ViewSettings* view;   ///< lanes, layers, theme
    double playhead;            ///< diffusion time t, 0 … T
    double textPixels = 13;     ///< body size; larger in a presentation and in films
    SplatFunction splat;        ///< the CPU's splat() when empty
    FrameWork* work = nullptr;  ///< how long it may take; null: as long as it takes
};

enum class Lane { Forward, Reverse };

/// Draws one lane with its layers, title, formula and numbers into `rect`. The stage keeps a square scale
/// with
/// [-3.2, 3.2] visible on its shorter side.
void paintLane(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane);

/// Where the lanes lie on a stage: side by side, or one above the other where it is upright. The second is
/// empty unless there are two.
struct LaneRects {
    QRectF first;
    QRectF second;
};
[[nodiscard]] LaneRects laneRects(const QRectF& rect, LaneKind lanes, double textPixels);

/// A picture of the whole stage.
struct SceneRow {
    Choice choice;  ///< forward, reverse, both; the row's index is LaneKind's
    void (*paint)(QPainter& painter, const QRectF& rect, const Frame& frame);
};
[[nodiscard]] std::span<const SceneRow> scenes();

/// What can be shown on a lane; drawn in the table's order, back to front.
struct LayerRow {
    Choice choice;  ///< help is the sentence that says what it shows
    bool ViewSettings::*shown;
    void (*paint)(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane);
    /// What its colours or lengths mean, with the right upper corner at `at`; returns the height. Null where
    /// there is nothing to say.
    double (*legend)(QPainter& painter, QPointF at, const QRectF& rect, const Frame& frame,
                     Lane lane) = nullptr;
};
[[nodiscard]] std::span<const LayerRow> layers();

}  // namespace diffuscope
