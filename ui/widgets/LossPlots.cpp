#include "denoiser/Mlp.h"
#include "widgets/Controls.h"
#include "widgets/PlotBase.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

/// The loss, raw and smoothed, on logarithmic axes, above the best that is possible.
class LossPlot : public PlotBase {
  public:
    LossPlot() : best_(makeName(Qt::AlignRight | Qt::AlignTop)) {
        for (int i = 0; i < 3; ++i) chart_.addGraph();
        setLogarithmic(chart_.xAxis, 10, 1000);
        setLogarithmic(chart_.yAxis, 0.2, 2);
        best_->position->setType(QCPItemPosition::ptPlotCoords);
    }

    void show(const PlotInput& input) override {
        const Snapshot& snapshot = *input.snapshot;
        // Another loss weighs the levels in its own way, and who is told the class may know better: neither
        // has this best.
        const bool hasBest = snapshot.settings.training.loss == LossKind::Simple &&
                             layoutOf(snapshot.settings, *snapshot.data).classes == 0;
        if (history_ == snapshot.history && readings_ == snapshot.readings && hasBest_ == hasBest) return;
        history_ = snapshot.history;
        hasBest_ = hasBest;
        readings_ = snapshot.readings;
        QVector<double> steps;
        QVector<double> raw;
        QVector<double> smooth;
        if (history_) {
            const auto& points = history_->points();
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
        }
        chart_.graph(0)->setData(steps, raw, true);
        chart_.graph(1)->setData(steps, smooth, true);
        keep(0, tr("loss"), steps, smooth);
        const double best = readings_ && hasBest ? irreducibleLoss(*readings_) : std::nan("");
        if (!raw.empty()) {
            const auto [least, most] = std::minmax_element(raw.begin(), raw.end());
            const double low = std::fmin(*least, best);
            setLogarithmic(chart_.xAxis, steps.back() < 1000.0 ? 1.0 : 10.0, std::max(steps.back(), 100.0));
            setLogarithmic(chart_.yAxis, low * 0.7, std::max(*most * 1.1, low * 2.0));
        }
        showBest(best);
        redraw();
    }

  protected:
    void restyle() override {
        QColor faint = theme_->reverse;
        faint.setAlphaF(0.35f);
        chart_.graph(0)->setPen(QPen(faint, 1));
        chart_.graph(1)->setPen(QPen(theme_->reverse, 2));
        chart_.graph(2)->setPen(QPen(ink(theme_->ideal), 1.6, Qt::DashLine));
        best_->setColor(ink(theme_->ideal));
    }

  private:
    void showBest(double best) {
        QVector<double> x;
        QVector<double> y;
        if (best > 0.0) {
            x = {chart_.xAxis->range().lower, chart_.xAxis->range().upper};
            y = {best, best};
            best_->setText(tr("best possible %1").arg(best, 0, 'f', 4));
            best_->position->setCoords(chart_.xAxis->range().upper, best);
        }
        best_->setVisible(best > 0.0);
        chart_.graph(2)->setData(x, y, true);
        keep(1, tr("best possible"), x, y);
    }

    QCPItemText* best_;
    bool hasBest_ = true;
    std::shared_ptr<const LossHistory> history_;
    std::shared_ptr<const Readings> readings_;
};

/// Bars over t of what no network can do better, and of what this one could still gain on top.
class LossPerStepPlot : public PlotBase {
  public:
    LossPerStepPlot()
        : best_(new QCPBars(chart_.xAxis, chart_.yAxis)),
          gain_(new QCPBars(chart_.xAxis, chart_.yAxis)),
          bestName_(makeName(Qt::AlignRight | Qt::AlignTop)),
          gainName_(makeName(Qt::AlignRight | Qt::AlignTop)) {
        gain_->moveAbove(best_);
        chart_.addGraph();
        chart_.graph(0)->setLineStyle(QCPGraph::lsStepCenter);
        addPlayhead();
    }

    void show(const PlotInput& input) override {
        const Snapshot& snapshot = *input.snapshot;
        if (readings_ == snapshot.readings && steps_ == snapshot.schedule->steps()) return;
        readings_ = snapshot.readings;
        steps_ = snapshot.schedule->steps();
        QVector<double> t;
        QVector<double> best;
        QVector<double> gain;
        QVector<double> loss;
        QVector<double> ideal;
        double width = 1.0;
        double highest = 0.0;
        if (readings_)
            for (const BinReading& bin : readings_->bins) {
                width = bin.tTo - bin.tFrom;
                t.append((bin.tFrom + bin.tTo) / 2);
                // An estimate that falls below the best possible one is noise: no bar, but the line shows it.
                // Without a best possible one, which takes long for many points, the loss is a bar of its
                // own.
                const bool known = std::isfinite(bin.irreducible);
                best.append(known ? std::fmin(bin.loss, bin.irreducible) : 0.0);
                gain.append(known ? std::fmax(0.0, bin.loss - bin.irreducible) : bin.loss);
                loss.append(bin.loss);
                ideal.append(bin.irreducible);
                highest = std::fmax(highest, std::fmax(bin.loss, bin.irreducible));
            }
        best_->setWidth(0.86 * width);
        gain_->setWidth(0.86 * width);
        best_->setData(t, best, true);
        gain_->setData(t, gain, true);
        chart_.graph(0)->setData(t, ideal, true);
        keep(0, tr("loss"), t, loss);
        keep(1, tr("best possible"), t, ideal);
        known_ = !ideal.empty() && std::isfinite(ideal.front());
        keep(2, known_ ? tr("still to gain") : tr("loss"), t, gain);
        chart_.xAxis->setRange(0, steps_);
        chart_.yAxis->setRange(0, highest > 0.0 ? highest * 1.08 : 1.0);
        name();
        redraw();
    }

  protected:
    void restyle() override {
        QColor solid = theme_->ideal;
        solid.setAlphaF(0.75f);
        best_->setPen(Qt::NoPen);
        best_->setBrush(solid);
        gain_->setPen(QPen(ink(theme_->reverse), 0.8));
        gain_->setBrush(QBrush(theme_->reverse, Qt::BDiagPattern));
        chart_.graph(0)->setPen(QPen(ink(theme_->ideal), 1.2));
        name();
    }

  private:
    void name() {
        const bool some = readings_ && !readings_->bins.empty();
        place(gainName_,
              !some    ? QString()
              : known_ ? tr("▨ still to gain")
                       : tr("▨ loss; the best possible is not known"),
              theme_->reverse, {0.98, 0.03});
        place(bestName_, some && known_ ? tr("■ best possible") : QString(), theme_->ideal, {0.98, 0.17});
    }

    bool known_ = true;  ///< whether the best possible loss was taken
    QCPBars* best_;
    QCPBars* gain_;
    QCPItemText* bestName_;
    QCPItemText* gainName_;
    std::shared_ptr<const Readings> readings_;
    int steps_ = 0;
};

/// Where in t the weights are pulled, on a logarithmic axis.
class GradientPlot : public PlotBase {
  public:
    GradientPlot() {
        chart_.addGraph();
        chart_.graph(0)->setLineStyle(QCPGraph::lsStepCenter);
        setLogarithmic(chart_.yAxis, 0.01, 1);
        addPlayhead();
    }

    void show(const PlotInput& input) override {
        const Snapshot& snapshot = *input.snapshot;
        if (readings_ == snapshot.readings && steps_ == snapshot.schedule->steps()) return;
        readings_ = snapshot.readings;
        steps_ = snapshot.schedule->steps();
        QVector<double> t;
        QVector<double> norm;
        double low = std::nan("");
        double high = std::nan("");
        if (readings_)
            for (const BinReading& bin : readings_->bins) {
                t.append((bin.tFrom + bin.tTo) / 2);
                const double value = bin.gradientNorm > 0.0 ? bin.gradientNorm : std::nan("");
                norm.append(value);
                low = std::fmin(low, value);
                high = std::fmax(high, value);
            }
        chart_.graph(0)->setData(t, norm, true);
        keep(0, tr("gradient norm"), t, norm);
        chart_.xAxis->setRange(0, steps_);
        if (high > 0.0)
            setLogarithmic(chart_.yAxis, low / 1.5, high * 1.5);
        else
            setLogarithmic(chart_.yAxis, 0.01, 1);
        redraw();
    }

  protected:
    void restyle() override { chart_.graph(0)->setPen(QPen(theme_->reverse, 1.8)); }

  private:
    std::shared_ptr<const Readings> readings_;
    int steps_ = 0;
};

}  // namespace

double irreducibleLoss(const Readings& readings) {
    double sum = 0.0;
    double width = 0.0;
    for (const BinReading& bin : readings.bins) {
        sum += bin.irreducible * (bin.tTo - bin.tFrom);
        width += bin.tTo - bin.tFrom;
    }
    return width > 0.0 ? sum / width : std::nan("");
}

Plot* makeLossPlot(Studio&) {
    return new LossPlot;
}
Plot* makeLossPerStepPlot(Studio&) {
    return new LossPerStepPlot;
}
Plot* makeGradientPlot(Studio&) {
    return new GradientPlot;
}

}  // namespace diffuscope
