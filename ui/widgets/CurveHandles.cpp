#include "widgets/CurveHandles.h"

#include "diffusion/NoiseSchedule.h"
#include "settings/Notation.h"
#include "widgets/Controls.h"

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr int lineParts = 200;
constexpr double gap = 12.0;  // pixels between a handle's middle and its reading

double distance(const QPointF& point, const QPointF& a, const QPointF& b) {
    const QPointF along = b - a;
    const double length = QPointF::dotProduct(along, along);
    const double share =
        length > 0.0 ? std::clamp(QPointF::dotProduct(point - a, along) / length, 0.0, 1.0) : 0.0;
    return QLineF(point, a + share * along).length();
}

}  // namespace

CurveHandles::CurveHandles(QCustomPlot& chart)
    : chart_(chart), line_(new QCPCurve(chart.xAxis, chart.yAxis)), reading_(new QCPItemText(&chart)) {
    line_->setLayer("playhead");
    line_->setSelectable(QCP::stNone);
    reading_->setLayer("playhead");
    reading_->setSelectable(false);
    reading_->setClipToAxisRect(false);
    reading_->setPadding({5, 2, 5, 2});
    reading_->setFont(uiFont(11, QFont::DemiBold));
    reading_->position->setType(QCPItemPosition::ptAbsolute);
    reading_->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
}

bool CurveHandles::owned() const {
    return state_.schedule.kind == ScheduleKind::Custom && state_.schedule.curve.plane == state_.plane;
}

double CurveHandles::shown(double ordinate) const {
    if (state_.plane == CurvePlane::LogSnr) return ordinate;
    double beta = std::pow(10.0, ordinate);
    if (state_.schedule.keepCurve)
        beta = -std::expm1(std::log1p(-beta) * NoiseSchedule::referenceSteps / steps());
    return shownAs(Quantity::Beta, state_.notation).show(beta);
}

double CurveHandles::ordinate(double shown) const {
    if (state_.plane == CurvePlane::LogSnr) return shown;
    double beta = std::min(shownAs(Quantity::Beta, state_.notation).read(shown), 1.0 - 1e-12);
    if (state_.schedule.keepCurve)
        beta = -std::expm1(std::log1p(-beta) * steps() / NoiseSchedule::referenceSteps);
    return std::log10(beta);
}

QString CurveHandles::reading(const std::array<double, 2>& point) const {
    const double t = point[0] * steps();
    return QStringLiteral("t = %1, %2 = %3")
        .arg(formatNumber(steps() < 100 ? t : std::round(t)), state_.plane == CurvePlane::Beta ? "β" : "λ",
             formatNumber(shown(point[1])));
}

QPointF CurveHandles::pixelOf(const std::array<double, 2>& point) const {
    return {chart_.xAxis->coordToPixel(point[0] * steps()), chart_.yAxis->coordToPixel(shown(point[1]))};
}

std::array<double, 2> CurveHandles::pointAt(const QPointF& pixel) const {
    return {chart_.xAxis->pixelToCoord(pixel.x()) / steps(), ordinate(chart_.yAxis->pixelToCoord(pixel.y()))};
}

std::optional<std::size_t> CurveHandles::hitPoint(const QPointF& pixel) const {
    if (!owned()) return std::nullopt;
    std::optional<std::size_t> nearest;
    double least = reachOfHand;
    for (std::size_t i = 0; i < points().size(); ++i) {
        const double away = QLineF(pixelOf(points()[i]), pixel).length();
        if (away > least) continue;
        least = away;
        nearest = i;
    }
    return nearest;
}

QPolygonF CurveHandles::linePixels() const {
    QPolygonF line;
    if (owned()) {
        const Pchip curve(points());
        for (int i = 0; i <= lineParts; ++i) {
            const double x = double(i) / lineParts;
            line << pixelOf({x, curve(x)});
        }
        return line;
    }
    for (const QCPGraphData& each : *chart_.graph(0)->data())
        line << chart_.graph(0)->coordsToPixels(each.key, each.value);
    return line;
}

bool CurveHandles::hitsCurve(const QPointF& pixel) const {
    const QPolygonF line = linePixels();
    for (qsizetype i = 0; i < line.size(); ++i)
        if (distance(pixel, line[std::max<qsizetype>(i - 1, 0)], line[i]) <= reachOfHand) return true;
    return false;
}

std::optional<std::pair<double, double>> CurveHandles::reach() const {
    if (!owned()) return std::nullopt;
    double low = std::nan("");
    double high = std::nan("");
    for (const auto& point : points()) {
        low = std::fmin(low, shown(point[1]));
        high = std::fmax(high, shown(point[1]));
    }
    return std::pair{low, high};
}

/// Above the handle, or below where there is no room; inside of the chart either way.
void CurveHandles::placeReading(const Theme& theme) {
    const bool used = state_.read && *state_.read < handles_.size() && owned();
    reading_->setVisible(used);
    if (!used) return;
    const auto& point = points()[*state_.read];
    reading_->setText(reading(point));
    reading_->setColor(theme.text);
    reading_->setBrush(theme.raised);
    reading_->setPen(QPen(theme.line));
    const QFontMetricsF metrics(reading_->font());
    const QSizeF size(metrics.horizontalAdvance(reading_->text()) + 12.0, metrics.height() + 5.0);
    const QPointF at = pixelOf(point);
    const double left = std::clamp(at.x() - size.width() / 2.0, 1.0,
                                   std::max(1.0, double(chart_.width()) - size.width() - 1.0));
    double top = at.y() - gap - size.height();
    if (top < 0.0) top = at.y() + gap;
    reading_->position->setCoords(left, top);
}

void CurveHandles::show(const State& state, const Theme& theme) {
    state_ = state;
    const std::size_t count = owned() ? points().size() : 0;
    while (handles_.size() < count) {
        auto* handle = new QCPItemTracer(&chart_);
        handle->setLayer("playhead");
        handle->setSelectable(false);
        handle->setClipToAxisRect(false);
        handle->setStyle(QCPItemTracer::tsCircle);
        handles_.push_back(handle);
    }
    const QColor ink = inkOf(theme, theme.forward, theme.stage);
    for (std::size_t i = 0; i < handles_.size(); ++i) {
        QCPItemTracer* handle = handles_[i];
        handle->setVisible(i < count);
        if (i >= count) continue;
        const bool selected = state_.selected == i;
        handle->position->setCoords(points()[i][0] * steps(), shown(points()[i][1]));
        handle->setSize(selected ? 14 : 11);
        handle->setBrush(selected ? theme.stage : ink);
        handle->setPen(selected ? QPen(state_.focused ? theme.text : ink, 3) : QPen(theme.stage, 1));
    }
    line_->setVisible(count > 0);
    if (count > 0) {
        QVector<double> x;
        QVector<double> y;
        const Pchip curve(points());
        for (int i = 0; i <= lineParts; ++i) {
            x.append(steps() * i / lineParts);
            y.append(shown(curve(double(i) / lineParts)));
        }
        line_->setData(x, y);
        line_->setPen(QPen(ink, 1));
    }
    // Above the handles: items are drawn in the order in which they came.
    reading_->setLayer("playhead");
    placeReading(theme);
    chart_.layer("playhead")->replot();
}

}  // namespace diffuscope
