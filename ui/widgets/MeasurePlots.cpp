#include "widgets/Controls.h"
#include "widgets/PlotBase.h"

#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

struct Distance {
    Choice choice;
    Reading MeasurePoint::*reading;
    bool logarithmic;  ///< the unbiased MMD can be below zero
};
constexpr Distance distances[] = {
    {{"sliced-w2", "SW₂", "Sliced 2-Wasserstein distance between samples and fresh draws"},
     &MeasurePoint::slicedW2,
     true},
    {{"mmd2", "MMD²", "Squared maximum mean discrepancy, unbiased: around zero it may be negative"},
     &MeasurePoint::mmd2,
     false},
    {{"energy", "Energy", "Energy distance between samples and fresh draws"}, &MeasurePoint::energy, false},
};

/// A distance over training, with the floor that fresh draws have among themselves.
class DistancePlot : public PlotBase {
  public:
    DistancePlot() : floor_(makeName(Qt::AlignRight | Qt::AlignTop)) {
        std::vector<Choice> choices;
        for (const Distance& row : distances) choices.push_back(row.choice);
        picker_ = new Segments(choices);
        picker_->setAccessibleName(tr("Distance"));
        picker_->setFixedHeight(30);
        picker_->setIndex(0);
        static_cast<QVBoxLayout*>(layout())->insertWidget(0, picker_);
        connect(picker_, &Segments::picked, this, [this](int index) {
            picked_ = static_cast<std::size_t>(index);
            draw();
        });
        chart_.addGraph();
        chart_.addGraph();
        chart_.graph(0)->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 4));
        setLogarithmic(chart_.xAxis, 10, 1000);
        floor_->position->setType(QCPItemPosition::ptPlotCoords);
    }

    void show(const PlotInput& input) override {
        if (serial_ == input.measures.serial()) return;
        serial_ = input.measures.serial();
        points_ = input.measures.points();
        draw();
    }

  protected:
    void restyle() override {
        chart_.graph(0)->setPen(QPen(theme_->reverse, 1.8));
        chart_.graph(1)->setPen(QPen(ink(theme_->ideal), 1.6, Qt::DashLine));
        floor_->setColor(ink(theme_->ideal));
    }

  private:
    void draw() {
        const Distance& row = distances[picked_];
        QVector<double> steps;
        QVector<double> values;
        QVector<double> floors;
        double low = std::nan("");
        double high = std::nan("");
        for (const MeasurePoint& point : points_) {
            const Reading& reading = point.*row.reading;
            if (!std::isfinite(reading.value)) continue;
            steps.append(static_cast<double>(std::max<std::int64_t>(1, point.step)));
            values.append(reading.value);
            floors.append(reading.floor);
            low = std::fmin(low, std::fmin(reading.value, reading.floor));
            high = std::fmax(high, std::fmax(reading.value, reading.floor));
        }
        chart_.graph(0)->setData(steps, values, true);
        chart_.graph(1)->setData(steps, floors, true);
        const QString name = QString::fromUtf8(row.choice.title);
        keep(0, name, steps, values);
        keep(1, tr("floor"), steps, floors);
        if (steps.empty()) {
            setLogarithmic(chart_.xAxis, 10, 1000);
            setLogarithmic(chart_.yAxis, 0.01, 1);
        } else {
            setLogarithmic(chart_.xAxis, std::max(1.0, steps.front() * 0.8),
                           std::max(steps.back() * 1.1, 10.0));
            if (row.logarithmic && low > 0.0)
                setLogarithmic(chart_.yAxis, low / 1.8, high * 1.3);
            else
                setLinear(chart_.yAxis, low - 0.25 * (high - low) - 1e-9, high + 0.1 * (high - low) + 1e-9);
            floor_->setText(tr("floor %1").arg(formatNumber(floors.back())));
            floor_->position->setCoords(chart_.xAxis->range().upper, floors.back());
        }
        floor_->setVisible(!steps.empty());
        redraw();
    }

    Segments* picker_;
    QCPItemText* floor_;
    std::vector<MeasurePoint> points_;
    std::int64_t serial_ = -1;
    std::size_t picked_ = 0;
};

/// The bound's terms between its two ends, as bars over t. More terms than bars are summed.
class BoundPlot : public PlotBase {
  public:
    BoundPlot()
        : bars_(new QCPBars(chart_.xAxis, chart_.yAxis)), ends_(makeName(Qt::AlignRight | Qt::AlignTop)) {
        addPlayhead();
    }

    void show(const PlotInput& input) override {
        if (readings_ == input.snapshot->readings) return;
        readings_ = input.snapshot->readings;
        QVector<double> t;
        QVector<double> sums;
        const auto terms = readings_ ? static_cast<int>(readings_->boundTerms.size()) - 2 : 0;
        const int stride = std::max(1, (terms + mostBars - 1) / mostBars);
        double low = std::nan("");
        double high = std::nan("");
        for (int first = 1; first <= terms; first += stride) {
            const int last = std::min(first + stride - 1, terms);
            double sum = 0.0;
            for (int i = first; i <= last; ++i) sum += readings_->boundTerms[static_cast<std::size_t>(i)];
            t.append((first + last) / 2.0 + 0.5);  // L_i compares the step from i + 1 to i
            sums.append(sum);
            low = std::fmin(low, sum);
            high = std::fmax(high, sum);
        }
        bars_->setWidth(stride);
        bars_->setData(t, sums, true);
        keep(0, stride == 1 ? tr("bits per dimension") : tr("bits per dimension of %1 terms").arg(stride), t,
             sums);
        chart_.xAxis->setRange(0, std::max(2, terms + 1));
        // Terms differ by orders of magnitude; an estimate below zero has no place on such an axis.
        const double base = low > 0.0 ? low / 2 : 0.0;
        if (low > 0.0)
            setLogarithmic(chart_.yAxis, base, high * 3.0);
        else if (!sums.empty())
            setLinear(chart_.yAxis, low - 0.05 * (high - low), high + 0.15 * (high - low) + 1e-9);
        else
            setLinear(chart_.yAxis, 0, 1);
        bars_->setBaseValue(base);
        name(stride);
        redraw();
    }

  protected:
    void restyle() override {
        QColor solid = theme_->reverse;
        solid.setAlphaF(0.75f);
        bars_->setPen(Qt::NoPen);
        bars_->setBrush(solid);
        name(1);
    }

  private:
    static constexpr int mostBars = 128;

    void name(int stride) {
        const bool some = readings_ && readings_->boundTerms.size() >= 2;
        place(ends_,
              !some         ? QString()
              : stride == 1 ? tr("bits/dim per term")
                            : tr("bits/dim per %1 terms").arg(stride),
              theme_->secondary, {0.98, 0.03});
    }

    QCPBars* bars_;
    QCPItemText* ends_;
    std::shared_ptr<const Readings> readings_;
};

/// Every batch's mean of both losses as a point, on two strips with their mean and standard deviation.
class SpreadPlot : public PlotBase {
  public:
    SpreadPlot() {
        for (int i = 0; i < 4; ++i) {
            auto* graph = chart_.addGraph();
            graph->setLineStyle(i < 2 ? QCPGraph::lsNone : QCPGraph::lsLine);
        }
        for (int i = 0; i < 2; ++i)
            names_[static_cast<std::size_t>(i)] = makeName(Qt::AlignLeft | Qt::AlignTop);
        chart_.yAxis->setRange(0, 2);
        chart_.yAxis->setTicks(false);
        chart_.yAxis->setTickLabels(false);
        chart_.axisRect()->setMargins({10, 8, 10, 22});
        chart_.xAxis->ticker()->setTickCount(4);
    }

    void show(const PlotInput& input) override {
        if (readings_ == input.snapshot->readings) return;
        readings_ = input.snapshot->readings;
        const SpreadReading none;
        const SpreadReading& spread = readings_ ? readings_->spread : none;
        double low = std::nan("");
        double high = std::nan("");
        const std::pair<QString, const std::vector<float>*> strips[] = {
            {tr("simple"), &spread.simple}, {tr("four-variable"), &spread.fourVariable}};
        for (int strip = 0; strip < 2; ++strip) {
            const auto& [name, batches] = strips[strip];
            const double centre = strip == 0 ? 1.4 : 0.4;
            QVector<double> losses;
            QVector<double> heights;
            double sum = 0.0;
            double squares = 0.0;
            for (std::size_t i = 0; i < batches->size(); ++i) {
                const auto loss = static_cast<double>((*batches)[i]);
                losses.append(loss);
                // Spread over the strip by the golden ratio, so that points do not hide one another.
                heights.append(centre + 0.44 * (std::fmod(0.618034 * static_cast<double>(i + 1), 1.0) - 0.5));
                sum += loss;
                squares += loss * loss;
                low = std::fmin(low, loss);
                high = std::fmax(high, loss);
            }
            const auto count = static_cast<double>(batches->size());
            const double mean = sum / count;
            const double deviation = std::sqrt(std::fmax(0.0, squares / count - mean * mean));
            chart_.graph(strip)->setData(losses, heights);
            chart_.graph(2 + strip)->setData(
                losses.empty() ? QVector<double>{}
                               : QVector<double>{mean - deviation, mean, mean + deviation},
                losses.empty() ? QVector<double>{} : QVector<double>{centre, centre, centre}, true);
            keep(static_cast<std::size_t>(strip), name, heights, losses);
        }
        if (high > low) chart_.xAxis->setRange(low - 0.05 * (high - low), high + 0.05 * (high - low));
        name();
        redraw();
    }

  protected:
    void restyle() override {
        const QColor roles[] = {theme_->reverse, theme_->forward};
        for (int strip = 0; strip < 2; ++strip) {
            QColor faint = roles[strip];
            faint.setAlphaF(0.6f);
            chart_.graph(strip)->setScatterStyle(QCPScatterStyle(
                strip == 0 ? QCPScatterStyle::ssDisc : QCPScatterStyle::ssDiamond, faint, faint, 4));
            chart_.graph(2 + strip)->setPen(QPen(theme_->text, 2));
            chart_.graph(2 + strip)->setScatterStyle(
                QCPScatterStyle(QCPScatterStyle::ssPlus, QPen(theme_->text, 2), Qt::NoBrush, 9));
        }
        name();
    }

  private:
    void name() {
        const bool some = readings_ && !readings_->spread.simple.empty();
        place(names_[0], some ? tr("simple") : QString(), theme_->reverse, {0.015, 0.02});
        place(names_[1], some ? tr("four-variable") : QString(), theme_->forward, {0.015, 0.52});
    }

    std::array<QCPItemText*, 2> names_{};
    std::shared_ptr<const Readings> readings_;
};

}  // namespace

Plot* makeDistancePlot(Studio&) {
    return new DistancePlot;
}
Plot* makeBoundPlot(Studio&) {
    return new BoundPlot;
}
Plot* makeSpreadPlot(Studio&) {
    return new SpreadPlot;
}

}  // namespace diffuscope
