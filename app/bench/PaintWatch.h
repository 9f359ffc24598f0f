#pragma once
#include "widgets/StageWidget.h"

#include <QObject>
#include <chrono>
#include <functional>

namespace diffuscope {

/// Follows what the stage paints.
class PaintWatch : public QObject {
  public:
    using Clock = std::chrono::steady_clock;  // the same in every process

    explicit PaintWatch(StageWidget& stage);

    /// Turns the event loop until `seen` says that it has seen what it waits for. It is asked after every
    /// paint, once the picture has been handed to the display. @throws Interrupted; InputError after
    /// `seconds`
    void await(const std::function<bool(const StageRequest& picture)>& seen, double seconds);
    /// Turns the event loop until `then`.
    void rest(Clock::time_point then);
    [[nodiscard]] Clock::time_point paintedAt() const { return paintedAt_; }  ///< of the last paint

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    StageWidget& stage_;
    std::function<void()> painted_;
    Clock::time_point paintedAt_;
    bool told_ = true;
};

}  // namespace diffuscope
