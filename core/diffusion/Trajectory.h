#pragma once
#include <cstddef>
#include <memory>
#include <vector>

namespace diffuscope {

using Positions = std::shared_ptr<const std::vector<float>>;  ///< (count, 2)

/// Positions of the same particles at some of the steps t. What is kept is shared and immutable, so a copy of
/// a trajectory is cheap.
struct Trajectory {
    int count = 0;
    std::vector<int> t;                ///< kept steps, ascending; front is 0, back is T
    std::vector<Positions> positions;  ///< one per kept step; null where not computed yet
    /// What the sampler remembers there, (count, 2), where positions between kept steps are to be computed
    /// again from it; null where nothing of it is needed, and empty where it is needed nowhere.
    std::vector<Positions> memory{};

    [[nodiscard]] bool empty() const { return t.empty(); }
    [[nodiscard]] int steps() const { return t.empty() ? 0 : t.back(); }
    [[nodiscard]] bool complete() const;
    /// Index of the kept step nearest to `time`; ties go down.
    [[nodiscard]] std::size_t nearest(double time) const;
    [[nodiscard]] std::size_t bytes() const;  ///< of all that is kept
};

/// Which of the `times` (ascending, front 0) to keep so that count * kept * 8 bytes stay below `bytes`; the
/// first and the last are always kept, the rest evenly.
[[nodiscard]] std::vector<int> keptSteps(const std::vector<int>& times, int count, std::size_t bytes);

/// The same with some of its kept steps let go, so that what is left takes at most `bytes`, or the two ends.
[[nodiscard]] Trajectory thinned(const Trajectory& trajectory, std::size_t bytes);

/// @throws InputError where the particles have left the finite numbers at t = 0: without the clamp of x0-hat
/// a sampler may magnify the network's error from step to step.
void requireFinite(const Trajectory& trajectory);

}  // namespace diffuscope
