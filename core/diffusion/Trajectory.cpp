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

std::size_t Trajectory::bytes() const {
    std::size_t all = 0;
    for (const std::vector<Positions>* kept : {&positions, &memory})
        for (const Positions& values : *kept)
            if (values) all += values->size() * sizeof(float);
    return all;
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

Trajectory thinned(const Trajectory& trajectory, std::size_t bytes) {
    const std::size_t each = trajectory.memory.empty() ? 1 : 2;  // of positions and memory
    Trajectory thin{.count = trajectory.count,
                    .t = keptSteps(trajectory.t, trajectory.count, bytes / each),
                    .positions = {}};
    for (std::size_t i = 0, k = 0; i < trajectory.t.size() && k < thin.t.size(); ++i) {
        if (trajectory.t[i] != thin.t[k]) continue;
        thin.positions.push_back(trajectory.positions[i]);
        if (!trajectory.memory.empty()) thin.memory.push_back(trajectory.memory[i]);
        ++k;
    }
    return thin;
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
