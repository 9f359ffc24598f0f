#pragma once
#include "widgets/CurveHandles.h"
#include "widgets/CurveStrokes.h"

#include <QObject>
#include <QTimer>
#include <optional>

class QKeyEvent;
class QMouseEvent;

namespace diffuscope {

/// Lets a hand bend the curve of a schedule plot, graph 0 of the chart over t: points are dragged, added by a
/// double click and removed by a right click, or all of that by keys. The curve of another kind of schedule,
/// or of the other plane, goes over to points of its own when it is first touched. A drag is one undo step.
class CurveEditor : public QObject {
    Q_OBJECT
  public:
    CurveEditor(QCustomPlot& chart, Studio& studio);

    void setPlane(CurvePlane plane);
    void setTheme(const Theme& theme);
    void setNotation(NotationKind notation);
    void placePoints();  ///< where the settings and the chart's axes have them
    /// Whether the hand holds the curve or a point.
    [[nodiscard]] bool dragging() const { return grip_ || drag_; }
    /// Lowest and highest ordinate of the points as shown; nothing where there are none.
    [[nodiscard]] std::optional<std::pair<double, double>> reach() const { return handles_.reach(); }
    [[nodiscard]] QString hint() const;

  signals:
    void released();  ///< a drag is over: the axes may follow again
    void hintChanged();

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    /// What the left button holds: a point, or the curve where it has none yet.
    struct Grip {
        QPointF from;
        std::optional<std::size_t> index;
    };
    struct Drag {
        std::size_t index;
        QPointF offset;  ///< from the mouse to the point, in pixels
        QPointF at;      ///< the mouse
        bool refused = false;
    };

    void press(QMouseEvent* event);
    void move(QMouseEvent* event);
    void release(const QPointF& at);
    void doubleClick(QMouseEvent* event);
    bool key(QKeyEvent* event);
    [[nodiscard]] bool takesKey(const QKeyEvent& event) const;
    void startDrag(const QPointF& at);
    void drag(const QPointF& at);
    void follow();  ///< the axis, where the hand holds a point beyond its end
    void nudge(double x, double y);
    void tell(const QString& refusal);
    void select(std::optional<std::size_t> index);
    void setByKeys(bool byKeys);
    void showCursor(const QPointF& at);
    void describe();

    QCustomPlot& chart_;
    Studio& studio_;
    CurveStrokes strokes_;
    CurveHandles handles_;
    const Theme* theme_;
    NotationKind notation_ = NotationKind::Ho;
    std::optional<std::size_t> selected_;
    std::optional<std::size_t> hovered_;
    std::optional<Grip> grip_;  ///< pressed, not yet moved
    std::optional<Drag> drag_;
    QTimer edge_;
    bool byKeys_ = false;  ///< the keyboard led here
};

}  // namespace diffuscope
