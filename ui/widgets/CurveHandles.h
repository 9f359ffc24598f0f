#pragma once
#include "scenes/Theme.h"
#include "settings/Settings.h"

#include <QPointF>
#include <QPolygonF>
#include <array>
#include <optional>
#include <utility>
#include <vector>

class QCPCurve;
class QCPItemText;
class QCPItemTracer;
class QCustomPlot;

namespace diffuscope {

/// The points of a custom curve as a schedule plot shows them: handles, the line through them, the reading
/// beside the one at hand, and where all that lies in pixels. Drawn on the chart's layer "playhead".
class CurveHandles {
  public:
    explicit CurveHandles(QCustomPlot& chart);

    struct State {
        ScheduleSettings schedule;
        CurvePlane plane = CurvePlane::Beta;
        NotationKind notation = NotationKind::Ho;
        std::optional<std::size_t> selected;
        std::optional<std::size_t> read;  ///< whose value is written beside it
        bool focused = false;             ///< by the keyboard
    };
    void show(const State& state, const Theme& theme);

    /// Whether the schedule is made of points in this plane.
    [[nodiscard]] bool owned() const;
    /// Lowest and highest ordinate of the points as shown; nothing where there are none.
    [[nodiscard]] std::optional<std::pair<double, double>> reach() const;
    /// An ordinate of the plane as the chart's left axis has it: lambda, or beta in the notation, of the
    /// curve cut into T steps where that is kept; and the way back.
    [[nodiscard]] double shown(double ordinate) const;
    [[nodiscard]] double ordinate(double shown) const;
    [[nodiscard]] QString reading(const std::array<double, 2>& point) const;  ///< "t = 320, β = 0.0064"

    [[nodiscard]] QPointF pixelOf(const std::array<double, 2>& point) const;
    [[nodiscard]] std::array<double, 2> pointAt(const QPointF& pixel) const;
    [[nodiscard]] std::optional<std::size_t> hitPoint(const QPointF& pixel) const;
    /// The line through the points, or where there are none, graph 0 of the chart.
    [[nodiscard]] bool hitsCurve(const QPointF& pixel) const;

    static constexpr double reachOfHand = 10.0;  ///< pixels

  private:
    [[nodiscard]] double steps() const { return state_.schedule.steps; }
    [[nodiscard]] const auto& points() const { return state_.schedule.curve.points; }
    [[nodiscard]] QPolygonF linePixels() const;
    void placeReading(const Theme& theme);

    QCustomPlot& chart_;
    QCPCurve* line_;
    QCPItemText* reading_;
    std::vector<QCPItemTracer*> handles_;
    State state_;
};

}  // namespace diffuscope
