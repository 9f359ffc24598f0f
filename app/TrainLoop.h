#pragma once
#include "training/Trainer.h"

#include <cstdint>
#include <functional>

namespace diffuscope {

/// How far a training is, between two slices of it.
struct TrainPause {
    double share;       ///< 0 … 1
    double seconds;     ///< spent so far
    std::int64_t done;  ///< steps so far
};

/// Trains `steps` more steps or, where that is 0, for `seconds`, at least one step. A slice lasts about a
/// twentieth of a second; `pause` is called around each and may throw to give up, `notice` takes what the
/// trainer says. Returns the seconds that it took.
double trainFor(Trainer& trainer, std::int64_t steps, double seconds,
                const std::function<void(const TrainPause&)>& pause,
                const std::function<void(const std::string&)>& notice);

}  // namespace diffuscope
