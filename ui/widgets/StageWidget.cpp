#include "widgets/StageWidget.h"

#include "settings/Kinds.h"
#include "widgets/FieldRow.h"

#include <QMenu>
#include <QPainter>
#include <algorithm>

namespace diffuscope {

StageWidget::StageWidget(Studio& studio, QWidget* parent)
    : QWidget(parent), studio_(studio), painter_([this] {
          QMetaObject::invokeMethod(
              this, [this] { update(); }, Qt::QueuedConnection);
      }) {
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Stage"));
    buildToggles();
    classesButton_->hide();
    pad_ = new PaintPad(this);
    pad_->hide();
    connect(pad_, &PaintPad::moved, this, [this] { sendDrawn(false); });
    connect(pad_, &PaintPad::finished, this, [this] { sendDrawn(true); });
    connect(pad_, &PaintPad::closed, this, &StageWidget::stopDrawing);
    refresh();
}

void StageWidget::buildToggles() {
    toggles_ = new QWidget(this);
    const auto word = [this](const QString& title, const QString& help) {
        auto* button = new QToolButton(toggles_);
        button->setProperty("role", "layer");
        button->setText(title);
        button->setToolTip(QStringLiteral("<p>%1</p>").arg(help));
        button->setAccessibleName(title);
        button->setAccessibleDescription(help);
        button->setCursor(Qt::PointingHandCursor);
        button->setFocusPolicy(Qt::TabFocus);
        return button;
    };
    const auto toggle = [this, word](const QString& title, const QString& help, bool ViewSettings::*shown) {
        auto* button = word(title, help);
        button->setCheckable(true);
        connect(button, &QToolButton::toggled, this, [this, shown](bool on) {
            ViewSettings view = studio_.settings().view;
            view.*shown = on;
            studio_.changeView(view);
        });
        return button;
    };
    for (const LayerRow& layer : layers()) {
        layerButtons_.push_back(toggle(text(layer.choice.title), text(layer.choice.help), layer.shown));
        if (layer.shown != &ViewSettings::showField) continue;
        fieldToggle_ = layerButtons_.back();
        fieldButton_ = word({}, tr("What the arrows show."));
        fieldButton_->setPopupMode(QToolButton::InstantPopup);
        auto* menu = new QMenu(fieldButton_);
        menu->setToolTipsVisible(true);
        const auto kinds = fieldKinds();
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            menu->addAction(text(kinds[i].title), this, [this, i] {
                ViewSettings view = studio_.settings().view;
                view.field = static_cast<FieldKind>(i);
                studio_.changeView(view);
            });
        }
        fieldButton_->setMenu(menu);
    }
    classesButton_ =
        toggle(tr("Classes"), text(fieldById("view.show-classes").help), &ViewSettings::showClasses);
}

void StageWidget::refresh() {
    const ViewSettings& view = studio_.settings().view;
    for (std::size_t i = 0; i < layerButtons_.size(); ++i)
        layerButtons_[i]->setChecked(view.*layers()[i].shown);
    classesButton_->setChecked(view.showClasses);
    fieldButton_->setText(text(fieldKinds()[static_cast<std::size_t>(view.field)].title) +
                          QStringLiteral(" ▾"));
    const QList<QAction*> kinds = fieldButton_->menu()->actions();
    for (qsizetype i = 0; i < kinds.size(); ++i)
        kinds[i]->setToolTip(text(fieldKinds()[static_cast<std::size_t>(i)].help, view.notation));
    fieldButton_->setVisible(view.showField);
    placeToggles();
    placePad();
    pad_->setTheme(themeOf(view.theme));
    // Undone, redone, or another table: the board shows what holds.
    if (drawing() && !pad_->drawing() && studio_.imported() != drawn_) {
        drawn_ = studio_.imported();
        const bool own = drawn_ && studio_.settings().data.dataset == DatasetKind::Imported;
        pad_->setPoints(own ? drawn_->points : std::vector<float>());
    }
    ask();
}

void StageWidget::startDrawing() {
    if (drawing()) return;
    const bool own = studio_.settings().data.dataset == DatasetKind::Imported && studio_.imported();
    drawn_ = studio_.imported();
    pad_->setPoints(own && drawn_->size() <= PaintPad::mostPoints ? drawn_->points : std::vector<float>());
    placePad();
    pad_->show();
    pad_->raise();
    pad_->setFocus();
    emit drawingChanged(true);
}

void StageWidget::stopDrawing() {
    if (!drawing()) return;
    pad_->hide();
    emit drawingChanged(false);
}

bool StageWidget::drawing() const {
    return !pad_->isHidden();
}

/// An empty board is no data set: what was learned last stays.
void StageWidget::sendDrawn(bool strokeEnded) {
    if (pad_->points().empty()) return;
    auto points = std::make_shared<DataSet>(paintedPoints(pad_->points()));
    if (drawn_ && studio_.settings().data.dataset == DatasetKind::Imported) {
        points->units = drawn_->units;  // added to a table's points, they are in its units
        points->axes = drawn_->axes;
    }
    if (!strokeEnded) {
        studio_.previewImported(std::move(points));
        return;
    }
    drawn_ = points;
    studio_.importPoints(std::move(points), tr("stroke of the brush"));
}

void StageWidget::placePad() {
    pad_->setGeometry(laneRects(QRectF(rect()), studio_.settings().view.lanes, 13).first.toAlignedRect());
}

void StageWidget::show(std::shared_ptr<const Snapshot> snapshot, double playhead) {
    snapshot_ = std::move(snapshot);
    const bool classes = snapshot_ && snapshot_->data && !snapshot_->data->labels.empty();
    if (classes == classesButton_->isHidden()) {
        classesButton_->setVisible(classes);
        placeToggles();
    }
    playhead_ = playhead;
    ask();
}

/// Words from left to right, in as many lines as the first lane's width asks for, above the lane's numbers
/// where both do not fit beside each other.
void StageWidget::placeToggles() {
    constexpr int margin = 14;
    constexpr int gap = 14;
    constexpr int numbers = 156;
    const bool both = studio_.settings().view.lanes == LaneKind::Both && width() >= height();
    const int lane = (both ? (width() - 10) / 2 : width()) - 2 * margin;
    int right = 0;
    int below = 0;
    int widest = 0;
    const auto place = [&](QToolButton* button) {
        if (button->isHidden()) return;
        const QSize size = button->sizeHint();
        if (right > 0 && right + size.width() > lane) {
            right = 0;
            below += size.height() + 2;
        }
        button->setGeometry(QRect({right, below}, size));
        widest = std::max(widest, right + size.width());
        right += size.width() + gap;
    };
    for (QToolButton* button : layerButtons_) {
        place(button);
        if (button == fieldToggle_) place(fieldButton_);
    }
    place(classesButton_);
    const int high = below + classesButton_->sizeHint().height();
    toggles_->resize(widest, high);
    const int raised = right > lane - numbers ? 24 : 0;
    const int lowest =
        both || studio_.settings().view.lanes != LaneKind::Both ? height() : (height() - 10) / 2;
    toggles_->move(margin, lowest - high - 10 - raised);
}

void StageWidget::resizeEvent(QResizeEvent*) {
    placeToggles();
    placePad();
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
    painted_ = painter_.picture();
    if (!painted_ || painted_->image.deviceIndependentSize() != QSizeF(size()))
        painter.fillRect(rect(), themeOf(studio_.settings().view.theme).window);
    if (painted_) painter.drawImage(QPointF(0, 0), painted_->image);
}

}  // namespace diffuscope
