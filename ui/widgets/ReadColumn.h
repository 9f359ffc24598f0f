#pragma once
#include "widgets/Plots.h"
#include "widgets/Section.h"

#include <QElapsedTimer>
#include <QLabel>
#include <QWidget>
#include <memory>
#include <vector>

namespace diffuscope {

/// The right column, "read": the plots, and the numbers of the moment.
class ReadColumn : public QWidget {
    Q_OBJECT
  public:
    explicit ReadColumn(Studio& studio, QWidget* parent = nullptr);
    void setTheme(const Theme& theme);
    void show(const std::shared_ptr<const Snapshot>& snapshot, double playhead);

  private:
    void name();  ///< writes symbols in the notation of the settings
    void showNumbers(const Snapshot& snapshot, int t);

    struct PlotSection {
        Plot* plot;
        Section* section;
    };
    Studio& studio_;
    NotationKind notation_ = NotationKind::Ho;
    std::vector<PlotSection> plots_;
    QLabel* equation_;
    std::vector<QLabel*> symbols_;
    std::vector<QLabel*> values_;
    const Theme* theme_;
    std::shared_ptr<const Snapshot> shown_;
    std::shared_ptr<const Snapshot> numbersOf_;
    int numbersAt_ = -1;
    QElapsedTimer sinceReplot_;
};

}  // namespace diffuscope
