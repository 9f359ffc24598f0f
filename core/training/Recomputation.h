#pragma once
#include "diffusion/Trajectory.h"
#include "training/CloudWalk.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace diffuscope {

/// Positions of a run between those that it kept, computed again where somebody looks, a slice of work at a
/// time. They are bit for bit what the run had there, as long as the way's denoiser is what it was.
class Recomputation {
  public:
    Recomputation() = default;
    /// Of a run that is done. `bytes`: what its kept positions and those computed again may take together;
    /// where the kept ones leave no room for one more cloud, nothing is computed again.
    Recomputation(std::shared_ptr<const CloudWay> way, Trajectory kept, std::size_t bytes);

    /// The playhead stands at `time`. What is under way for another place goes on where it leads there, and
    /// is given up where it does not. Returns whether it is another place than before.
    bool ask(double time);

    /// Lets kept positions go until they take at most `kept` bytes, and all of those computed again, which
    /// from now on take at most `bytes` together with them.
    void limit(std::size_t kept, std::size_t bytes);

    [[nodiscard]] bool done() const { return !target_; }
    /// As CloudRun::advance(). Returns 0 where nothing is to be done.
    std::size_t advance(std::size_t units);

    /// What was kept, and what has been computed again.
    [[nodiscard]] const Trajectory& trajectory() const { return trajectory_; }

  private:
    [[nodiscard]] std::size_t room() const;  ///< clouds that can be kept beside the run's own
    [[nodiscard]] std::size_t bytesAt(std::size_t at) const;
    [[nodiscard]] std::size_t startFor(std::size_t at) const;
    [[nodiscard]] std::size_t stopsUntil(std::size_t at) const;
    [[nodiscard]] bool wanted(std::size_t at) const;
    void keep(std::size_t at, std::span<const float> positions);
    void forget(int t);

    std::shared_ptr<const CloudWay> way_;
    std::size_t bytes_ = 0;
    std::size_t keptBytes_ = 0;
    std::vector<std::pair<int, std::size_t>> stops_;  ///< (t, index into the way's times), t ascending
    Trajectory trajectory_;
    std::vector<int> found_;  ///< the t of what was computed again
    CloudWalk walk_;
    std::size_t from_ = 0;               ///< where the walk began
    std::size_t spacing_ = 1;            ///< of what it keeps on its way
    std::optional<std::size_t> target_;  ///< where it goes: index into the way's times
};

}  // namespace diffuscope
