#include "scenes/Classes.h"

#include "diffusion/ForwardProcess.h"
#include "scenes/Cloud.h"

#include <array>
#include <utility>

namespace diffuscope {
namespace {

constexpr std::size_t mostMarkers = 4000;

/// Class of the point that each particle of the forward lane started from: forwardStart() picks from a table
/// whose points are the labels, by the same draws.
std::vector<std::int32_t> startingLabels(const Snapshot& snapshot, std::size_t count) {
    std::vector<float> table;
    table.reserve(2 * snapshot.data->labels.size());
    for (const std::int32_t label : snapshot.data->labels) {
        table.push_back(static_cast<float>(label));
        table.push_back(0.0f);
    }
    std::vector<float> picked(2 * count);
    forwardStart(table, snapshot.settings.seed, 0, picked);
    std::vector<std::int32_t> labels(count);
    for (std::size_t i = 0; i < count; ++i) labels[i] = static_cast<std::int32_t>(picked[2 * i]);
    return labels;
}

/// The last of this thread.
const std::vector<std::int32_t>& keptLabels(const Snapshot& snapshot, std::size_t count) {
    struct Kept {
        std::shared_ptr<const DataSet> data;
        std::uint64_t seed = 0;
        std::vector<std::int32_t> labels;
    };
    thread_local Kept kept;
    if (kept.data != snapshot.data || kept.seed != snapshot.settings.seed || kept.labels.size() != count)
        kept = {snapshot.data, snapshot.settings.seed, startingLabels(snapshot, count)};
    return kept.labels;
}

}  // namespace

QColor classColour(const Theme& theme, int label) {
    static const std::array<QColor, classColours> dark{"#56B4E9", "#E69F00", "#2BBD8C", "#CC79A7",
                                                       "#F0E442", "#E2713A", "#8C9EFF", "#B8BEC8"};
    static const std::array<QColor, classColours> light{"#0072B2", "#E69F00", "#009E73", "#CC79A7",
                                                        "#8A7F00", "#D55E00", "#5B3FA0", "#5A6472"};
    return (theme.additive ? dark : light)[static_cast<std::size_t>(label) % classColours];
}

void drawClassMarker(QPainter& painter, QPointF at, double radius, int label) {
    const double r = radius;
    switch ((label + label / classColours) % classShapes) {
        case 0:
            painter.drawEllipse(at, r, r);
            break;
        case 1:
            painter.drawRect(QRectF(at.x() - 0.88 * r, at.y() - 0.88 * r, 1.76 * r, 1.76 * r));
            break;
        case 2:
            painter.drawPolygon(std::array{at + QPointF(0, -1.2 * r), at + QPointF(1.1 * r, 0.8 * r),
                                           at + QPointF(-1.1 * r, 0.8 * r)}
                                    .data(),
                                3);
            break;
        case 3:
            painter.drawPolygon(std::array{at + QPointF(0, -1.3 * r), at + QPointF(1.3 * r, 0),
                                           at + QPointF(0, 1.3 * r), at + QPointF(-1.3 * r, 0)}
                                    .data(),
                                4);
            break;
        default:
            painter.drawRect(QRectF(at.x() - 1.3 * r, at.y() - 0.45 * r, 2.6 * r, 0.9 * r));
            painter.drawRect(QRectF(at.x() - 0.45 * r, at.y() - 1.3 * r, 0.9 * r, 2.6 * r));
    }
}

bool showsClasses(const Frame& frame) {
    return frame.view->showClasses && frame.snapshot && frame.snapshot->data &&
           !frame.snapshot->data->labels.empty();
}

void paintClassPoints(QPainter& painter, const QRectF& rect, const Frame& frame) {
    const DataSet& data = *frame.snapshot->data;
    const Theme& theme = themeOf(frame);
    const Stage stage(rect);
    const double radius = (data.size() > 1000 ? 1.5 : 2.4) * textScale(frame.textPixels);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setOpacity(theme.additive ? 0.5 : 0.6);
    const std::size_t stride = (data.size() + mostMarkers - 1) / mostMarkers;
    for (std::size_t i = 0; i < data.size(); i += std::max<std::size_t>(1, stride)) {
        const int label = std::max(0, data.labels[i]);
        painter.setBrush(classColour(theme, label));
        const QPointF at =
            stage.map(static_cast<double>(data.points[2 * i]), static_cast<double>(data.points[2 * i + 1]));
        if (rect.contains(at)) drawClassMarker(painter, at, radius, label);
    }
    painter.restore();
}

void paintClassCloud(QPainter& painter, const QRectF& rect, const Frame& frame) {
    const ShownCloud cloud = shownCloud(frame, Lane::Forward);
    if (!cloud.positions) return;
    const std::vector<float>& positions = *cloud.positions;
    const auto& labels = keptLabels(*frame.snapshot, positions.size() / 2);
    std::array<std::vector<float>, classColours> parts;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        auto& part = parts[static_cast<std::size_t>(std::max(0, labels[i])) % classColours];
        part.push_back(positions[2 * i]);
        part.push_back(positions[2 * i + 1]);
    }
    const Theme& theme = themeOf(frame);
    for (std::size_t k = 0; k < parts.size(); ++k)
        if (!parts[k].empty())
            paintCloud(painter, rect, cornerRadius(frame.textPixels), parts[k],
                       cloudLook(theme, classColour(theme, static_cast<int>(k))), frame.splat);
}

void paintClassNames(QPainter& painter, QPointF at, const Frame& frame) {
    const auto& names = frame.snapshot->data->classes;
    if (names.size() > classColours) return;
    const Theme& theme = themeOf(frame);
    const double unit = textScale(frame.textPixels);
    const QFont font = uiFont(12 * unit);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t k = 0; k < names.size(); ++k) {
        const double middle = at.y() + (static_cast<double>(k) + 0.5) * 18 * unit;
        painter.setPen(Qt::NoPen);
        painter.setBrush(classColour(theme, static_cast<int>(k)));
        drawClassMarker(painter, {at.x() + 5 * unit, middle}, 4 * unit, static_cast<int>(k));
        drawMathText(painter, {at.x() + 16 * unit, middle + 4.3 * unit}, QString::fromStdString(names[k]),
                     font, theme.secondary);
    }
    painter.restore();
}

}  // namespace diffuscope
