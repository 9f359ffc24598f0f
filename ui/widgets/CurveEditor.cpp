#include "widgets/CurveEditor.h"

#include "widgets/Controls.h"
#include "widgets/PlotBase.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>
#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr double dragStart = 3.0;  // pixels
constexpr int edgeMilliseconds = 40;

}  // namespace

CurveEditor::CurveEditor(QCustomPlot& chart, Studio& studio)
    : chart_(chart), studio_(studio), strokes_(studio), handles_(chart), theme_(&themeOf(ThemeKind::Dark)) {
    chart_.setFocusPolicy(Qt::StrongFocus);
    chart_.setMouseTracking(true);
    chart_.setAccessibleName(tr("Curve of the schedule"));
    chart_.installEventFilter(this);
    edge_.setInterval(edgeMilliseconds);
    connect(&edge_, &QTimer::timeout, this, &CurveEditor::follow);
    connect(&chart_, &QCustomPlot::mousePress, this, &CurveEditor::press);
    connect(&chart_, &QCustomPlot::mouseMove, this, &CurveEditor::move);
    connect(&chart_, &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
        if (event->button() == Qt::LeftButton) release(event->position());
    });
    connect(&chart_, &QCustomPlot::mouseDoubleClick, this, &CurveEditor::doubleClick);
    connect(&studio_, &Studio::settingsChanged, this, &CurveEditor::placePoints);
}

QString CurveEditor::hint() const {
    if (byKeys_)
        return strokes_.owned() ? tr("Arrows move, Page keys pick, Ins adds, Del removes.")
                                : tr("Ins turns the curve into points that you can move.");
    if (strokes_.owned()) return tr("Drag a point. Double click adds, right click removes.");
    if (studio_.settings().schedule.kind == ScheduleKind::Custom)
        return tr("Drag the curve: its points go over to this plane.");
    return tr("Drag the curve: it becomes a schedule of your own.");
}

void CurveEditor::setPlane(CurvePlane plane) {
    strokes_.plane = plane;
    hovered_.reset();
    select(std::nullopt);
}

void CurveEditor::setNotation(NotationKind notation) {
    notation_ = notation;
    placePoints();
}

void CurveEditor::setTheme(const Theme& theme) {
    theme_ = &theme;
    placePoints();
}

void CurveEditor::press(QMouseEvent* event) {
    const QPointF at = event->position();
    setByKeys(false);
    if (drag_) return;  // another button during a drag
    if (event->button() == Qt::RightButton) {
        if (const auto point = handles_.hitPoint(at)) {
            tell(strokes_.remove(*point));
            select(std::nullopt);
            emit released();
        }
        showCursor(at);
        return;
    }
    if (event->button() != Qt::LeftButton) return;
    strokes_.begin();
    const auto point = handles_.hitPoint(at);
    select(point);
    grip_.reset();
    if (point || handles_.hitsCurve(at)) grip_ = Grip{at, point};
    if (grip_) chart_.setCursor(Qt::ClosedHandCursor);
}

void CurveEditor::startDrag(const QPointF& at) {
    const QPointF from = grip_->from;
    std::size_t index = 0;
    if (grip_->index) {
        index = *grip_->index;
    } else {
        const double pixel = 1.0 / chart_.axisRect()->width();
        index = strokes_.takeOver(handles_.pointAt(from)[0], CurveHandles::reachOfHand * pixel);
    }
    grip_.reset();
    if (!strokes_.owned() || index >= strokes_.points().size()) return;  // undone under the hand
    drag_ = Drag{index, handles_.pixelOf(strokes_.points()[index]) - from, at};
}

void CurveEditor::drag(const QPointF& at) {
    if (!strokes_.owned() || drag_->index >= strokes_.points().size()) {  // undone under the hand
        release(at);
        return;
    }
    drag_->at = at;
    const QRectF seen = chart_.axisRect()->rect();
    QPointF to = at + drag_->offset;
    const bool beyond = to.y() < seen.top() || to.y() > seen.bottom();
    if (beyond && !edge_.isActive()) edge_.start();
    if (!beyond) edge_.stop();
    to.setY(std::clamp(to.y(), seen.top(), seen.bottom()));
    selected_ = drag_->index;
    const QString why = strokes_.move(drag_->index, handles_.pointAt(to));
    if (!drag_->refused) tell(why);
    if (!why.isEmpty()) drag_->refused = true;
    describe();
}

void CurveEditor::follow() {
    if (!drag_) {
        edge_.stop();
        return;
    }
    const QRectF seen = chart_.axisRect()->rect();
    const double y = drag_->at.y() + drag_->offset.y();
    const auto range = ordinateRange(strokes_.plane);
    QCPAxis* axis = chart_.yAxis;
    double low = axis->range().lower;
    double high = axis->range().upper;
    // Up to a little beyond what a point may reach.
    const bool logarithmic = axis->scaleType() == QCPAxis::stLogarithmic;
    const double step = logarithmic ? std::pow(high / low, 0.02) : 0.02 * (high - low);
    const double least = logarithmic ? handles_.shown(range[0]) / 2.0 : range[0] - 1.0;
    const double most = logarithmic ? handles_.shown(range[1]) * 2.0 : range[1] + 1.0;
    if (y < seen.top() && high < most)
        high = std::min(most, logarithmic ? high * step : high + step);
    else if (y > seen.bottom() && low > least)
        low = std::max(least, logarithmic ? low / step : low - step);
    else
        return;
    if (logarithmic)
        setLogarithmic(axis, low, high);
    else
        setLinear(axis, low, high);
    chart_.replot(QCustomPlot::rpQueuedReplot);
    drag(drag_->at);
}

void CurveEditor::move(QMouseEvent* event) {
    const QPointF at = event->position();
    if ((grip_ || drag_) && !(event->buttons() & Qt::LeftButton)) release(at);
    if (grip_ && QLineF(grip_->from, at).length() >= dragStart) startDrag(at);
    if (drag_)
        drag(at);
    else if (!grip_)
        showCursor(at);
}

void CurveEditor::showCursor(const QPointF& at) {
    const auto point = handles_.hitPoint(at);
    const bool hit = point || handles_.hitsCurve(at);
    chart_.setCursor(hit ? Qt::OpenHandCursor : Qt::ArrowCursor);
    if (hit) QToolTip::hideText();  // of the plot: it would lie over the curve
    if (point == hovered_) return;
    hovered_ = point;
    placePoints();
}

void CurveEditor::release(const QPointF& at) {
    const bool held = dragging();
    edge_.stop();
    grip_.reset();
    drag_.reset();
    if (held) emit released();
    showCursor(at);
    placePoints();
}

void CurveEditor::doubleClick(QMouseEvent* event) {
    const QPointF at = event->position();
    if (event->button() != Qt::LeftButton || handles_.hitPoint(at)) return;
    if (!QRectF(chart_.axisRect()->rect()).contains(at)) return;
    std::optional<std::size_t> index;
    grip_ = Grip{at, index};  // the axes stand still, and the second click may go on as a drag
    tell(strokes_.add(handles_.pointAt(at), index));
    if (index)
        grip_->index = index;
    else
        grip_.reset();
    select(index);
}

void CurveEditor::nudge(double x, double y) {
    strokes_.beginNudges();
    const auto& point = strokes_.points()[*selected_];
    tell(strokes_.move(*selected_, {point[0] + x, point[1] + y}));
    describe();
    emit released();
}

void CurveEditor::tell(const QString& refusal) {
    if (!refusal.isEmpty()) studio_.report(false, refusal);
}

bool CurveEditor::takesKey(const QKeyEvent& event) const {
    const auto among = [&](std::initializer_list<int> keys) {
        return std::find(keys.begin(), keys.end(), event.key()) != keys.end();
    };
    if (event.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) return false;
    if (drag_) return among({Qt::Key_Escape});
    if (!strokes_.owned()) return among({Qt::Key_Insert});
    if (among({Qt::Key_PageUp, Qt::Key_PageDown, Qt::Key_Insert})) return true;
    // Without a point in hand the arrows are the playhead's.
    return selected_ && among({Qt::Key_Up, Qt::Key_Down, Qt::Key_Left, Qt::Key_Right, Qt::Key_Delete,
                               Qt::Key_Backspace, Qt::Key_Escape});
}

bool CurveEditor::key(QKeyEvent* event) {
    if (!takesKey(*event)) return false;
    if (event->key() == Qt::Key_Escape) {
        if (drag_) {
            const QPointF at = drag_->at;
            strokes_.revert();
            release(at);
        } else {
            select(std::nullopt);
        }
        return true;
    }
    setByKeys(true);
    if (!strokes_.owned()) {
        strokes_.begin();
        select(strokes_.takeOver(0.0, 1.0));
        return true;
    }
    const std::size_t count = strokes_.points().size();
    const bool coarse = event->modifiers() & Qt::ShiftModifier;
    const double up = (strokes_.plane == CurvePlane::Beta ? 0.02 : 0.1) * (coarse ? 10 : 1);
    const double along = coarse ? 0.05 : 0.005;
    switch (event->key()) {
        case Qt::Key_Up:
            nudge(0.0, up);
            break;
        case Qt::Key_Down:
            nudge(0.0, -up);
            break;
        case Qt::Key_Left:
            nudge(-along, 0.0);
            break;
        case Qt::Key_Right:
            nudge(along, 0.0);
            break;
        case Qt::Key_PageUp:
            strokes_.begin();
            select((selected_.value_or(0) + count - 1) % count);
            break;
        case Qt::Key_PageDown:
            strokes_.begin();
            select(selected_ ? (*selected_ + 1) % count : 0);
            break;
        case Qt::Key_Insert: {
            const std::size_t before = std::min(selected_.value_or(0), count - 2);
            const double x = (strokes_.points()[before][0] + strokes_.points()[before + 1][0]) / 2;
            std::optional<std::size_t> made;
            tell(strokes_.add({x, Pchip(strokes_.points())(x)}, made));
            if (made) select(made);
            break;
        }
        default: {
            const std::size_t removed = *selected_;
            tell(strokes_.remove(removed));
            select(std::min(removed, strokes_.points().size() - 1));
        }
    }
    return true;
}

bool CurveEditor::eventFilter(QObject*, QEvent* event) {
    switch (event->type()) {
        case QEvent::ShortcutOverride:
            if (!takesKey(*static_cast<QKeyEvent*>(event))) return false;
            event->accept();
            return true;
        case QEvent::KeyPress:
            return key(static_cast<QKeyEvent*>(event));
        case QEvent::FocusIn: {
            const auto reason = static_cast<QFocusEvent*>(event)->reason();
            if (reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason) {
                setByKeys(true);
                strokes_.begin();
                if (strokes_.owned() && !selected_) select(0);
            }
            return false;
        }
        case QEvent::FocusOut:
            setByKeys(false);
            if (!drag_) select(std::nullopt);
            return false;
        case QEvent::Leave:
            if (!drag_ && hovered_) {
                hovered_.reset();
                placePoints();
            }
            return false;
        case QEvent::ToolTip:  // what is at hand is read there, not covered
            return drag_ || handles_.hitsCurve(static_cast<QHelpEvent*>(event)->pos());
        default:
            return false;
    }
}

void CurveEditor::setByKeys(bool byKeys) {
    if (byKeys_ == byKeys) return;
    byKeys_ = byKeys;
    for (QCPAxis* axis : {chart_.xAxis, chart_.yAxis, chart_.xAxis2, chart_.yAxis2})
        axis->setBasePen(QPen(byKeys ? theme_->text : theme_->line));
    chart_.replot(QCustomPlot::rpQueuedReplot);
    placePoints();
    emit hintChanged();
}

void CurveEditor::select(std::optional<std::size_t> index) {
    selected_ = index;
    placePoints();
    describe();
}

void CurveEditor::describe() {
    QString said = hint();
    if (strokes_.owned() && selected_)
        said = tr("Point %1 of %2: %3. ")
                   .arg(*selected_ + 1)
                   .arg(strokes_.points().size())
                   .arg(handles_.reading(strokes_.points()[*selected_])) +
               said;
    if (said == chart_.accessibleDescription()) return;
    chart_.setAccessibleDescription(said);
    QAccessibleEvent changed(&chart_, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
}

void CurveEditor::placePoints() {
    const std::size_t count = strokes_.owned() ? strokes_.points().size() : 0;
    for (auto* index : {&selected_, &hovered_})
        if (*index && **index >= count) index->reset();
    std::optional<std::size_t> read = hovered_;
    if (byKeys_) read = selected_;
    if (drag_) read = drag_->index;
    handles_.show({studio_.settings().schedule, strokes_.plane, notation_, selected_, read, byKeys_},
                  *theme_);
}

}  // namespace diffuscope
