#pragma once
#include "training/Snapshot.h"
#include "widgets/Gallery.h"
#include "widgets/Section.h"

#include <QWidget>
#include <memory>

class QProgressBar;

namespace diffuscope {

/// How much signal is left at T, with a warning where the reverse run would start from the wrong place.
class SignalGauge : public QWidget {
    Q_OBJECT
  public:
    explicit SignalGauge(QWidget* parent = nullptr);
    void show(const NoiseSchedule& schedule, const Theme& theme, NotationKind notation);

  private:
    QProgressBar* bar_;
    QLabel* value_;
    QLabel* warning_;
};

/// The left column, "what": data, schedule, sampler, network and training.
class ControlColumn : public QWidget {
    Q_OBJECT
  public:
    explicit ControlColumn(Studio& studio, QWidget* parent = nullptr);
    void refresh();
    void setTheme(const Theme& theme);
    void show(const Snapshot& snapshot);

  signals:
    void importAsked();
    void drawAsked();

  private:
    void buildTraining();
    void showPlayIcon();

    Studio& studio_;
    const Theme* theme_;
    Section* data_;
    Section* schedule_;
    Section* sampler_;
    Section* training_;
    Section* view_;
    Gallery* gallery_;
    SignalGauge* gauge_;
    QLabel* retrain_;
    QToolButton* play_;
    QToolButton* step_;
    QToolButton* reset_;
    QLabel* steps_;
    QLabel* rate_;
};

}  // namespace diffuscope
