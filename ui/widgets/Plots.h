#pragma once
#include "scenes/Theme.h"
#include "settings/Choice.h"
#include "training/Snapshot.h"
#include "widgets/MeasureHistory.h"

#include <QVector>
#include <QWidget>
#include <memory>
#include <span>
#include <vector>

namespace diffuscope {

class Studio;

/// What a plot is drawn from. Never kept.
struct PlotInput {
    std::shared_ptr<const Snapshot> snapshot;
    NotationKind notation;
    const MeasureHistory& measures;
};

/// A curve or a row of bars as it is drawn, for tests and for readers of the screen.
struct ShownCurve {
    QString name;
    QVector<double> x;
    QVector<double> y;
};

/// One plot of the right column. Curves are drawn anew only when their data change; the playhead is an item
/// on a layer of its own.
class Plot : public QWidget {
    Q_OBJECT
  public:
    using QWidget::QWidget;
    virtual void setTheme(const Theme& theme) = 0;
    virtual void show(const PlotInput& input) = 0;
    virtual void setPlayhead(double t) = 0;
    [[nodiscard]] virtual std::vector<ShownCurve> curves() const = 0;
};

struct PlotRow {
    Choice choice;
    int height;
    bool open;  ///< unfolded at the start
    Plot* (*make)(Studio&);
    /// For the right end of the section's head, also while it is folded; null: nothing.
    QString (*note)(const PlotInput&);
    /// The quiet line under the plot: what it was taken from, and what that cost; null: no line.
    QString (*source)(const PlotInput&);
};
[[nodiscard]] std::span<const PlotRow> plots();

/// Why there are no readings, in a few words; empty where there are.
[[nodiscard]] QString whyUnread(const Snapshot& snapshot);

}  // namespace diffuscope
