#include "training/Worker.h"

namespace diffuscope {

void Engine::Worker::setPlayhead(double t) {
    recall_.ask(t);
}

/// Before the backend goes: both know it.
void Engine::Worker::dropPass() {
    pass_ = {};
    recall_.dropReverse();
}

/// Between the kept steps nothing is computed again for a cloud that is still on its way.
void Engine::Worker::recallSlice() {
    if (recall_.advance(trainer_->backend(), sliceSeconds)) dirty_ = true;
}

void Engine::Worker::limitMemory() {
    const MemoryShares shares = memoryShares(settings_.view);
    forwardCloud_.thin(shares.cloud);
    pass_.cloud.thin(shares.cloud);
    recall_.limit(shares);
    shownCloud_ = recall_.reverse().empty() ? thinned(shownCloud_, shares.cloud) : recall_.reverse();
    cloudBefore_ = thinned(cloudBefore_, shares.cloud);
}

}  // namespace diffuscope
