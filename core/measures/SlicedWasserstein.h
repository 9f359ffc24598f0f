#pragma once
#include "measures/Measuring.h"

#include <span>

namespace diffuscope {

/// Sliced 2-Wasserstein distance of two point sets (count, 2) of equal count: the root of the mean over 128
/// fixed directions (angles (k + 1/2) pi / 128) of the squared exact 1-D transport cost, by sorting.
/// @throws InputError for empty or unequal sets.
[[nodiscard]] double slicedWasserstein(std::span<const float> a, std::span<const float> b,
                                       const Measuring& measuring);

/// The same in the calling thread alone.
[[nodiscard]] double slicedWasserstein(std::span<const float> a, std::span<const float> b);

}  // namespace diffuscope
