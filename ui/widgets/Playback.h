#pragma once
#include "diffusion/NoiseSchedule.h"
#include "settings/Settings.h"

#include <QObject>
#include <memory>

namespace diffuscope {

/// The playhead: a diffusion time t in 0 … T that moves with the clock, or by hand.
class Playback : public QObject {
    Q_OBJECT
  public:
    [[nodiscard]] double time() const { return time_; }
    [[nodiscard]] bool playing() const { return playing_; }
    [[nodiscard]] bool towardsNoise() const { return towardsNoise_; }

    void setPlaying(bool playing);
    void setTime(double time);                                        ///< clamped to 0 … T
    void setSchedule(std::shared_ptr<const NoiseSchedule> schedule);  ///< keeps the fraction t/T
    void step(int direction);  ///< one diffusion step towards noise (+1) or data (-1); pauses
    void toData();
    void toNoise();

    /// Moves on by so many seconds of clock. At speed 1 a sweep takes sweepSeconds, and a moment is held at
    /// each end.
    void advance(double seconds, const ViewSettings& view);

    static constexpr double sweepSeconds = 5.0;
    static constexpr double holdSeconds = 0.6;

  signals:
    void moved();
    void playingChanged(bool playing);

  private:
    [[nodiscard]] int steps() const { return schedule_ ? schedule_->steps() : 1; }

    std::shared_ptr<const NoiseSchedule> schedule_;
    double time_ = 0.0;
    double hold_ = 0.0;
    bool playing_ = true;
    bool towardsNoise_ = true;
};

}  // namespace diffuscope
