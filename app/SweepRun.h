#pragma once
#include "sweep/SweepGrid.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace diffuscope {

/// What comes out of a sweep on the thread that calls runSweep().
struct SweepEvents {
    /// A combination is done. `training`: the seconds that the training of its network took or, where it went
    /// by the clock, its steps.
    std::function<void(std::size_t combination, double training, const Evaluation& evaluation)> row;
    /// A combination cannot be done, and why.
    std::function<void(std::size_t combination, const std::string& sentence)> failure;
    /// Something that a training says.
    std::function<void(const std::string& sentence)> notice;
    /// About ten times a second.
    std::function<void(double share)> progress;
};

struct SweepWork {
    std::vector<std::size_t> todo;  ///< combinations
    int jobs = 1;                   ///< worker threads
    int threads = 0;                ///< of the CPU backend of each; 0: the machine's, shared among them
};

/// Trains and measures; results do not depend on the jobs. An exception of an event, such as Interrupted,
/// ends the workers and is thrown on.
void runSweep(const SweepGrid& grid, const SweepWork& work, const SweepEvents& events);

}  // namespace diffuscope
