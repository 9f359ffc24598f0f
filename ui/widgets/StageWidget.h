#pragma once
#include "scenes/Scene.h"
#include "widgets/PaintPad.h"
#include "widgets/StagePainter.h"
#include "widgets/Studio.h"

#include <QToolButton>
#include <QWidget>
#include <memory>
#include <vector>

namespace diffuscope {

/// The stage: shows the newest picture of the scene of the chosen lanes, and carries a toggle per layer.
class StageWidget : public QWidget {
    Q_OBJECT
  public:
    explicit StageWidget(Studio& studio, QWidget* parent = nullptr);
    void show(std::shared_ptr<const Snapshot> snapshot, double playhead);
    void refresh();  ///< after a change of settings

    /// Lays the drawing board over the first lane, with the points that the user has brought so far.
    void startDrawing();
    void stopDrawing();
    [[nodiscard]] bool drawing() const;
    /// The picture that was painted last, null before the first.
    [[nodiscard]] std::shared_ptr<const StagePicture> painted() const { return painted_; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {320, 240}; }

  signals:
    void drawingChanged(bool drawing);

  protected:
    void paintEvent(QPaintEvent*) override;
    void resizeEvent(QResizeEvent*) override;

  private:
    void buildToggles();
    void placeToggles();
    void placePad();
    void sendDrawn(bool strokeEnded);
    void ask();

    Studio& studio_;
    std::shared_ptr<const Snapshot> snapshot_;
    double playhead_ = 0.0;
    std::shared_ptr<const StagePicture> painted_;
    QWidget* toggles_;
    std::vector<QToolButton*> layerButtons_;  ///< one a layer, in the table's order
    QToolButton* fieldToggle_ = nullptr;
    QToolButton* fieldButton_ = nullptr;  ///< which field the arrows show
    QToolButton* classesButton_ = nullptr;
    PaintPad* pad_ = nullptr;
    std::shared_ptr<const DataSet> drawn_;  ///< the last that came from the board
    StagePainter painter_;                  // last: its thread ends before what it calls
};

}  // namespace diffuscope
