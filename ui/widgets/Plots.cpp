#include "widgets/Plots.h"

#include "diffusion/ReverseSampler.h"
#include "widgets/FieldRow.h"

#include <qcustomplot.h>

#include <QVBoxLayout>
#include <cmath>

namespace diffuscope {
namespace {

/// What all plots share: one QCustomPlot in the theme's colours.
class PlotBase : public Plot {
  public:
    PlotBase() {
        auto* column = new QVBoxLayout(this);
        column->setContentsMargins(0, 0, 0, 0);
        column->addWidget(&chart_);
        chart_.setPlottingHint(QCP::phFastPolylines);
        chart_.axisRect()->setAutoMargins(QCP::msNone);
        chart_.axisRect()->setMargins({44, 8, 10, 22});
        chart_.addLayer("playhead", chart_.layer("main"), QCustomPlot::limAbove);
        chart_.layer("playhead")->setMode(QCPLayer::lmBuffered);
        chart_.setInteractions({});
    }

    void setTheme(const Theme& theme) override {
        theme_ = &theme;
        chart_.setBackground(theme.panel);
        chart_.axisRect()->setBackground(theme.stage);
        for (QCPAxis* axis : {chart_.xAxis, chart_.yAxis}) {
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
        restyle();
        chart_.replot(QCustomPlot::rpQueuedReplot);
    }

    void setPlayhead(double) override {}

  protected:
    virtual void restyle() = 0;

    QCPItemStraightLine* makePlayhead() {
        auto* line = new QCPItemStraightLine(&chart_);
        line->setLayer("playhead");
        line->setSelectable(false);
        return line;
    }

    /// A name beside a curve: no meaning by colour alone.
    QCPItemText* makeName(const QString& name, Qt::Alignment alignment) {
        auto* item = new QCPItemText(&chart_);
        item->setText(name);
        item->setPositionAlignment(alignment);
        item->setSelectable(false);
        return item;
    }

    QCustomPlot chart_;
    const Theme* theme_ = &themeOf(ThemeKind::Dark);
};

void setLogarithmic(QCPAxis* axis) {
    axis->setScaleType(QCPAxis::stLogarithmic);
    axis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
    axis->setNumberFormat("eb");
    axis->setNumberPrecision(0);
}

struct Curve {
    const char* name;  ///< of a plain quantity
    Quantity quantity;
    Qt::PenStyle style;
    QColor Theme::*color;
    double (*value)(const Snapshot&, int t);
};

constexpr double smallest = 1e-12;

/// A curve is of all t: its symbol without the index.
QString nameOf(const Curve& curve, NotationKind notation) {
    if (curve.quantity == Quantity::Plain) return QString::fromUtf8(curve.name);
    QString symbol = text(shownAs(curve.quantity, notation).symbol);
    return symbol.remove(QStringLiteral("<sub>t</sub>"));
}

/// Curves over t with the playhead. The names stand at the curves' ends.
class CurvesPlot : public PlotBase {
  public:
    CurvesPlot(std::span<const Curve> curves, bool logarithmic) : curves_(curves), playhead_(makePlayhead()) {
        for (const Curve& curve : curves_) {
            chart_.addGraph();
            names_.push_back(makeName(nameOf(curve, notation_), Qt::AlignLeft | Qt::AlignVCenter));
        }
        chart_.axisRect()->setMargins({44, 8, 38, 22});
        if (logarithmic)
            setLogarithmic(chart_.yAxis);
        else
            chart_.yAxis->setRange(0, 1.02);
        logarithmic_ = logarithmic;
        for (QCPItemText* name : names_) {
            name->setClipToAxisRect(false);
            name->position->setTypeX(QCPItemPosition::ptAxisRectRatio);
        }
    }

    void show(const PlotInput& input) override {
        const auto& snapshot = input.snapshot;
        const bool same = schedule_ == snapshot->schedule && sampler_ == snapshot->settings.sampler &&
                          notation_ == input.notation;
        if (same) return;
        notation_ = input.notation;
        schedule_ = snapshot->schedule;
        sampler_ = snapshot->settings.sampler;
        const int steps = schedule_->steps();
        const int stride = std::max(1, steps / 500);
        QVector<double> times;
        for (int t = 1; t < steps; t += stride) times.append(t);
        times.append(steps);
        double low = 1.0;
        double high = smallest;
        std::vector<double> ends;
        for (std::size_t c = 0; c < curves_.size(); ++c) {
            names_[c]->setText(nameOf(curves_[c], notation_));
            const ShownAs& shown = shownAs(curves_[c].quantity, notation_);
            QVector<double> values;
            for (const double t : times) {
                double value = shown.show(curves_[c].value(*snapshot, static_cast<int>(t)));
                // Zero has no place on a logarithmic axis: a gap, not a line along the bottom.
                if (logarithmic_) value = value > smallest ? value : std::nan("");
                values.append(value);
                low = std::fmin(low, value);
                high = std::fmax(high, value);
            }
            chart_.graph(static_cast<int>(c))->setData(times, values, true);
            ends.push_back(values.back());
        }
        for (int c = 0; c < chart_.graphCount(); ++c)  // a line needs two points
            chart_.graph(c)->setScatterStyle(steps == 1 ? QCPScatterStyle(QCPScatterStyle::ssDisc, 6)
                                                        : QCPScatterStyle());
        chart_.xAxis->setRange(0, std::max(steps, 2));
        if (logarithmic_) chart_.yAxis->setRange(low / 2, high * 2);
        placeNames(ends);
        chart_.replot(QCustomPlot::rpQueuedReplot);
    }

    void setPlayhead(double t) override {
        if (t == t_) return;
        t_ = t;
        playhead_->point1->setCoords(t, 1);
        playhead_->point2->setCoords(t, 2);
        chart_.layer("playhead")->replot();
    }

  protected:
    void restyle() override {
        playhead_->setPen(QPen(theme_->text, 1, Qt::DotLine));
        for (std::size_t c = 0; c < curves_.size(); ++c) {
            const QColor color = theme_->*curves_[c].color;
            chart_.graph(static_cast<int>(c))->setPen(QPen(color, 1.6, curves_[c].style));
            names_[c]->setColor(inkOf(*theme_, color, theme_->panel));
            names_[c]->setFont(uiFont(12, QFont::DemiBold));
        }
    }

  private:
    /// At the height of each curve's end, moved apart where they would lie on one another.
    void placeNames(const std::vector<double>& ends) {
        const double height = std::max(60, chart_.axisRect()->height());
        std::vector<std::pair<double, std::size_t>> places;
        for (std::size_t c = 0; c < ends.size(); ++c) {
            const QCPRange range = chart_.yAxis->range();
            const double share = std::isnan(ends[c]) ? 1.0
                                 : logarithmic_
                                     ? std::log(range.upper / ends[c]) / std::log(range.upper / range.lower)
                                     : (range.upper - ends[c]) / range.size();
            places.emplace_back(share, c);
        }
        std::sort(places.begin(), places.end());
        const double gap = 14.0 / height;
        for (std::size_t i = 1; i < places.size(); ++i)
            places[i].first = std::max(places[i].first, places[i - 1].first + gap);
        double limit = 1.0;
        for (std::size_t i = places.size(); i-- > 0; limit -= gap)
            places[i].first = std::min(places[i].first, limit);
        for (const auto& [share, c] : places) {
            names_[c]->position->setType(QCPItemPosition::ptAxisRectRatio);
            names_[c]->position->setCoords(1.02, share);
        }
    }

    std::span<const Curve> curves_;
    bool logarithmic_ = false;
    QCPItemStraightLine* playhead_;
    std::vector<QCPItemText*> names_;
    std::shared_ptr<const NoiseSchedule> schedule_;
    SamplerSettings sampler_;
    NotationKind notation_ = NotationKind::Ho;
    double t_ = -1.0;
};

Plot* makeSignalPlot() {
    static constexpr Curve curves[] = {
        {"", Quantity::AlphaBar, Qt::SolidLine, &Theme::text,
         [](const Snapshot& s, int t) { return s.schedule->alphaBar(t); }},
    };
    return new CurvesPlot(curves, false);
}

Plot* makeNoisePlot() {
    static constexpr Curve curves[] = {
        {"SNR", Quantity::Plain, Qt::SolidLine, &Theme::text,
         [](const Snapshot& s, int t) { return s.schedule->snr(t); }},
        {"", Quantity::Beta, Qt::DashLine, &Theme::forward,
         [](const Snapshot& s, int t) { return s.schedule->beta(t); }},
        {"σ", Quantity::Plain, Qt::DashDotLine, &Theme::reverse,
         [](const Snapshot& s, int t) { return (*s.stepNoise)[static_cast<std::size_t>(t)]; }},
    };
    return new CurvesPlot(curves, true);
}

/// The loss, raw and smoothed, on logarithmic axes.
class LossPlot : public PlotBase {
  public:
    LossPlot() {
        chart_.addGraph();
        chart_.addGraph();
        setLogarithmic(chart_.xAxis);
        setLogarithmic(chart_.yAxis);
        chart_.yAxis->setNumberFormat("g");
        chart_.yAxis->setNumberPrecision(2);
        auto ticker = QSharedPointer<QCPAxisTickerLog>::create();
        ticker->setLogBase(2);
        chart_.yAxis->setTicker(ticker);
        chart_.xAxis->setRange(10, 1000);
        chart_.yAxis->setRange(0.2, 2);
    }

    void show(const PlotInput& input) override {
        const auto& snapshot = input.snapshot;
        loss_ = snapshot->loss;
        if (history_ == snapshot->history) return;
        history_ = snapshot->history;
        const auto& points = history_->points();
        QVector<double> steps;
        QVector<double> raw;
        QVector<double> smooth;
        const std::vector<float> smoothed = history_->smoothed(50.0);
        // A step in x of less than half a percent is less than a pixel.
        double next = 0.0;
        for (std::size_t i = 0; i < points.size(); ++i) {
            const auto step = static_cast<double>(points[i].step);
            if (step < next && i + 1 < points.size()) continue;
            next = step * 1.004;
            steps.append(step);
            raw.append(static_cast<double>(points[i].loss));
            smooth.append(static_cast<double>(smoothed[i]));
        }
        chart_.graph(0)->setData(steps, raw, true);
        chart_.graph(1)->setData(steps, smooth, true);
        if (!raw.empty()) {
            const auto [low, high] = std::minmax_element(raw.begin(), raw.end());
            chart_.xAxis->setRange(steps.back() < 1000.0 ? 1.0 : 10.0, std::max(steps.back(), 100.0));
            chart_.yAxis->setRange(*low * 0.9, std::max(*high * 1.1, *low * 2.0));
        }
        chart_.replot(QCustomPlot::rpQueuedReplot);
    }

    [[nodiscard]] QString note() const override {
        return std::isfinite(loss_) ? tr("NOW %1").arg(loss_, 0, 'f', 4) : QString();
    }

  protected:
    void restyle() override {
        QColor faint = theme_->reverse;
        faint.setAlphaF(0.35f);
        chart_.graph(0)->setPen(QPen(faint, 1));
        chart_.graph(1)->setPen(QPen(theme_->reverse, 2));
    }

  private:
    std::shared_ptr<const LossHistory> history_;
    double loss_ = std::nan("");
};

}  // namespace

std::span<const PlotRow> plots() {
    static constexpr PlotRow rows[] = {
        {{"signal", "Signal left", "How much of the data is left at each step."}, 116, makeSignalPlot},
        {{"noise", "Noise and SNR",
          "Noise of each step, forward and reverse, and the signal-to-noise ratio."},
         150,
         makeNoisePlot},
        {{"loss", "Loss", "Mean squared error of the predicted noise, raw and smoothed."},
         160,
         [] { return static_cast<Plot*>(new LossPlot); }},
    };
    return rows;
}

}  // namespace diffuscope
