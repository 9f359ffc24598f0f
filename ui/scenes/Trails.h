#pragma once
#include "diffusion/Trajectory.h"
#include "scenes/Stage.h"

#include <QColor>
#include <QPainter>

namespace diffuscope {

struct TrailLook {
    QColor colour;
    QColor head;      ///< of the dot at the playhead
    QColor ring;      ///< around it
    double pixels;    ///< width of the line
    bool descending;  ///< the particle comes from T: what it has behind it lies above the playhead
    bool smooth;      ///< show all of the way that lies behind, not only the last 15 %
};

/// Paths of the followed particles: strong where they are at `playhead`, faded out 15 % of the run behind it,
/// a hair ahead of it, and a dot at the playhead. Steps that are not computed yet are left out.
void paintTrails(QPainter& painter, const Stage& stage, const Trajectory& paths, double playhead,
                 const TrailLook& look);

}  // namespace diffuscope
