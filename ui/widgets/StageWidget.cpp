#include "widgets/StageWidget.h"

#include "widgets/FieldRow.h"

#include <QHBoxLayout>
#include <QPainter>

namespace diffuscope {

StageWidget::StageWidget(Studio& studio, QWidget* parent)
    : QWidget(parent), studio_(studio), painter_([this] {
          QMetaObject::invokeMethod(
              this, [this] { update(); }, Qt::QueuedConnection);
      }) {
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Stage"));
    toggles_ = new QWidget(this);
    auto* row = new QHBoxLayout(toggles_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(14);
    for (const LayerRow& layer : layers()) {
        auto* button = new QToolButton;
        button->setProperty("role", "layer");
        button->setText(text(layer.choice.title));
        button->setToolTip(text(layer.choice.help));
        button->setCheckable(true);
        button->setCursor(Qt::PointingHandCursor);
        row->addWidget(button);
        layerButtons_.push_back(button);
        connect(button, &QToolButton::toggled, this, [this, &layer](bool on) {
            ViewSettings view = studio_.settings().view;
            view.*layer.shown = on;
            studio_.changeView(view);
        });
    }
    refresh();
}

void StageWidget::refresh() {
    for (std::size_t i = 0; i < layerButtons_.size(); ++i)
        layerButtons_[i]->setChecked(studio_.settings().view.*layers()[i].shown);
    placeToggles();
    ask();
}

void StageWidget::show(std::shared_ptr<const Snapshot> snapshot, double playhead) {
    snapshot_ = std::move(snapshot);
    playhead_ = playhead;
    ask();
}

void StageWidget::placeToggles() {
    toggles_->adjustSize();
    // Above the numbers of a lane that is too narrow for both in one line.
    const bool both = studio_.settings().view.lanes == LaneKind::Both;
    const int lane = both ? width() / 2 : width();
    const int raised = lane < toggles_->width() + 170 ? 26 : 0;
    toggles_->move(14, height() - toggles_->height() - 10 - raised);
}

void StageWidget::resizeEvent(QResizeEvent*) {
    placeToggles();
    ask();
}

void StageWidget::ask() {
    painter_.request({.snapshot = snapshot_,
                      .view = studio_.settings().view,
                      .playhead = playhead_,
                      .size = size(),
                      .pixelRatio = devicePixelRatioF()});
}

void StageWidget::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const auto picture = painter_.picture();
    if (!picture || picture->deviceIndependentSize() != QSizeF(size()))
        painter.fillRect(rect(), themeOf(studio_.settings().view.theme).window);
    if (picture) painter.drawImage(QPointF(0, 0), *picture);
}

}  // namespace diffuscope
