#pragma once
#include "diffusion/NoiseSchedule.h"

namespace diffuscope {

// How a playhead goes from data (way 0) to noise (way 1): neither evenly in t (nearly all of it would be
// noise) nor evenly in lambda (the noise would be over in a blink), but half of each. The share of the way at
// t is the mean of t/T and of lambda's share of its fall from 6 to -6.

/// `t` in 0 … T, linear between steps.
[[nodiscard]] double wayAt(const NoiseSchedule& schedule, double t);

/// The t of a share of the way, 0 … 1: the inverse of wayAt().
[[nodiscard]] double timeAt(const NoiseSchedule& schedule, double way);

}  // namespace diffuscope
