#include "widgets/Playback.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace diffuscope {

void Playback::setPlaying(bool playing) {
    if (playing == playing_) return;
    playing_ = playing;
    hold_ = 0.0;
    emit playingChanged(playing);
}

void Playback::setTime(double time) {
    time = std::clamp(time, 0.0, static_cast<double>(steps_));
    hold_ = 0.0;
    if (std::exchange(time_, time) != time) emit moved();
}

void Playback::setSteps(int steps) {
    const double fraction = time_ / steps_;
    steps_ = std::max(1, steps);
    time_ = fraction * steps_;
    emit moved();
}

void Playback::step(int direction) {
    setPlaying(false);
    setTime(direction > 0 ? std::floor(time_) + 1.0 : std::ceil(time_) - 1.0);
}

void Playback::toData() {
    setTime(0.0);
}

void Playback::toNoise() {
    setTime(steps_);
}

void Playback::advance(double seconds, const ViewSettings& view) {
    if (!playing_) return;
    if (view.loop != LoopKind::BackAndForth) towardsNoise_ = false;
    if (hold_ > 0.0) {
        hold_ -= seconds;
        if (hold_ > 0.0) return;
        if (view.loop == LoopKind::Repeat && time_ <= 0.0) {
            setTime(steps_);
            hold_ = holdSeconds;
            return;
        }
    }
    const double distance = seconds * view.speed * steps_ / sweepSeconds;
    const double end = towardsNoise_ ? steps_ : 0.0;
    const bool arrives = std::abs(end - time_) <= distance;
    setTime(arrives ? end : time_ + (towardsNoise_ ? distance : -distance));
    if (!arrives) return;
    if (view.loop == LoopKind::Once) {
        setPlaying(false);
        return;
    }
    hold_ = holdSeconds;
    if (view.loop == LoopKind::BackAndForth) towardsNoise_ = !towardsNoise_;
}

}  // namespace diffuscope
