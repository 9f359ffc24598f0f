#include "diffusion/Trajectory.h"

#include "Error.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {

bool Trajectory::complete() const {
    return !empty() &&
           std::all_of(positions.begin(), positions.end(), [](const Positions& p) { return p != nullptr; });
}

std::size_t Trajectory::nearest(double time) const {
    const auto above = std::lower_bound(t.begin(), t.end(), time);
    if (above == t.begin()) return 0;
    const auto index = static_cast<std::size_t>(above - t.begin());
    if (above == t.end()) return index - 1;
    return time - t[index - 1] <= *above - time ? index - 1 : index;
}

std::vector<int> keptSteps(const std::vector<int>& times, int count, std::size_t bytes) {
    const std::size_t size = times.size();
    const std::size_t affordable = bytes / (8 * static_cast<std::size_t>(std::max(count, 1)));
    const std::size_t kept = std::min(size, std::max<std::size_t>(affordable, 2));
    if (kept == size) return times;
    std::vector<int> steps;
    for (std::size_t k = 0; k < kept; ++k)
        steps.push_back(times[(2 * k * (size - 1) + (kept - 1)) / (2 * (kept - 1))]);
    return steps;
}

void requireFinite(const Trajectory& trajectory) {
    const std::vector<float>& positions = *trajectory.positions.front();
    if (std::all_of(positions.begin(), positions.end(), [](float value) { return std::isfinite(value); }))
        return;
    throw InputError(
        "The particles leave the finite numbers: without the clamp of the guess the sampler magnifies the "
        "network's error from step to step. sampler.clamp=on keeps them.");
}

}  // namespace diffuscope
