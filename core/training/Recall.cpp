#include "training/Recall.h"

#include "Error.h"

#include <utility>

namespace diffuscope {

MemoryShares memoryShares(const ViewSettings& view) {
    const std::size_t all = static_cast<std::size_t>(view.memory) << 20;
    return {.cloud = all / 4, .recalled = all / 4 + all / 8};
}

void Recall::setForward(const CloudRun& run, std::size_t bytes) {
    forward_ = Recomputation(run.way(), run.trajectory(), bytes);
}

void Recall::setReverse(const CloudRun& run, std::shared_ptr<const TrainingState> state, std::size_t bytes) {
    reverse_ = Recomputation(run.way(), run.trajectory(), bytes);
    state_ = std::move(state);
}

void Recall::dropReverse() {
    reverse_ = {};
    state_.reset();
}

void Recall::limit(const MemoryShares& shares) {
    forward_.limit(shares.cloud, shares.recalled);
    reverse_.limit(shares.cloud, shares.recalled);
}

void Recall::ask(double t) {
    forward_.ask(t);
    // What a step of an ideal denoiser costs depends on its noise: those elsewhere tell nothing of these.
    if (reverse_.ask(t) && !state_) reversePace_ = SlicePace();
}

bool Recall::advance(DenoiserBackend& backend, double seconds) {
    if (!forward_.done()) {
        (void)forwardPace_.advance(forward_, seconds);
        return forward_.done();
    }
    if (reverse_.done()) return false;
    const auto advanceReverse = [&] { (void)reversePace_.advance(reverse_, seconds); };
    const TrainingState present = state_ ? backend.state() : TrainingState();
    if (!state_ || (present.layout == state_->layout && present.average == state_->average)) {
        advanceReverse();
        return reverse_.done();
    }
    try {
        backend.setState(*state_);
        advanceReverse();
    } catch (const BackendError&) {
        backend.setState(present);  // where it still takes it: what training has reached is not lost
        throw;
    }
    backend.setState(present);
    return reverse_.done();
}

}  // namespace diffuscope
