#include "scenes/Trails.h"

#include "scenes/LineRaster.h"

#include <QLineF>
#include <QPaintEngine>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace diffuscope {
namespace {

constexpr double window = 0.15;       // of the run, behind the playhead
constexpr double windowAhead = 0.06;  // of the run
constexpr std::size_t shortest = 6;   // steps, where the run has few
constexpr std::size_t longest = 80;   // segments a particle; longer windows are thinned
constexpr double aheadStrength = 0.16;
constexpr double smoothFloor = 0.3;  // a smooth path never fades below this
constexpr int levels = 10;

using Buckets = std::array<std::vector<QLineF>, levels>;

std::size_t entriesWithin(std::size_t entries, double share) {
    return std::max(shortest, static_cast<std::size_t>(share * static_cast<double>(entries)));
}

bool finitePoint(const std::vector<float>& positions, std::size_t particle) {
    return positions.size() > 2 * particle + 1 && std::isfinite(positions[2 * particle]) &&
           std::isfinite(positions[2 * particle + 1]);
}

QPointF pointOf(const Stage& stage, const std::vector<float>& positions, std::size_t particle) {
    // Far outside of the stage the line would only cost time and overflow the rasteriser.
    const auto limited = [](float value) { return std::clamp(static_cast<double>(value), -1e3, 1e3); };
    return stage.map(limited(positions[2 * particle]), limited(positions[2 * particle + 1]));
}

/// Entries from the playhead outwards: `here`, then multiples of the stride, so that a thinned path keeps its
/// corners while the playhead moves.
std::vector<std::size_t> visited(std::size_t here, std::size_t reach, bool upwards, std::size_t size) {
    const std::size_t stride = std::max<std::size_t>(1, (reach + longest - 1) / longest);
    std::vector<std::size_t> indices{here};
    if (upwards) {
        const std::size_t end = std::min(size - 1, here + reach);
        for (std::size_t i = here / stride * stride + stride; i <= end; i += stride) indices.push_back(i);
        if (indices.back() != end && end + stride > size) indices.push_back(end);
    } else {
        const std::size_t end = here > reach ? here - reach : 0;
        for (std::size_t i = here > 0 ? (here - 1) / stride * stride : 0; i > end; i -= stride)
            indices.push_back(i);
        if (end == 0 && here > 0) indices.push_back(0);
    }
    return indices;
}

template <typename Strength>
void collect(Buckets& buckets, const Stage& stage, const Trajectory& paths,
             const std::vector<std::size_t>& indices, Strength strength) {
    for (std::size_t i = 1; i < indices.size(); ++i) {
        const Positions& from = paths.positions[indices[i - 1]];
        const Positions& to = paths.positions[indices[i]];
        if (!from || !to) continue;
        const double share = static_cast<double>(i) / static_cast<double>(indices.size());
        const int level = std::clamp(static_cast<int>(strength(share) * levels), 0, levels - 1);
        for (std::size_t particle = 0; particle < static_cast<std::size_t>(paths.count); ++particle)
            if (finitePoint(*from, particle) && finitePoint(*to, particle))
                buckets[static_cast<std::size_t>(level)].emplace_back(pointOf(stage, *from, particle),
                                                                      pointOf(stage, *to, particle));
    }
}

/// Faint lines first; `draw` takes the lines of one strength.
template <typename Draw>
void stroke(Buckets& buckets, Draw draw) {
    for (int level = 0; level < levels; ++level) {
        auto& lines = buckets[static_cast<std::size_t>(level)];
        if (!lines.empty()) draw(lines, (level + 0.5) / levels);
        lines.clear();
    }
}

}  // namespace

void paintTrails(QPainter& painter, const Stage& stage, const Trajectory& paths, double playhead,
                 const TrailLook& look) {
    if (paths.empty() || paths.positions.size() != paths.t.size()) return;
    const std::size_t size = paths.t.size();
    const std::size_t here = paths.nearest(playhead);
    const std::size_t behind = look.smooth ? size : entriesWithin(size, window);

    thread_local Buckets ahead;
    thread_local Buckets passed;
    collect(ahead, stage, paths, visited(here, entriesWithin(size, windowAhead), !look.descending, size),
            [](double share) { return aheadStrength * (1.0 - share); });
    collect(passed, stage, paths, visited(here, behind, look.descending, size), [&look](double share) {
        const double fading = std::pow(1.0 - share, 1.7);
        return look.smooth ? smoothFloor + (1.0 - smoothFloor) * fading : fading;
    });

    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    if (painter.paintEngine()->type() == QPaintEngine::Raster) {
        LineRaster raster(painter, stage.rect, look.colour);
        stroke(ahead,
               [&](const auto& lines, double strength) { raster.add(lines, look.pixels * 0.7, strength); });
        stroke(passed, [&](const auto& lines, double strength) { raster.add(lines, look.pixels, strength); });
    } else {
        const auto draw = [&](const auto& lines, double strength, double pixels) {
            QColor faded = look.colour;
            faded.setAlphaF(static_cast<float>(strength));
            painter.setPen(QPen(faded, pixels, Qt::SolidLine, Qt::FlatCap));
            painter.drawLines(lines.data(), static_cast<int>(lines.size()));
        };
        stroke(ahead, [&](const auto& lines, double strength) { draw(lines, strength, look.pixels * 0.7); });
        stroke(passed, [&](const auto& lines, double strength) { draw(lines, strength, look.pixels); });
    }

    if (const Positions& heads = paths.positions[here]) {
        painter.setPen(QPen(look.ring, look.pixels * 1.3));
        painter.setBrush(look.head);
        const double radius = 2.9 * look.pixels;
        for (std::size_t particle = 0; particle < static_cast<std::size_t>(paths.count); ++particle)
            if (finitePoint(*heads, particle))
                painter.drawEllipse(pointOf(stage, *heads, particle), radius, radius);
    }
    painter.restore();
}

}  // namespace diffuscope
