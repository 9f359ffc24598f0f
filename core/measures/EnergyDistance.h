#pragma once
#include "measures/Measuring.h"

#include <span>

namespace diffuscope {

/// Mean of |x - y| over all pairs of a point of `a` (count, 2) and one of `b`. @throws InputError when one is
/// empty.
[[nodiscard]] double meanDistance(std::span<const float> a, std::span<const float> b,
                                  const Measuring& measuring);

/// The same of a set with itself: over all count^2 ordered pairs, those of a point with itself included.
[[nodiscard]] double meanDistanceWithin(std::span<const float> a, const Measuring& measuring);

/// Energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'| (Székely and Rizzo 2013), its V-statistic: each mean is
/// over all pairs, so that it is never negative and 0 for equal sets only. It is the square of a metric; no
/// root is taken. @throws InputError when a set is empty.
[[nodiscard]] double energyDistance(std::span<const float> a, std::span<const float> b,
                                    const Measuring& measuring);

}  // namespace diffuscope
