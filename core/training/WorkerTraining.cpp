#include "Error.h"
#include "training/Worker.h"

#include <algorithm>

namespace diffuscope {

void Engine::Worker::afterTraining(std::int64_t before, const std::optional<std::string>& event) {
    if (event) notify(true, *event);
    if (trainer_->step() != before || event)
        history_ = std::make_shared<const LossHistory>(trainer_->history());
    dirty_ = true;
}

void Engine::Worker::trainSlice() {
    const int steps = std::clamp(static_cast<int>(sliceSeconds / secondsPerStep_), 1, 1000);
    const std::int64_t before = trainer_->step();
    const auto start = Clock::now();
    try {
        afterTraining(before, trainer_->advance(steps));
    } catch (const InputError&) {
        setTraining(false);
        stopped_ = true;
        throw;  // told by guarded()
    }
    secondsPerStep_ =
        0.7 * secondsPerStep_ + 0.3 * (std::chrono::duration<double>(Clock::now() - start).count() / steps);
    pace_.emplace_back(Clock::now(), trainer_->step());
    while (pace_.size() > 2 && pace_.back().first - pace_.front().first > std::chrono::seconds(1))
        pace_.pop_front();
}

/// Another denoiser's cloud stays as it is while the network learns; what layers and measures say of the
/// network goes on.
void Engine::Worker::renewNetwork() {
    constexpr std::chrono::milliseconds renewEvery{1000};
    if (Clock::now() - networkShown_ < renewEvery) return;
    networkShown_ = Clock::now();
    const auto state = std::make_shared<const TrainingState>(trainer_->backend().state());
    shownNetwork_ = networkDenoiser(*state);
    shownState_ = state;
    dirty_ = true;
}

}  // namespace diffuscope
