#pragma once
#include "scenes/Theme.h"

#include <QElapsedTimer>
#include <QToolButton>
#include <QWidget>
#include <vector>

namespace diffuscope {

/// Lies over a lane and collects the points that the mouse paints: the left button adds, the right one takes
/// away, the wheel changes the brush. It only keeps points; what they are for is the receiver's business.
class PaintPad : public QWidget {
    Q_OBJECT
  public:
    static constexpr std::size_t mostPoints = 50'000;

    explicit PaintPad(QWidget* parent = nullptr);
    void setTheme(const Theme& theme);
    void setPoints(std::vector<float> points);  ///< (n, 2) in the stage's own units
    [[nodiscard]] const std::vector<float>& points() const { return points_; }
    [[nodiscard]] bool drawing() const { return stroke_ != Qt::NoButton; }

  signals:
    void moved();     ///< points have changed within a stroke; at most eight times a second
    void finished();  ///< a stroke has ended, or all was cleared
    void closed();    ///< the user is done

  protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent*) override;
    void keyPressEvent(QKeyEvent* event) override;

  private:
    [[nodiscard]] QPointF planeAt(QPointF position) const;
    void brush(QPointF from, QPointF to);
    void add(QPointF from, QPointF to);
    void erase(QPointF from, QPointF to);

    const Theme* theme_;
    QToolButton* clear_;
    QToolButton* done_;
    std::vector<float> points_;
    std::vector<float> before_;  ///< points when the stroke began
    double radius_ = 0.16;       ///< of the brush, in the plane's units
    QPointF last_;
    QPointF cursor_{-1, -1};
    Qt::MouseButton stroke_ = Qt::NoButton;
    QElapsedTimer told_;
};

}  // namespace diffuscope
