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
    // The steps of an ideal denoiser differ a hundredfold: what the last one took tells nothing of these.
    if (!state) reversePace_ = SlicePace();
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
    if (!state_) reversePace_ = SlicePace();
    reverse_.ask(t);
}

void Recall::advance(DenoiserBackend& backend, double seconds) {
    if (!forward_.done()) {
        (void)forwardPace_.advance(forward_, seconds);
        return;
    }
    if (reverse_.done()) return;
    if (!state_) {
        (void)reversePace_.advance(reverse_, seconds);
        return;
    }
    const TrainingState present = backend.state();
    const bool other = present.layout != state_->layout || present.average != state_->average;
    if (!other) {
        (void)reversePace_.advance(reverse_, seconds);
        return;
    }
    try {
        backend.setState(*state_);
        (void)reversePace_.advance(reverse_, seconds);
    } catch (const BackendError&) {
        backend.setState(present);  // where it still takes it: what training has reached is not lost
        throw;
    }
    backend.setState(present);
}

}  // namespace diffuscope
