#pragma once
#include "widgets/NowSection.h"
#include "widgets/Plots.h"
#include "widgets/Section.h"

#include <QElapsedTimer>
#include <QLabel>
#include <QWidget>
#include <memory>
#include <vector>

namespace diffuscope {

/// The right column, "read": the plots, and the numbers of the moment. Folded plots are not drawn.
class ReadColumn : public QWidget {
    Q_OBJECT
  public:
    explicit ReadColumn(Studio& studio, QWidget* parent = nullptr);
    using QWidget::show;
    void setTheme(const Theme& theme);
    void show(const std::shared_ptr<const Snapshot>& snapshot, double playhead);
    /// Whether the plots are of it: they follow less often than they are told.
    [[nodiscard]] bool shows(const Snapshot& snapshot) const { return shown_.get() == &snapshot; }
    [[nodiscard]] const MeasureHistory& measures() const { return measures_; }
    [[nodiscard]] Plot* plot(std::string_view id) const;  ///< of plots()

  private:
    struct PlotSection {
        const PlotRow* row;
        Plot* plot;
        Section* section;
        QLabel* source;
    };
    void showPlots(const std::shared_ptr<const Snapshot>& snapshot);
    void showPlot(const PlotSection& each, const PlotInput& input);
    void showNow(const std::shared_ptr<const Snapshot>& snapshot);
    [[nodiscard]] int stepOf(const std::shared_ptr<const Snapshot>& snapshot) const;
    void name();  ///< tooltips in the notation of the settings

    Studio& studio_;
    NotationKind notation_ = NotationKind::Ho;
    MeasureHistory measures_;
    std::vector<PlotSection> plots_;
    NowSection* now_;
    std::shared_ptr<const Snapshot> shown_;
    double playhead_ = 0.0;
    QElapsedTimer sinceReplot_;
};

}  // namespace diffuscope
