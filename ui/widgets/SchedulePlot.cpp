#include "diffusion/ReverseSampler.h"
#include "widgets/Controls.h"
#include "widgets/CurveEditor.h"
#include "widgets/FieldRow.h"
#include "widgets/PlotBase.h"
#include "widgets/Section.h"

#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr double smallest = 1e-12;

/// What the curves are read from: of a snapshot, or ahead of it.
struct Drawn {
    std::shared_ptr<const NoiseSchedule> schedule;
    std::shared_ptr<const std::vector<double>> stepNoise;  ///< null until the first reverse pass begins
};

struct Curve {
    const char* name;  ///< of a plain quantity, and its help
    Quantity quantity;
    Qt::PenStyle style;
    QColor Theme::*color;
    bool share;  ///< from 0 to 1, on the right axis
    double (*value)(const Drawn&, int t);
};

/// A plane of the schedule, in CurvePlane's order: what stands on its left axis, and how.
struct Plane {
    Choice choice;
    bool logarithmic;
    std::vector<Curve> curves;
};

const std::vector<Plane>& planes() {
    static const Curve alphaBar = {
        "", Quantity::AlphaBar, Qt::SolidLine, &Theme::text, true, [](const Drawn& s, int t) {
            return s.schedule->alphaBar(t);
        }};
    static const std::vector<Plane> rows{
        {{"beta", "β, σ", "Noise of each step, forward and reverse, on a logarithmic scale"},
         true,
         {{"", Quantity::Beta, Qt::DashLine, &Theme::forward, false,
           [](const Drawn& s, int t) { return s.schedule->beta(t); }},
          {"σ", Quantity::Plain, Qt::DashDotLine, &Theme::reverse, false,
           [](const Drawn& s, int t) {
               return s.stepNoise ? (*s.stepNoise)[static_cast<std::size_t>(t)] : std::nan("");
           }},
          alphaBar}},
        {{"log-snr", "λ = ln SNR", "Logarithm of the signal-to-noise ratio: what the network is told"},
         false,
         {{"λ", Quantity::Plain, Qt::DashLine, &Theme::forward, false,
           [](const Drawn& s, int t) { return s.schedule->logSnr(t); }},
          alphaBar}},
    };
    return rows;
}

/// A curve is of all t: its symbol without the index.
QString nameOf(const Curve& curve, NotationKind notation) {
    if (curve.quantity == Quantity::Plain) return QString::fromUtf8(curve.name);
    QString symbol = text(shownAs(curve.quantity, notation).symbol);
    return symbol.remove(QStringLiteral("<sub>t</sub>"));
}

/// The schedule over t in one of two planes, the signal left on the right axis.
class SchedulePlot : public PlotBase {
  public:
    explicit SchedulePlot(Studio& studio) : studio_(studio), editor_(chart_, studio) {
        std::vector<Choice> choices;
        for (const Plane& plane : planes()) choices.push_back(plane.choice);
        picker_ = new Segments(choices);
        picker_->setAccessibleName(tr("Plane of the schedule"));
        picker_->setFixedHeight(30);
        picker_->setIndex(0);
        static_cast<QVBoxLayout*>(layout())->insertWidget(0, picker_);
        connect(picker_, &Segments::picked, this, [this](int index) {
            plane_ = static_cast<std::size_t>(index);
            editor_.setPlane(static_cast<CurvePlane>(index));
            draw();
        });
        hint_ = roleLabel({}, "hint");
        hint_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);  // no hint moves the plot
        layout()->addWidget(hint_);
        connect(&editor_, &CurveEditor::released, this, &SchedulePlot::draw);
        connect(&editor_, &CurveEditor::hintChanged, this, [this] { hint_->setText(editor_.hint()); });
        connect(&studio, &Studio::settingsChanged, this, &SchedulePlot::anticipate);
        chart_.axisRect()->setMargins({44, 8, 48, 22});
        chart_.yAxis2->setVisible(true);
        chart_.yAxis2->setRange(0, 1.02);
        chart_.yAxis2->grid()->setVisible(false);
        auto ends = QSharedPointer<QCPAxisTickerFixed>::create();
        ends->setTickStep(1.0);
        chart_.yAxis2->setTicker(ends);
        for (std::size_t i = 0; i < 3; ++i) {
            chart_.addGraph();
            names_.push_back(makeName(Qt::AlignLeft | Qt::AlignVCenter));
            names_.back()->setFont(uiFont(12, QFont::DemiBold));
        }
        addPlayhead();
    }

    void show(const PlotInput& input) override {
        const Snapshot& snapshot = *input.snapshot;
        const bool asDrawn = snapshot.settings.schedule == schedule_ && snapshot.settings.sampler == sampler_;
        const bool named = notation_ == input.notation && !names_.front()->text().isEmpty();
        // Of settings that have been changed since: what is drawn is ahead of it.
        if (ahead_ && !asDrawn && named) return;
        const bool sameCurves =
            drawn_.schedule == snapshot.schedule && drawn_.stepNoise == snapshot.stepNoise;
        if (sameCurves && asDrawn && named) return;
        if (!ahead_ || asDrawn) {
            ahead_ = false;
            schedule_ = snapshot.settings.schedule;
            sampler_ = snapshot.settings.sampler;
            drawn_ = {snapshot.schedule, snapshot.stepNoise};
        }
        if (notation_ != input.notation || names_.front()->text().isEmpty()) {
            notation_ = input.notation;
            editor_.setNotation(notation_);
            std::vector<Choice> choices;
            for (const Plane& plane : planes()) choices.push_back(plane.choice);
            // "β, σ" names the letters, which both notations share.
            picker_->name(choices, NotationKind::Ho);
        }
        draw();
    }

  protected:
    void restyle() override {
        editor_.setTheme(*theme_);
        const Plane& plane = planes()[plane_];
        for (std::size_t c = 0; c < plane.curves.size(); ++c) {
            const QColor color = theme_->*plane.curves[c].color;
            chart_.graph(static_cast<int>(c))->setPen(QPen(ink(color), 1.6, plane.curves[c].style));
            names_[c]->setColor(inkOf(*theme_, color, theme_->panel));
        }
    }

    void resizeEvent(QResizeEvent* event) override {
        PlotBase::resizeEvent(event);
        if (!drawn_.schedule) return;
        placeNames();
        editor_.placePoints();
    }

  private:
    /// Draws what the settings say at once, as the hand moves them; the worker's answer comes later. A
    /// learned σ is at its lower end until then.
    void anticipate() {
        const Settings& now = studio_.settings();
        const bool same = now.schedule == schedule_ && now.sampler == sampler_;
        hint_->setText(editor_.hint());
        if (!drawn_.schedule || same || !isVisible()) return;
        ahead_ = true;
        schedule_ = now.schedule;
        sampler_ = now.sampler;
        auto schedule = std::make_shared<const NoiseSchedule>(schedule_);
        drawn_.stepNoise = std::make_shared<const std::vector<double>>(stepNoises(*schedule, sampler_));
        drawn_.schedule = std::move(schedule);
        draw();
    }

    void draw() {
        if (!drawn_.schedule) return;
        const Plane& plane = planes()[plane_];
        const int steps = drawn_.schedule->steps();
        const int stride = std::max(1, steps / 500);
        QVector<double> times;
        for (int t = 1; t < steps; t += stride) times.append(t);
        times.append(steps);
        double low = std::nan("");
        double high = std::nan("");
        ends_.clear();
        for (std::size_t c = 0; c < names_.size(); ++c) {
            auto* graph = chart_.graph(static_cast<int>(c));
            const bool used = c < plane.curves.size();
            names_[c]->setVisible(used);
            graph->setVisible(used);
            if (!used) continue;
            const Curve& curve = plane.curves[c];
            const ShownAs& shown = shownAs(curve.quantity, notation_);
            graph->setValueAxis(curve.share ? chart_.yAxis2 : chart_.yAxis);
            QVector<double> values;
            for (const double t : times) {
                double value = shown.show(curve.value(drawn_, static_cast<int>(t)));
                // Zero has no place on a logarithmic axis: a gap, not a line along the bottom.
                if (plane.logarithmic && !curve.share) value = value > smallest ? value : std::nan("");
                values.append(value);
                if (curve.share) continue;
                low = std::fmin(low, value);
                high = std::fmax(high, value);
            }
            graph->setData(times, values, true);
            // A line needs two points.
            graph->setScatterStyle(steps == 1 ? QCPScatterStyle(QCPScatterStyle::ssDisc, 6)
                                              : QCPScatterStyle());
            names_[c]->setText(nameOf(curve, notation_));
            keep(c, names_[c]->text(), times, values);
            ends_.push_back(values.back());
        }
        forget(plane.curves.size());
        chart_.xAxis->setRange(0, std::max(steps, 2));
        if (const auto reach = editor_.reach()) {
            low = std::fmin(low, reach->first);
            high = std::fmax(high, reach->second);
        }
        // An axis that followed the hand would carry the point away from it.
        if (!editor_.dragging()) {
            if (plane.logarithmic)
                setLogarithmic(chart_.yAxis, low / 3, high * 3);
            else
                setLinear(chart_.yAxis, low - 1.5, high + 1.5);
        }
        hint_->setText(editor_.hint());
        restyle();
        placeNames();
        redraw();
    }

    /// At the height of each curve's end, moved apart where they would lie on one another.
    void placeNames() {
        const Plane& plane = planes()[plane_];
        const double height = std::max(60, chart_.axisRect()->height());
        std::vector<std::pair<double, std::size_t>> places;
        for (std::size_t c = 0; c < ends_.size(); ++c) {
            const QCPAxis* axis = plane.curves[c].share ? chart_.yAxis2 : chart_.yAxis;
            const double pixel = std::isnan(ends_[c]) ? 0.0 : axis->coordToPixel(ends_[c]);
            const double share = std::isnan(ends_[c]) ? 1.0 : (pixel - chart_.axisRect()->top()) / height;
            places.emplace_back(share, c);
        }
        std::sort(places.begin(), places.end());
        const double gap = 14.0 / height;
        for (std::size_t i = 1; i < places.size(); ++i)
            places[i].first = std::max(places[i].first, places[i - 1].first + gap);
        double limit = 1.0;
        for (std::size_t i = places.size(); i-- > 0; limit -= gap)
            places[i].first = std::min(places[i].first, limit);
        for (const auto& [share, c] : places)
            names_[c]->position->setCoords(1.0 + 20.0 / std::max(60, chart_.axisRect()->width()), share);
    }

    Studio& studio_;
    CurveEditor editor_;
    Segments* picker_;
    QLabel* hint_;
    std::vector<QCPItemText*> names_;
    std::vector<double> ends_;
    Drawn drawn_;
    ScheduleSettings schedule_;  ///< what is drawn
    SamplerSettings sampler_;
    bool ahead_ = false;  ///< of the snapshots
    NotationKind notation_ = NotationKind::Ho;
    std::size_t plane_ = 0;
};

}  // namespace

Plot* makeSchedulePlot(Studio& studio) {
    return new SchedulePlot(studio);
}

}  // namespace diffuscope
