#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/ForwardNoise.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/Trajectory.h"
#include "training/CloudWalk.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace diffuscope {

/// Pushes a cloud of particles from step to step, a slice of work at a time, and keeps positions on the way.
/// The result does not depend on how the work is sliced.
class CloudRun {
  public:
    CloudRun() = default;
    /// Of several steps in a row to the same t only the last one's positions are kept. `kept`: ascending,
    /// both ends included. `start` (count, 2).
    CloudRun(std::shared_ptr<const CloudWay> way, std::vector<int> kept, std::vector<float> start);

    [[nodiscard]] bool done() const { return !way_ || at_ >= way_->last(); }
    [[nodiscard]] std::size_t units() const;  ///< of all its work, see advance()
    [[nodiscard]] double share() const;       ///< computed so far, 0 … 1
    [[nodiscard]] const Trajectory& trajectory() const { return trajectory_; }
    [[nodiscard]] const std::shared_ptr<const CloudWay>& way() const { return way_; }

    /// As CloudWalk::advance(), to the end of the way.
    std::size_t advance(std::size_t units);

    /// Before the first step, of a run that was to keep all its steps: keeps those that are nearest to
    /// `playheads` and both ends, where that takes at most `bytes`. Returns false where it does not.
    [[nodiscard]] bool keepNear(std::span<const double> playheads, std::size_t bytes);

    /// Lets kept positions go, and keeps fewer of those to come, until all takes at most `bytes`.
    void thin(std::size_t bytes);

    /// Lets the positions kept at steps above `t` go, which are then null.
    void forgetAbove(int t);

  private:
    void keep(std::size_t at, std::span<const float> positions);
    [[nodiscard]] std::optional<std::size_t> placeOf(std::size_t at) const;

    std::shared_ptr<const CloudWay> way_;
    CloudWalk walk_;  ///< let go at the end
    Trajectory trajectory_;
    std::size_t at_ = 0;  ///< index into the way's times of where the cloud stands
};

/// Of a cloud, those whose paths are drawn: its first ones.
constexpr int followedParticles = 10;

/// The forward chain of `count` particles, data first; at most `bytes` of positions are kept.
/// `noise`: of that seed, T and count, where the caller keeps it.
[[nodiscard]] CloudRun forwardRun(std::shared_ptr<const NoiseSchedule> schedule,
                                  std::shared_ptr<const DataSet> data, std::uint64_t seed, int count,
                                  std::size_t bytes, std::shared_ptr<ForwardNoise> noise = nullptr);

/// The reverse run of `count` particles, noise first, by the backend's network or a denoiser of `data`
/// (of trainedOn(), which is `trained` where the caller has it), as the settings say. The backend must
/// outlive the run.
/// @throws InputError where `data` has no denoiser of that kind, or as guidanceOf() and requireVariance()
[[nodiscard]] CloudRun reverseRun(DenoiserBackend& backend, const NoiseSchedule& schedule,
                                  std::shared_ptr<const DataSet> data, const Settings& settings, int count,
                                  std::size_t bytes, std::shared_ptr<const DataSet> trained = nullptr);

}  // namespace diffuscope
