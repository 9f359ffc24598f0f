#pragma once
#include "export/FilmFile.h"
#include "training/CloudRun.h"
#include "training/Engine.h"
#include "training/Recomputation.h"
#include "training/WorkPace.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

namespace diffuscope {

/// What the frames of a film are drawn from: the clouds at its playheads, of which view.memory keeps as many
/// as have room in it; the others are computed again when their frame comes. Used from one thread, on which
/// the backend lives.
class FilmClouds {
  public:
    /// `run` and `backend` outlive the clouds; `playheads` are those of all frames. Of the second half alone,
    /// from noise to data, the reverse run goes on from frame to frame, and lets go what was shown; else all
    /// is sampled first.
    FilmClouds(const SavedRun& run, DenoiserBackend& backend, std::span<const double> playheads,
               DrawnHalf drawn);

    /// Whether the clouds of so many frames have room in view.memory.
    [[nodiscard]] static bool haveRoom(const Settings& settings, int frames);

    /// All that must be there before the first frame. `report` is told the share that is done and returns
    /// false to cancel; then so does this.
    [[nodiscard]] bool sample(const std::function<bool(double)>& report);

    /// Has in it what is shown at `playhead`, until the next call. `goesOn` is asked between slices of work;
    /// where it says no, the clouds are the nearest that there are.
    [[nodiscard]] const Snapshot& at(double playhead, const std::function<bool()>& goesOn);

  private:
    /// The cloud of a lane on its way, and what it did not keep.
    struct LaneRun {
        CloudRun cloud;
        CloudRun paths;
        bool all = true;  ///< what is shown is kept
        SlicePace pace;
        Recomputation again;
    };
    [[nodiscard]] bool runToTheEnd(LaneRun& lane, const std::function<bool(double)>& report) const;
    void recall(LaneRun& lane, double playhead, const std::function<bool()>& goesOn, Trajectory& shown) const;

    bool onTheWay_;          ///< the second half alone
    std::size_t bytes_ = 0;  ///< for the positions of one lane
    Snapshot snapshot_;
    std::optional<LaneRun> forward_;
    std::optional<LaneRun> reverse_;
};

}  // namespace diffuscope
