#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace diffuscope {

/// The steps of a run. What it draws depends on particle and step alone, so any piece of the way can be gone
/// again, from the positions and the memory before it to the same ones after it. Used from one thread.
struct CloudWay {
    /// Moves particles firstParticle … by steps firstStep … firstStep + steps - 1, in place, with what they
    /// remember from step to step, `memory` (count, 2), empty where the way remembers nothing; `frames`
    /// (steps, count, 2) takes the positions after every step, or is empty.
    using Advance =
        std::function<void(std::size_t firstStep, std::size_t steps, std::uint32_t firstParticle,
                           std::span<float> positions, std::span<float> memory, std::span<float> frames)>;

    std::vector<int> times;  ///< the t before the first step, then the t after each
    Advance advance;
    std::size_t smallestBlock = 64;  ///< particles that are not worth dividing
    /// For each step whether it takes what those before it left; empty where nothing is remembered.
    std::vector<bool> recalls{};

    [[nodiscard]] bool remembers() const { return !recalls.empty(); }
    [[nodiscard]] std::size_t last() const { return times.size() - 1; }
    /// Whether who goes on from times[at] must know the memory there.
    [[nodiscard]] bool recallsAt(std::size_t at) const { return at < recalls.size() && recalls[at]; }
};

/// A cloud on its way, a slice of work at a time. Where it stands does not depend on how the work is sliced.
class CloudWalk {
  public:
    /// Whether positions at times[at] are of use to the caller.
    using Wanted = std::function<bool(std::size_t at)>;
    /// Called where the whole cloud has arrived, at all places that are wanted and maybe others: the index
    /// into times, and the positions there.
    using Arrived = std::function<void(std::size_t at, std::span<const float> positions)>;

    CloudWalk() = default;
    /// Stands at way->times[at]. `memory`: what the steps before left; empty is zeros.
    CloudWalk(std::shared_ptr<const CloudWay> way, std::size_t at, std::vector<float> positions,
              std::vector<float> memory = {});

    [[nodiscard]] std::size_t at() const { return at_; }  ///< the last step where all particles have arrived
    /// The next step where all will have arrived, or where they stand while none has gone on.
    [[nodiscard]] std::size_t bound() const { return block_ == 0 ? at_ : at_ + stride_; }
    [[nodiscard]] std::size_t unitsDone() const { return at_ * positions_.size() / 2 + block_ * stride_; }
    [[nodiscard]] std::span<const float> positions() const { return positions_; }
    [[nodiscard]] std::span<const float> memory() const { return memory_; }  ///< between calls

    /// Work for one particle and one step is the unit: does about `units` of them, at least one step of one
    /// block of particles, and none beyond times[last]. Returns how many were done.
    std::size_t advance(std::size_t units, std::size_t last, const Wanted& wanted, const Arrived& arrived);

  private:
    std::shared_ptr<const CloudWay> way_;
    std::vector<float> positions_;
    std::vector<float> memory_;
    std::vector<float> frames_;
    std::size_t at_ = 0;
    std::size_t stride_ = 1;  ///< steps that a block of particles goes at once
    std::size_t block_ = 0;   ///< first particle of the next block within the stride
};

}  // namespace diffuscope
