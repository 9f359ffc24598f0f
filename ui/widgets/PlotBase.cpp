#include "widgets/PlotBase.h"

#include "widgets/Controls.h"

#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace diffuscope {

PlotBase::PlotBase() {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addWidget(&chart_, 1);
    chart_.setPlottingHint(QCP::phFastPolylines);
    chart_.axisRect()->setAutoMargins(QCP::msNone);
    chart_.axisRect()->setMargins({44, 8, 10, 22});
    chart_.addLayer("playhead", chart_.layer("main"), QCustomPlot::limAbove);
    chart_.layer("playhead")->setMode(QCPLayer::lmBuffered);
    chart_.setInteractions({});
}

void PlotBase::setTheme(const Theme& theme) {
    theme_ = &theme;
    chart_.setBackground(theme.panel);
    chart_.axisRect()->setBackground(theme.stage);
    for (QCPAxis* axis : {chart_.xAxis, chart_.yAxis, chart_.xAxis2, chart_.yAxis2}) {
        axis->setBasePen(QPen(theme.line));
        axis->setTickPen(QPen(theme.line));
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelColor(theme.secondary);
        axis->setLabelColor(theme.secondary);
        axis->setTickLabelFont(uiFont(10));
        axis->setLabelFont(uiFont(10));
        axis->grid()->setPen(QPen(theme.line, 0.5));
        axis->grid()->setZeroLinePen(Qt::NoPen);
        axis->setTickLengthIn(0);
        axis->setTickLengthOut(3);
    }
    if (playhead_) playhead_->setPen(QPen(theme.text, 1, Qt::DotLine));
    restyle();
    redraw();
}

void PlotBase::addPlayhead() {
    playhead_ = new QCPItemStraightLine(&chart_);
    playhead_->setLayer("playhead");
    playhead_->setSelectable(false);
    playhead_->point1->setTypeY(QCPItemPosition::ptAxisRectRatio);
    playhead_->point2->setTypeY(QCPItemPosition::ptAxisRectRatio);
}

void PlotBase::setPlayhead(double t) {
    if (!playhead_ || t == t_) return;
    t_ = t;
    playhead_->point1->setCoords(t, 0);
    playhead_->point2->setCoords(t, 1);
    chart_.layer("playhead")->replot();
}

QCPItemText* PlotBase::makeName(Qt::Alignment alignment) {
    auto* item = new QCPItemText(&chart_);
    item->setPositionAlignment(alignment);
    item->setSelectable(false);
    item->setClipToAxisRect(false);
    item->position->setType(QCPItemPosition::ptAxisRectRatio);
    item->setFont(uiFont(11, QFont::DemiBold));
    return item;
}

void PlotBase::place(QCPItemText* name, const QString& text, const QColor& role, QPointF share) {
    name->setText(text);
    name->setColor(ink(role));
    name->setVisible(!text.isEmpty());
    name->position->setCoords(share);
}

void PlotBase::keep(std::size_t index, const QString& name, const QVector<double>& x,
                    const QVector<double>& y) {
    if (curves_.size() <= index) curves_.resize(index + 1);
    curves_[index] = {name, x, y};
    QStringList said;
    for (const ShownCurve& curve : curves_) {
        double low = std::nan("");
        double high = std::nan("");
        for (const double value : curve.y) {
            low = std::fmin(low, value);
            high = std::fmax(high, value);
        }
        if (std::isfinite(low))
            said << tr("%1 from %2 to %3").arg(curve.name, formatNumber(low), formatNumber(high));
    }
    setAccessibleDescription(said.join("; "));
}

void PlotBase::forget(std::size_t from) {
    if (curves_.size() > from) curves_.resize(from);
}

void setLogarithmic(QCPAxis* axis, double low, double high) {
    axis->setScaleType(QCPAxis::stLogarithmic);
    axis->setRange(low, high);
    if (high / low >= 100.0) {
        auto powers = QSharedPointer<QCPAxisTickerLog>::create();
        powers->setTickCount(4);
        axis->setTicker(powers);
        axis->setNumberFormat("eb");
        axis->setNumberPrecision(0);
        return;
    }
    auto ticks = QSharedPointer<QCPAxisTickerText>::create();
    for (double power = std::pow(10.0, std::floor(std::log10(low))); power <= high; power *= 10.0)
        for (const double factor : {1.0, 2.0, 5.0})
            if (factor * power >= low && factor * power <= high)
                ticks->addTick(factor * power, formatNumber(factor * power));
    axis->setTicker(ticks);
}

void setLinear(QCPAxis* axis, double low, double high) {
    axis->setScaleType(QCPAxis::stLinear);
    axis->setRange(low, high);
    axis->setTicker(QSharedPointer<QCPAxisTicker>::create());
    axis->ticker()->setTickCount(4);
    axis->setNumberFormat("gb");
    axis->setNumberPrecision(3);
}

}  // namespace diffuscope
