#pragma once
#include "diffusion/CustomCurve.h"
#include "scenes/Theme.h"
#include "widgets/Studio.h"

#include <QObject>
#include <QPointF>
#include <optional>
#include <vector>

class QCPItemTracer;
class QCustomPlot;
class QKeyEvent;
class QMouseEvent;

namespace diffuscope {

/// Lets a hand bend the curve of a schedule plot, graph 0 of the chart over t: points are dragged, added by a
/// double click and removed by a right click, or moved by keys. The curve of another kind of schedule, or of
/// the other plane, goes over to points of its own when it is first touched.
class CurveEditor : public QObject {
    Q_OBJECT
  public:
    CurveEditor(QCustomPlot& chart, Studio& studio);

    void setPlane(CurvePlane plane);
    void setTheme(const Theme& theme);
    void setNotation(NotationKind notation);
    void placePoints();  ///< where the settings and the chart's axes have them
    [[nodiscard]] bool dragging() const { return index_.has_value() && pressed_; }
    /// Whether the settings' schedule is made of points in this plane.
    [[nodiscard]] bool ownsPoints() const;
    /// Lowest and highest ordinate of the points as shown; nothing where there are none.
    [[nodiscard]] std::optional<std::pair<double, double>> reach() const;
    [[nodiscard]] QString hint() const;

  signals:
    void released();  ///< a drag is over: the axes may follow again

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void press(QMouseEvent* event);
    void move(QMouseEvent* event);
    void release(QMouseEvent* event);
    void doubleClick(QMouseEvent* event);
    bool key(QKeyEvent* event);

    [[nodiscard]] double steps() const;
    [[nodiscard]] double shown(double ordinate) const;
    [[nodiscard]] double ordinate(double shown) const;
    [[nodiscard]] QPointF pixelOf(const std::array<double, 2>& point) const;
    [[nodiscard]] std::array<double, 2> pointAt(const QPointF& pixel) const;
    [[nodiscard]] std::optional<std::size_t> hitPoint(const QPointF& pixel) const;
    [[nodiscard]] bool hitsCurve(const QPointF& pixel) const;
    [[nodiscard]] CustomCurve curve() const;  ///< to be edited: the settings' own, or points along theirs
    void apply(const CustomCurve& curve);
    void moveTo(CustomCurve curve, std::size_t index, double x, double y);
    void add(const std::array<double, 2>& at);
    void remove(std::size_t index);
    void select(std::optional<std::size_t> index);
    void describe();

    QCustomPlot& chart_;
    Studio& studio_;
    const Theme* theme_;
    CurvePlane plane_ = CurvePlane::Beta;
    NotationKind notation_ = NotationKind::Ho;
    std::vector<QCPItemTracer*> points_;
    std::optional<std::size_t> index_;  ///< selected
    std::optional<QPointF> grip_;       ///< where the curve was pressed, before it is dragged
    bool pressed_ = false;
    bool refused_ = false;  ///< said once in a drag
    int stroke_ = 0;        ///< one undo step each
};

}  // namespace diffuscope
