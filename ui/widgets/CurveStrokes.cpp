#include "widgets/CurveStrokes.h"

#include "diffusion/NoiseSchedule.h"
#include "settings/Notation.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr int firstMergeKey = 100000;  // beyond those of the fields
constexpr double sideways = 0.1;       // of T: how far an end is pulled from its place before it is said

/// Four decimals: less than a hand or an eye can tell, and a curve that can be read as text.
double rounded(double value) {
    return std::round(value * 1e4) / 1e4;
}

/// The reason why a point is not higher or lower.
QString limitOf(CurvePlane plane, NotationKind notation) {
    if (plane == CurvePlane::LogSnr) return CurveStrokes::tr("λ stays between −20 and 20.");
    const ShownAs& beta = shownAs(Quantity::Beta, notation);
    return CurveStrokes::tr("β of T = 1000 stays between %1 and %2.")
        .arg(beta.show(NoiseSchedule::smallestBeta), 0, 'g', 4)
        .arg(beta.show(NoiseSchedule::largestBeta), 0, 'g', 4);
}

}  // namespace

bool CurveStrokes::owned() const {
    const ScheduleSettings& schedule = studio_.settings().schedule;
    return schedule.kind == ScheduleKind::Custom && schedule.curve.plane == plane;
}

const std::vector<std::array<double, 2>>& CurveStrokes::points() const {
    return studio_.settings().schedule.curve.points;
}

void CurveStrokes::begin() {
    ++stroke_;
    nudging_ = false;
}

void CurveStrokes::beginNudges() {
    if (!nudging_) begin();
    nudging_ = true;
}

int CurveStrokes::mergeKey() const {
    return firstMergeKey + stroke_;
}

void CurveStrokes::revert() {
    QUndoStack& stack = studio_.undoStack();
    const QUndoCommand* last = stack.command(stack.index() - 1);
    if (last && last->id() == mergeKey()) stack.undo();
}

CustomCurve CurveStrokes::curve() const {
    const ScheduleSettings& schedule = studio_.settings().schedule;
    if (owned()) return schedule.curve;
    ScheduleSettings reference = schedule;
    if (reference.keepCurve) reference.steps = NoiseSchedule::referenceSteps;
    const NoiseSchedule followed(reference);
    CustomCurve made = curveThrough(followed, plane);
    // A schedule that starts steeply needs points there to be followed.
    for (const double x : {1.0 / 64, 1.0 / 32, 1.0 / 16}) {
        const int t = static_cast<int>(std::lround(x * followed.steps()));
        if (t < 2) continue;
        const double y = plane == CurvePlane::Beta ? std::log10(followed.beta(t)) : followed.logSnr(t);
        if (std::abs(Pchip(made.points)(x) - y) > 0.05) (void)insertPoint(made, rounded(x), y);
    }
    for (std::size_t i = 0; i < made.points.size(); ++i)
        movePoint(made, i, made.points[i][0], rounded(made.points[i][1]));
    return made;
}

void CurveStrokes::apply(const CustomCurve& curve) {
    Settings settings = studio_.settings();
    settings.schedule.kind = ScheduleKind::Custom;
    settings.schedule.curve = curve;
    studio_.change(settings, tr("noise curve"), mergeKey());
}

std::size_t CurveStrokes::takeOver(double x, double near) {
    CustomCurve made = curve();
    const auto nearest = std::min_element(
        made.points.begin(), made.points.end(),
        [x](const auto& a, const auto& b) { return std::abs(a[0] - x) < std::abs(b[0] - x); });
    auto index = static_cast<std::size_t>(nearest - made.points.begin());
    if (std::abs((*nearest)[0] - x) > near)
        index = insertPoint(made, rounded(x), rounded(Pchip(made.points)(x))).value_or(index);
    apply(made);
    return index;
}

QString CurveStrokes::whyNot(const std::array<double, 2>& asked, const CustomCurve& moved,
                             std::size_t index) const {
    constexpr double same = 1e-9;
    const auto& point = moved.points[index];
    const auto [low, high] = ordinateRange(plane);
    if (std::abs(point[1] - asked[1]) > same)
        return point[1] <= low || point[1] >= high
                   ? limitOf(plane, studio_.settings().view.notation)
                   : tr("λ falls from point to point: the neighbours are in the way.");
    const double pulled = std::abs(point[0] - asked[0]);
    if (index > 0 && index + 1 < moved.points.size())
        return pulled > same ? tr("Points do not pass one another: the neighbour is in the way.") : QString();
    return pulled > sideways ? tr("The first point stays at t = 0 and the last one at T.") : QString();
}

QString CurveStrokes::move(std::size_t index, std::array<double, 2> to) {
    if (!owned() || index >= points().size()) return {};
    to = {rounded(to[0]), rounded(to[1])};
    CustomCurve moved = curve();
    movePoint(moved, index, to[0], to[1]);
    apply(moved);
    return whyNot(to, moved, index);
}

QString CurveStrokes::add(std::array<double, 2> at, std::optional<std::size_t>& index) {
    CustomCurve edited = curve();
    index = insertPoint(edited, rounded(at[0]), rounded(at[1]));
    if (!index)
        return edited.points.size() >= CustomCurve::mostPoints
                   ? tr("A curve has up to %1 points.").arg(CustomCurve::mostPoints)
                   : tr("There is no room for another point here.");
    begin();
    apply(edited);
    return {};
}

QString CurveStrokes::remove(std::size_t index) {
    CustomCurve edited = curve();
    if (!removePoint(edited, index))
        return tr("The first and the last point stay: the curve goes from t = 0 to T.");
    begin();
    apply(edited);
    begin();
    return {};
}

}  // namespace diffuscope
