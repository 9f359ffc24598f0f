#include "widgets/Follower.h"

#include "scenes/Lane.h"

#include <algorithm>
#include <utility>

namespace diffuscope {
namespace {

std::array<float, 2> pointOf(const Positions& positions, int particle) {
    const auto at = 2 * static_cast<std::size_t>(particle);
    return {(*positions)[at], (*positions)[at + 1]};
}

}  // namespace

std::shared_ptr<const Followed> follow(const FollowRequest& request) {
    const Snapshot& snapshot = *request.snapshot;
    const Trajectory& paths = snapshot.reversePaths;
    if (paths.empty() || request.particle >= paths.count) return nullptr;
    const std::size_t at = std::max<std::size_t>(1, paths.nearest(request.playhead));
    if (at >= paths.t.size() || !paths.positions[at] || !paths.positions[at - 1]) return nullptr;

    auto followed = std::make_shared<Followed>();
    followed->t = paths.t[at];
    followed->next = paths.t[at - 1];
    followed->xt = pointOf(paths.positions[at], request.particle);
    followed->xNext = pointOf(paths.positions[at - 1], request.particle);
    const NoiseLevel level =
        noiseLevel(*snapshot.schedule, followed->t, snapshot.settings.network.conditioning);
    const Frame frame{
        .snapshot = &snapshot, .view = &snapshot.settings.view, .playhead = request.playhead, .splat = {}};
    const auto denoiser = shownDenoiser(frame);  // the one of the layers, kept from playhead to playhead
    if (!denoiser) return nullptr;
    denoiser->eps(followed->xt, level, anyClass, followed->eps);
    const Box box = clampBox(snapshot.data->points);
    for (std::size_t axis = 0; axis < 2; ++axis) {
        float& x0 = followed->x0[axis];
        x0 = (followed->xt[axis] - level.sqrtOneMinusAlphaBar * followed->eps[axis]) / level.sqrtAlphaBar;
        if (snapshot.settings.sampler.clampX0) x0 = std::clamp(x0, box.low[axis], box.high[axis]);
    }
    return followed;
}

Follower::Follower(std::function<void()> done) : done_(std::move(done)), thread_([this] { run(); }) {}

Follower::~Follower() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Follower::request(FollowRequest request) {
    {
        const std::lock_guard lock(mutex_);
        next_ = std::make_unique<FollowRequest>(std::move(request));
    }
    wake_.notify_one();
}

void Follower::run() {
    while (true) {
        std::unique_ptr<FollowRequest> request;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stop_ || next_; });
            if (stop_) return;
            request = std::move(next_);
        }
        answers_.put(follow(*request));
        done_();
    }
}

}  // namespace diffuscope
