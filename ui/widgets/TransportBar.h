#pragma once
#include "widgets/Playback.h"
#include "widgets/Studio.h"
#include "widgets/Timeline.h"

#include <QComboBox>
#include <QLabel>
#include <QToolButton>
#include <QWidget>
#include <memory>

namespace diffuscope {

/// The bottom of the window, "when": transport, timeline, and which backend runs and why.
class TransportBar : public QWidget {
    Q_OBJECT
  public:
    TransportBar(Studio& studio, Playback& playback, QWidget* parent = nullptr);
    void refresh();
    void setTheme(const Theme& theme);
    void show(const std::shared_ptr<const Snapshot>& snapshot);
    void setTime(double time) { timeline_->setTime(time); }

  private:
    void showPlayIcon();
    QToolButton* addButton(const QString& name, const QString& tip);

    Studio& studio_;
    Playback& playback_;
    QToolButton *toStart_, *back_, *play_, *forward_, *toEnd_, *loop_;
    QComboBox* speed_;
    Timeline* timeline_;
    QLabel* backend_;
    QLabel* reason_;
    static constexpr std::size_t noLoop = ~std::size_t{0};
    std::size_t shownLoop_ = noLoop;
    const Theme* theme_;
};

}  // namespace diffuscope
