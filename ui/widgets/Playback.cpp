#include "widgets/Playback.h"

#include "scenes/Pace.h"

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
    time = std::clamp(time, 0.0, static_cast<double>(steps()));
    hold_ = 0.0;
    if (std::exchange(time_, time) != time) emit moved();
}

void Playback::setSchedule(std::shared_ptr<const NoiseSchedule> schedule) {
    const double fraction = time_ / steps();
    schedule_ = std::move(schedule);
    time_ = fraction * steps();
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
    setTime(steps());
}

void Playback::advance(double seconds, const ViewSettings& view) {
    if (!playing_ || !schedule_) return;
    if (view.loop != LoopKind::BackAndForth) towardsNoise_ = false;
    if (hold_ > 0.0) {
        hold_ -= seconds;
        if (hold_ > 0.0) return;
        if (view.loop == LoopKind::Repeat && time_ <= 0.0) {
            setTime(steps());
            hold_ = holdSeconds;
            return;
        }
    }
    const double distance = seconds * view.speed / sweepSeconds;
    const double end = towardsNoise_ ? 1.0 : 0.0;
    const double way = wayAt(*schedule_, time_);
    const bool arrives = std::abs(end - way) <= distance;
    setTime(timeAt(*schedule_, arrives ? end : way + (towardsNoise_ ? distance : -distance)));
    if (!arrives) return;
    if (view.loop == LoopKind::Once) {
        setPlaying(false);
        return;
    }
    hold_ = holdSeconds;
    if (view.loop == LoopKind::BackAndForth) towardsNoise_ = !towardsNoise_;
}

}  // namespace diffuscope
