#pragma once
#include "scenes/Theme.h"
#include "training/Snapshot.h"

#include <QWidget>
#include <memory>

namespace diffuscope {

/// The axis of diffusion time: the noise level painted into it, how far the reverse run is computed, and the
/// playhead, which is dragged.
class Timeline : public QWidget {
    Q_OBJECT
  public:
    explicit Timeline(QWidget* parent = nullptr);
    void setTheme(const Theme& theme);
    void setSnapshot(std::shared_ptr<const Snapshot> snapshot);
    void setTime(double time);
    [[nodiscard]] QSize sizeHint() const override { return {600, 72}; }

  signals:
    void scrubbed(double time);

  protected:
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

  private:
    [[nodiscard]] QRectF track() const;
    [[nodiscard]] double xOf(double time) const;
    void scrubTo(double x);
    [[nodiscard]] int steps() const;

    const Theme* theme_;
    std::shared_ptr<const Snapshot> snapshot_;
    double time_ = 0.0;
};

}  // namespace diffuscope
