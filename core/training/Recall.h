#pragma once
#include "denoiser/DenoiserBackend.h"
#include "settings/Settings.h"
#include "training/CloudRun.h"
#include "training/Recomputation.h"
#include "training/WorkPace.h"

#include <cstddef>
#include <memory>

namespace diffuscope {

/// How the bytes of view.memory are shared out: to the forward cloud, the reverse cloud on the stage, and the
/// one before or after it a quarter each, and to what is computed again on either lane an eighth.
struct MemoryShares {
    std::size_t cloud;     ///< that one cloud may keep
    std::size_t recalled;  ///< with what is computed again between its kept steps
};
[[nodiscard]] MemoryShares memoryShares(const ViewSettings& view);

/// The clouds on the stage with their positions at the playhead, which are computed again where they were not
/// kept: in slices, with the weights that the run had.
class Recall {
  public:
    void setForward(const CloudRun& run, std::size_t bytes);  ///< that is done; `bytes`: see MemoryShares
    /// `state`: the network's when the run began, where the run asked the backend's network; else null.
    void setReverse(const CloudRun& run, std::shared_ptr<const TrainingState> state, std::size_t bytes);
    void dropForward() { forward_ = {}; }
    void dropReverse();  ///< before the backend goes
    void limit(const MemoryShares& shares);

    void ask(double t);
    [[nodiscard]] bool done() const { return forward_.done() && reverse_.done(); }
    /// Works for about so long. `backend` is the one of the runs; it leaves with the state it came with.
    /// Returns whether a cloud has arrived where it was asked for.
    bool advance(DenoiserBackend& backend, double seconds);

    /// Of the run last set; empty where there is none.
    [[nodiscard]] const Trajectory& forward() const { return forward_.trajectory(); }
    [[nodiscard]] const Trajectory& reverse() const { return reverse_.trajectory(); }

  private:
    Recomputation forward_;
    Recomputation reverse_;
    std::shared_ptr<const TrainingState> state_;
    SlicePace forwardPace_{1e-6};
    SlicePace reversePace_{1e-6};
};

}  // namespace diffuscope
