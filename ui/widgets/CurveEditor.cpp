#include "widgets/CurveEditor.h"

#include "diffusion/NoiseSchedule.h"
#include "widgets/Controls.h"
#include "widgets/FieldRow.h"

#include <qcustomplot.h>

#include <QAccessible>
#include <QKeyEvent>
#include <QMouseEvent>
#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr double reachOfHand = 9.0;  // pixels
constexpr double dragStart = 3.0;
constexpr int firstMergeKey = 100000;  // beyond those of the fields

constexpr double referenceSteps = NoiseSchedule::referenceSteps;

}  // namespace

CurveEditor::CurveEditor(QCustomPlot& chart, Studio& studio)
    : chart_(chart), studio_(studio), theme_(&themeOf(ThemeKind::Dark)) {
    chart_.setFocusPolicy(Qt::StrongFocus);
    chart_.setMouseTracking(true);
    chart_.setAccessibleName(tr("Curve of the schedule"));
    chart_.installEventFilter(this);
    connect(&chart_, &QCustomPlot::mousePress, this, &CurveEditor::press);
    connect(&chart_, &QCustomPlot::mouseMove, this, &CurveEditor::move);
    connect(&chart_, &QCustomPlot::mouseRelease, this, &CurveEditor::release);
    connect(&chart_, &QCustomPlot::mouseDoubleClick, this, &CurveEditor::doubleClick);
    connect(&studio_, &Studio::settingsChanged, this, &CurveEditor::placePoints);
}

bool CurveEditor::ownsPoints() const {
    const ScheduleSettings& schedule = studio_.settings().schedule;
    return schedule.kind == ScheduleKind::Custom && schedule.curve.plane == plane_;
}

QString CurveEditor::hint() const {
    if (chart_.hasFocus() && ownsPoints())
        return tr("Arrows move the point, Page keys choose it, Ins adds one, Del removes it.");
    if (ownsPoints()) return tr("Drag a point. Double click adds one, right click removes it.");
    if (studio_.settings().schedule.kind == ScheduleKind::Custom)
        return tr("Drag the curve: its points go over to this plane.");
    return tr("Drag the curve: it becomes a schedule of your own.");
}

void CurveEditor::setPlane(CurvePlane plane) {
    plane_ = plane;
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

double CurveEditor::steps() const {
    return studio_.settings().schedule.steps;
}

/// A beta of T = 1000 as the plot shows it: of the same curve cut into T steps, where that is kept.
double CurveEditor::shown(double ordinate) const {
    if (plane_ == CurvePlane::LogSnr) return ordinate;
    double beta = std::pow(10.0, ordinate);
    if (studio_.settings().schedule.keepCurve)
        beta = -std::expm1(std::log1p(-beta) * referenceSteps / steps());
    return shownAs(Quantity::Beta, notation_).show(beta);
}

double CurveEditor::ordinate(double shown) const {
    if (plane_ == CurvePlane::LogSnr) return shown;
    double beta = std::min(shownAs(Quantity::Beta, notation_).read(shown), 1.0 - 1e-12);
    if (studio_.settings().schedule.keepCurve)
        beta = -std::expm1(std::log1p(-beta) * steps() / referenceSteps);
    return std::log10(beta);
}

QPointF CurveEditor::pixelOf(const std::array<double, 2>& point) const {
    return {chart_.xAxis->coordToPixel(point[0] * steps()), chart_.yAxis->coordToPixel(shown(point[1]))};
}

std::array<double, 2> CurveEditor::pointAt(const QPointF& pixel) const {
    return {chart_.xAxis->pixelToCoord(pixel.x()) / steps(), ordinate(chart_.yAxis->pixelToCoord(pixel.y()))};
}

std::optional<std::size_t> CurveEditor::hitPoint(const QPointF& pixel) const {
    if (!ownsPoints()) return std::nullopt;
    const auto& points = studio_.settings().schedule.curve.points;
    std::optional<std::size_t> nearest;
    double distance = reachOfHand;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const double away = QLineF(pixelOf(points[i]), pixel).length();
        if (away > distance) continue;
        distance = away;
        nearest = i;
    }
    return nearest;
}

bool CurveEditor::hitsCurve(const QPointF& pixel) const {
    const auto& data = *chart_.graph(0)->data();
    const double t = chart_.xAxis->pixelToCoord(pixel.x());
    if (data.isEmpty() || t < 0.0 || t > steps()) return false;
    const auto after = data.findBegin(t, false);
    if (after == data.constEnd()) return false;
    const auto before = after == data.constBegin() ? after : after - 1;
    // Where the curve is steep the hand comes from the side.
    const QPointF a = chart_.graph(0)->coordsToPixels(before->key, before->value);
    const QPointF b = chart_.graph(0)->coordsToPixels(after->key, after->value);
    const double low = std::min(a.y(), b.y()) - reachOfHand;
    const double high = std::max(a.y(), b.y()) + reachOfHand;
    return pixel.y() >= low && pixel.y() <= high;
}

CustomCurve CurveEditor::curve() const {
    const ScheduleSettings& schedule = studio_.settings().schedule;
    if (ownsPoints()) return schedule.curve;
    ScheduleSettings reference = schedule;
    if (reference.keepCurve) reference.steps = NoiseSchedule::referenceSteps;
    const NoiseSchedule followed(reference);
    CustomCurve made = curveThrough(followed, plane_);
    // A schedule that starts steeply needs points there to be followed.
    for (const double x : {1.0 / 64, 1.0 / 32, 1.0 / 16}) {
        const int t = static_cast<int>(std::lround(x * followed.steps()));
        if (t < 2) continue;
        const double y = plane_ == CurvePlane::Beta ? std::log10(followed.beta(t)) : followed.logSnr(t);
        if (std::abs(Pchip(made.points)(x) - y) > 0.05) (void)insertPoint(made, x, y);
    }
    return made;
}

void CurveEditor::apply(const CustomCurve& curve) {
    Settings settings = studio_.settings();
    settings.schedule.kind = ScheduleKind::Custom;
    settings.schedule.curve = curve;
    studio_.change(settings, tr("noise curve"), firstMergeKey + stroke_);
    placePoints();
    describe();
}

void CurveEditor::moveTo(CustomCurve curve, std::size_t index, double x, double y) {
    movePoint(curve, index, x, y);
    const double reached = curve.points[index][1];
    if (std::abs(reached - y) > 1e-9 && !refused_) {
        refused_ = true;
        const auto [low, high] = ordinateRange(plane_);
        if (plane_ == CurvePlane::Beta)
            studio_.report(
                false,
                tr("β stays between %1 and %2.").arg(formatNumber(shown(low)), formatNumber(shown(high))));
        else if (reached <= low || reached >= high)
            studio_.report(false, tr("λ stays between %1 and %2.").arg(low).arg(high));
        else
            studio_.report(false, tr("λ falls from point to point: the neighbours are in the way."));
    }
    apply(curve);
}

void CurveEditor::add(const std::array<double, 2>& at) {
    CustomCurve edited = curve();
    const auto index = insertPoint(edited, at[0], at[1]);
    if (!index) {
        studio_.report(false, edited.points.size() >= CustomCurve::mostPoints
                                  ? tr("A curve has up to %1 points.").arg(CustomCurve::mostPoints)
                                  : tr("There is no room for another point here."));
        return;
    }
    ++stroke_;
    apply(edited);
    select(index);
}

void CurveEditor::remove(std::size_t index) {
    CustomCurve edited = curve();
    if (!removePoint(edited, index)) {
        studio_.report(false, tr("The first and the last point stay: the curve goes from t = 0 to T."));
        return;
    }
    ++stroke_;
    apply(edited);
    select(std::min(index, edited.points.size() - 1));
}

void CurveEditor::press(QMouseEvent* event) {
    const QPointF at = event->position();
    if (event->button() == Qt::RightButton) {
        if (const auto point = hitPoint(at)) remove(*point);
        return;
    }
    if (event->button() != Qt::LeftButton) return;
    refused_ = false;
    ++stroke_;
    const auto point = hitPoint(at);
    select(point);
    pressed_ = point.has_value();
    grip_ = !point && hitsCurve(at) ? std::optional(at) : std::nullopt;
}

void CurveEditor::move(QMouseEvent* event) {
    const QPointF at = event->position();
    if (!(event->buttons() & Qt::LeftButton)) {
        chart_.setCursor(hitPoint(at)    ? Qt::SizeAllCursor
                         : hitsCurve(at) ? Qt::PointingHandCursor
                                         : Qt::ArrowCursor);
        return;
    }
    if (grip_ && QLineF(*grip_, at).length() >= dragStart) {
        // The curve itself: the point that is at hand, or a new one.
        CustomCurve edited = curve();
        const auto grip = pointAt(*grip_);
        grip_.reset();
        std::size_t nearest = 0;
        for (std::size_t i = 1; i < edited.points.size(); ++i)
            if (std::abs(edited.points[i][0] - grip[0]) < std::abs(edited.points[nearest][0] - grip[0]))
                nearest = i;
        const double away = std::abs(edited.points[nearest][0] - grip[0]) * steps();
        const double pixels = chart_.xAxis->coordToPixel(away) - chart_.xAxis->coordToPixel(0.0);
        if (pixels > reachOfHand)
            if (const auto made = insertPoint(edited, grip[0], grip[1])) nearest = *made;
        index_ = nearest;
        pressed_ = true;
        const auto to = pointAt(at);
        moveTo(edited, nearest, to[0], to[1]);
        return;
    }
    if (!pressed_ || !index_) return;
    // Not beyond what is seen: the axes stand still under the hand.
    const QRect seen = chart_.axisRect()->rect();
    const auto to = pointAt({at.x(), std::clamp(at.y(), double(seen.top()), double(seen.bottom()))});
    moveTo(studio_.settings().schedule.curve, *index_, to[0], to[1]);
}

void CurveEditor::release(QMouseEvent*) {
    const bool dragged = pressed_;
    pressed_ = false;
    grip_.reset();
    if (dragged) emit released();
}

void CurveEditor::doubleClick(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || hitPoint(event->position())) return;
    if (!chart_.axisRect()->rect().contains(event->position().toPoint())) return;
    refused_ = false;
    add(pointAt(event->position()));
}

bool CurveEditor::key(QKeyEvent* event) {
    if (!ownsPoints()) return false;
    const auto& points = studio_.settings().schedule.curve.points;
    const std::size_t last = points.size() - 1;
    const std::size_t index = std::min(index_.value_or(0), last);
    const bool coarse = event->modifiers() & Qt::ShiftModifier;
    const double up = (plane_ == CurvePlane::Beta ? 0.02 : 0.1) * (coarse ? 10 : 1);
    const double along = coarse ? 0.05 : 0.005;
    const auto nudge = [&](double x, double y) {
        refused_ = false;
        select(index);
        moveTo(studio_.settings().schedule.curve, index, points[index][0] + x, points[index][1] + y);
        emit released();
    };
    switch (event->key()) {
        case Qt::Key_Up:
            nudge(0.0, up);
            return true;
        case Qt::Key_Down:
            nudge(0.0, -up);
            return true;
        case Qt::Key_Left:
            nudge(-along, 0.0);
            return true;
        case Qt::Key_Right:
            nudge(along, 0.0);
            return true;
        case Qt::Key_PageUp:
            ++stroke_;
            select(index == 0 ? last : index - 1);
            return true;
        case Qt::Key_PageDown:
            ++stroke_;
            select(index_ ? (index + 1) % points.size() : 0);
            return true;
        case Qt::Key_Insert: {
            const std::size_t before = index == last ? index - 1 : index;
            const double x = (points[before][0] + points[before + 1][0]) / 2;
            add({x, Pchip(points)(x)});
            return true;
        }
        case Qt::Key_Delete:
        case Qt::Key_Backspace:
            remove(index);
            return true;
        default:
            return false;
    }
}

bool CurveEditor::eventFilter(QObject*, QEvent* event) {
    switch (event->type()) {
        case QEvent::ShortcutOverride: {
            // Arrows move the playhead elsewhere; here they are the curve's.
            static constexpr int ours[] = {Qt::Key_Up,     Qt::Key_Down,   Qt::Key_Left,
                                           Qt::Key_Right,  Qt::Key_PageUp, Qt::Key_PageDown,
                                           Qt::Key_Insert, Qt::Key_Delete, Qt::Key_Backspace};
            const auto* pressed = static_cast<QKeyEvent*>(event);
            if (ownsPoints() &&
                std::find(std::begin(ours), std::end(ours), pressed->key()) != std::end(ours)) {
                event->accept();
                return true;
            }
            return false;
        }
        case QEvent::KeyPress:
            return key(static_cast<QKeyEvent*>(event));
        case QEvent::FocusIn:
            if (ownsPoints() && !index_ && !pressed_) select(0);
            [[fallthrough]];
        case QEvent::FocusOut:
            placePoints();
            emit released();
            return false;
        default:
            return false;
    }
}

void CurveEditor::select(std::optional<std::size_t> index) {
    index_ = index;
    placePoints();
    describe();
}

void CurveEditor::describe() {
    QString said = hint();
    if (ownsPoints() && index_) {
        const auto& points = studio_.settings().schedule.curve.points;
        const auto& point = points[std::min(*index_, points.size() - 1)];
        said = tr("Point %1 of %2: t/T = %3, %4 = %5. ")
                   .arg(*index_ + 1)
                   .arg(points.size())
                   .arg(formatNumber(point[0]), plane_ == CurvePlane::Beta ? tr("β") : tr("λ"),
                        formatNumber(shown(point[1]))) +
               said;
    }
    if (said == chart_.accessibleDescription()) return;
    chart_.setAccessibleDescription(said);
    QAccessibleEvent changed(&chart_, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
}

std::optional<std::pair<double, double>> CurveEditor::reach() const {
    if (!ownsPoints()) return std::nullopt;
    double low = std::nan("");
    double high = std::nan("");
    for (const auto& point : studio_.settings().schedule.curve.points) {
        low = std::fmin(low, shown(point[1]));
        high = std::fmax(high, shown(point[1]));
    }
    return std::pair{low, high};
}

void CurveEditor::placePoints() {
    const std::size_t count = ownsPoints() ? studio_.settings().schedule.curve.points.size() : 0;
    if (index_ && *index_ >= count) index_.reset();
    while (points_.size() < count) {
        auto* point = new QCPItemTracer(&chart_);
        point->setLayer("playhead");
        point->setSelectable(false);
        point->setClipToAxisRect(false);
        points_.push_back(point);
    }
    const QColor ink = inkOf(*theme_, theme_->forward, theme_->stage);
    for (std::size_t i = 0; i < points_.size(); ++i) {
        points_[i]->setVisible(i < count);
        if (i >= count) continue;
        const auto& point = studio_.settings().schedule.curve.points[i];
        const bool selected = index_ == i;
        points_[i]->position->setCoords(point[0] * steps(), shown(point[1]));
        points_[i]->setStyle(QCPItemTracer::tsCircle);
        points_[i]->setSize(selected ? 12 : 9);
        points_[i]->setBrush(selected ? theme_->stage : ink);
        points_[i]->setPen(selected ? QPen(chart_.hasFocus() ? theme_->text : ink, 2.5)
                                    : QPen(theme_->stage, 1));
    }
    chart_.layer("playhead")->replot();
}

}  // namespace diffuscope
