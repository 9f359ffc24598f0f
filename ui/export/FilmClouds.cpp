#include "export/FilmClouds.h"

#include "denoiser/Denoiser.h"

#include <algorithm>
#include <limits>

namespace diffuscope {
namespace {

constexpr double sliceSeconds = 0.2;  // each begins with finding its noise, which costs as much as some steps
constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

std::size_t bytesOfLane(const ViewSettings& view) {
    const std::size_t all = static_cast<std::size_t>(view.memory) << 20;
    return view.lanes == LaneKind::Both ? all / 2 : all;
}

}  // namespace

bool FilmClouds::haveRoom(const Settings& settings, int frames) {
    const auto clouds = static_cast<std::size_t>(frames) + 2;  // the two ends are kept as well
    return clouds * static_cast<std::size_t>(settings.view.particles) * 2 * sizeof(float) <=
           bytesOfLane(settings.view);
}

FilmClouds::FilmClouds(const SavedRun& run, DenoiserBackend& backend, std::span<const double> playheads,
                       DrawnHalf drawn)
    : onTheWay_(drawn == DrawnHalf::Second) {
    const Settings& settings = run.settings;
    const int count = settings.view.particles;
    const int followed = std::min(followedParticles, count);
    snapshot_.settings = settings;
    snapshot_.data = run.data;
    snapshot_.trained = trainedOn(settings.data.dataset, run.data);
    const auto schedule = std::make_shared<const NoiseSchedule>(settings.schedule);
    snapshot_.schedule = schedule;
    if (layoutOf(settings, *run.data) == run.state.layout)
        snapshot_.network = networkDenoiser(run.state);  // layers ask it
    bytes_ = bytesOfLane(settings.view);
    // Where not all clouds of the film have room, half of it is for those that the others are computed from.
    const auto keep = [&](LaneRun& lane, std::size_t bytes) {
        lane.all = lane.cloud.keepNear(playheads, bytes);
        if (!lane.all) lane.cloud.thin(bytes / 2);
    };
    if (settings.view.lanes != LaneKind::Reverse) {
        forward_.emplace();
        forward_->cloud = forwardRun(schedule, run.data, settings.seed, count, everything);
        forward_->paths = forwardRun(schedule, run.data, settings.seed, followed, everything);
        keep(*forward_, bytes_);
    }
    if (settings.view.lanes != LaneKind::Forward) {
        backend.setState(run.state);
        reverse_.emplace();
        reverse_->cloud = reverseRun(backend, *schedule, run.data, settings, count, everything);
        reverse_->paths = reverseRun(backend, *schedule, run.data, settings, followed, everything);
        // What has been shown on the way is let go: there is room for all.
        keep(*reverse_, onTheWay_ ? everything : bytes_);
        snapshot_.reverseComputed = 1.0;
    }
}

bool FilmClouds::runToTheEnd(LaneRun& lane, const std::function<bool(double)>& report) const {
    while (!lane.cloud.done()) {
        (void)lane.pace.advance(lane.cloud, sliceSeconds);
        if (!report(lane.cloud.share())) return false;
    }
    if (!lane.all) lane.again = Recomputation(lane.cloud.way(), lane.cloud.trajectory(), bytes_);
    return true;
}

bool FilmClouds::sample(const std::function<bool(double)>& report) {
    const auto pathsOf = [&](LaneRun& lane, double share) {
        SlicePace pace;
        while (!lane.paths.done()) {
            (void)pace.advance(lane.paths, sliceSeconds);
            if (!report(share)) return false;
        }
        return true;
    };
    if (forward_) {
        if (!runToTheEnd(*forward_, [&](double share) { return report(0.2 * share); })) return false;
        if (!pathsOf(*forward_, 0.2)) return false;
        snapshot_.forward = forward_->cloud.trajectory();
        snapshot_.forwardPaths = forward_->paths.trajectory();
    }
    if (reverse_) {
        if (!onTheWay_ && !runToTheEnd(*reverse_, [&](double share) { return report(0.2 + 0.8 * share); }))
            return false;
        if (!pathsOf(*reverse_, onTheWay_ ? 0.2 : 1.0)) return false;
        snapshot_.reverse = reverse_->cloud.trajectory();
        snapshot_.reversePaths = reverse_->paths.trajectory();
    }
    return report(1.0);
}

/// Brings what is shown at `playhead` into `shown`.
void FilmClouds::recall(LaneRun& lane, double playhead, const std::function<bool()>& goesOn,
                        Trajectory& shown) const {
    if (lane.all) {
        const std::size_t place = lane.cloud.trajectory().nearest(playhead);
        while (!lane.cloud.trajectory().positions[place] && goesOn())
            (void)lane.pace.advance(lane.cloud, sliceSeconds);
        if (onTheWay_) lane.cloud.forgetAbove(lane.cloud.trajectory().t[place]);
        shown = lane.cloud.trajectory();
        return;
    }
    lane.again.ask(playhead);
    while (!lane.again.done() && goesOn()) (void)lane.pace.advance(lane.again, sliceSeconds);
    shown = lane.again.trajectory();
}

const Snapshot& FilmClouds::at(double playhead, const std::function<bool()>& goesOn) {
    if (forward_) recall(*forward_, playhead, goesOn, snapshot_.forward);
    if (reverse_) recall(*reverse_, playhead, goesOn, snapshot_.reverse);
    return snapshot_;
}

}  // namespace diffuscope
