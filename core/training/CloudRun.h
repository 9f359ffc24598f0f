#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/ForwardNoise.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/Trajectory.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace diffuscope {

/// Pushes a cloud of particles from step to step, a slice of work at a time, and keeps positions on the way.
/// The result does not depend on how the work is sliced.
class CloudRun {
  public:
    /// Moves particles firstParticle … by steps firstStep … firstStep + steps - 1, in place, with what they
    /// remember from step to step, `memory` (count, 2); `frames` (steps, count, 2) takes the positions after
    /// every step, or is empty.
    using Advance =
        std::function<void(std::size_t firstStep, std::size_t steps, std::uint32_t firstParticle,
                           std::span<float> positions, std::span<float> memory, std::span<float> frames)>;

    CloudRun() = default;
    /// `times`: the t before the first step, then the t after each; of several steps in a row to the same t
    /// only the last one's positions are kept. `kept`: ascending, both ends included. `smallestBlock`:
    /// particles that are not worth dividing.
    CloudRun(std::vector<int> times, std::vector<int> kept, std::vector<float> start, Advance advance,
             std::size_t smallestBlock = 64);

    [[nodiscard]] bool done() const { return next_ + 1 >= times_.size(); }
    [[nodiscard]] std::size_t units() const;  ///< of all its work, see advance()
    [[nodiscard]] double share() const;       ///< computed so far, 0 … 1
    [[nodiscard]] const Trajectory& trajectory() const { return trajectory_; }

    /// Work for one particle and one step is the unit: does about `units` of them, at least one step of one
    /// block of particles. Returns how many were done.
    std::size_t advance(std::size_t units);

  private:
    void keep(std::span<const float> positions);

    std::vector<int> times_;
    std::vector<float> positions_;
    std::vector<float> memory_;
    std::vector<float> frames_;
    Advance advance_;
    Trajectory trajectory_;
    std::size_t next_ = 0;  ///< index into times_ of where the cloud stands
    std::size_t smallestBlock_ = 1;
    std::size_t block_ = 0;  ///< first particle of the next block within the step
};

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
