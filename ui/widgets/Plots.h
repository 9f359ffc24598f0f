#pragma once
#include "scenes/Theme.h"
#include "settings/Choice.h"
#include "training/Snapshot.h"

#include <QWidget>
#include <memory>
#include <span>

namespace diffuscope {

/// What a plot is drawn from. Never kept.
struct PlotInput {
    std::shared_ptr<const Snapshot> snapshot;
    NotationKind notation;
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
    [[nodiscard]] virtual QString note() const { return {}; }  ///< for the right end of the section's head
};

struct PlotRow {
    Choice choice;
    int height;
    Plot* (*make)();
};
[[nodiscard]] std::span<const PlotRow> plots();

}  // namespace diffuscope
