#pragma once
#include "widgets/Plots.h"

#include <qcustomplot.h>

namespace diffuscope {

/// What all plots share: one QCustomPlot in the theme's colours, and what is drawn on it by name.
class PlotBase : public Plot {
  public:
    PlotBase();
    void setTheme(const Theme& theme) override;
    void setPlayhead(double t) override;
    [[nodiscard]] std::vector<ShownCurve> curves() const override { return curves_; }

  protected:
    virtual void restyle() = 0;

    /// The dotted line at t, for plots over t.
    void addPlayhead();
    /// A name beside a curve: no meaning by colour alone.
    QCPItemText* makeName(Qt::Alignment alignment);
    /// `name` written in a role's colour, at a share of the axis rectangle.
    void place(QCPItemText* name, const QString& text, const QColor& role, QPointF share);
    [[nodiscard]] QColor ink(const QColor& role) const { return inkOf(*theme_, role, theme_->stage); }
    /// Keeps what is drawn under `name`, and says it to readers of the screen.
    void keep(std::size_t index, const QString& name, const QVector<double>& x, const QVector<double>& y);
    void forget(std::size_t from);  ///< curves that are no longer drawn
    void redraw() { chart_.replot(QCustomPlot::rpQueuedReplot); }

    QCustomPlot chart_;
    const Theme* theme_ = &themeOf(ThemeKind::Dark);

  private:
    QCPItemStraightLine* playhead_ = nullptr;
    double t_ = -1.0;
    std::vector<ShownCurve> curves_;
};

/// A logarithmic axis over [low, high], both above zero: powers of ten where it spans two, else 1, 2 and 5.
void setLogarithmic(QCPAxis* axis, double low, double high);
/// A linear axis over [low, high].
void setLinear(QCPAxis* axis, double low, double high);

Plot* makeSchedulePlot(Studio& studio);
Plot* makeLossPlot(Studio&);
Plot* makeLossPerStepPlot(Studio&);
Plot* makeGradientPlot(Studio&);
Plot* makeDistancePlot(Studio&);
Plot* makeBoundPlot(Studio&);
Plot* makeSpreadPlot(Studio&);

/// Mean over t of the irreducible loss of the bins, as the training loss is a mean over t; NaN without bins.
[[nodiscard]] double irreducibleLoss(const Readings& readings);

}  // namespace diffuscope
