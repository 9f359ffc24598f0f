#include "export/FilmClouds.h"

#include "denoiser/Denoiser.h"
#include "training/CloudRun.h"
#include "training/WorkPace.h"

#include <algorithm>
#include <limits>

namespace diffuscope {
namespace {

constexpr int followedParticles = 10;
constexpr double sliceSeconds = 0.02;
constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

/// Runs a cloud to its end. Returns false when cancelled.
template <typename Report>
bool runToTheEnd(CloudRun& run, Report report) {
    SlicePace slices;
    while (!run.done()) {
        (void)slices.advance(run, sliceSeconds);
        if (!report(run.share())) return false;
    }
    return true;
}

/// Where not all clouds of the film have room in `bytes`, half of it is for those from which the others are
/// computed again.
bool keepFor(std::span<const double> playheads, std::size_t bytes, CloudRun& cloud) {
    if (cloud.keepNear(playheads, bytes)) return true;
    cloud.thin(bytes / 2);
    return false;
}

/// Brings what is shown at `playhead` into `shown`.
void recall(Recomputation& again, double playhead, const std::function<bool()>& goesOn, Trajectory& shown) {
    if (again.trajectory().empty()) return;  // all of it is there
    again.ask(playhead);
    SlicePace slices;
    while (!again.done() && goesOn()) (void)slices.advance(again, sliceSeconds);
    shown = again.trajectory();
}

}  // namespace

FilmClouds::FilmClouds(const SavedRun& run, DenoiserBackend& backend, std::span<const double> playheads,
                       const std::function<bool(double)>& report) {
    complete_ = sample(run, backend, playheads, report);
}

bool FilmClouds::sample(const SavedRun& run, DenoiserBackend& backend, std::span<const double> playheads,
                        const std::function<bool(double)>& report) {
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
    const std::size_t all = static_cast<std::size_t>(settings.view.memory) << 20;
    const std::size_t bytes = settings.view.lanes == LaneKind::Both ? all / 2 : all;

    if (settings.view.lanes != LaneKind::Reverse) {
        CloudRun cloud = forwardRun(schedule, run.data, settings.seed, count, everything);
        CloudRun paths = forwardRun(schedule, run.data, settings.seed, followed, everything);
        const bool kept = keepFor(playheads, bytes, cloud);
        if (!runToTheEnd(cloud, [&](double share) { return report(0.2 * share); })) return false;
        if (!runToTheEnd(paths, [&](double) { return report(0.2); })) return false;
        snapshot_.forward = cloud.trajectory();
        snapshot_.forwardPaths = paths.trajectory();
        if (!kept) forward_ = Recomputation(cloud.way(), cloud.trajectory(), bytes);
    }
    if (settings.view.lanes != LaneKind::Forward) {
        backend.setState(run.state);
        CloudRun cloud = reverseRun(backend, *schedule, run.data, settings, count, everything);
        CloudRun paths = reverseRun(backend, *schedule, run.data, settings, followed, everything);
        const bool kept = keepFor(playheads, bytes, cloud);
        if (!runToTheEnd(cloud, [&](double share) { return report(0.2 + 0.8 * share); })) return false;
        if (!runToTheEnd(paths, [&](double) { return report(1.0); })) return false;
        snapshot_.reverse = cloud.trajectory();
        snapshot_.reversePaths = paths.trajectory();
        snapshot_.reverseComputed = 1.0;
        if (!kept) reverse_ = Recomputation(cloud.way(), cloud.trajectory(), bytes);
    }
    return true;
}

const Snapshot& FilmClouds::at(double playhead, const std::function<bool()>& goesOn) {
    recall(forward_, playhead, goesOn, snapshot_.forward);
    recall(reverse_, playhead, goesOn, snapshot_.reverse);
    return snapshot_;
}

}  // namespace diffuscope
