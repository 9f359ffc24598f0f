#pragma once
#include "training/Engine.h"
#include "training/Recomputation.h"

#include <functional>
#include <memory>
#include <span>

namespace diffuscope {

/// What the frames of a film are drawn from: the clouds at its playheads, of which view.memory keeps as many
/// as have room in it; the others are computed again when their frame comes. Used from one thread, on which
/// the backend lives.
class FilmClouds {
  public:
    /// Samples. `run`, `backend` outlive the clouds; `playheads` are those of all frames. `report` is told
    /// the share that is done and returns false to cancel.
    FilmClouds(const SavedRun& run, DenoiserBackend& backend, std::span<const double> playheads,
               const std::function<bool(double)>& report);

    [[nodiscard]] bool complete() const { return complete_; }  ///< false: cancelled

    /// Has in it what is shown at `playhead`, until the next call. `goesOn` is asked between slices of work;
    /// where it says no, the clouds are the nearest that there are.
    [[nodiscard]] const Snapshot& at(double playhead, const std::function<bool()>& goesOn);

  private:
    bool sample(const SavedRun& run, DenoiserBackend& backend, std::span<const double> playheads,
                const std::function<bool(double)>& report);

    Snapshot snapshot_;
    Recomputation forward_;
    Recomputation reverse_;
    bool complete_ = false;
};

}  // namespace diffuscope
