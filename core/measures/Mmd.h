#pragma once
#include "measures/Measuring.h"

#include <span>

namespace diffuscope {

/// k(x, y): the mean of five Gaussian kernels exp(-|x - y|^2 / (2 h^2)), h = 0.05, 0.1, 0.2, 0.5 and 1 times
/// `scale`.
///
/// Mean of k over all pairs of a point of `a` (count, 2) and one of `b`. @throws InputError when one is
/// empty.
[[nodiscard]] double meanKernel(std::span<const float> a, std::span<const float> b, double scale,
                                const Measuring& measuring);

/// Mean of k over the pairs of two different points of one set. @throws InputError for fewer than two points.
[[nodiscard]] double meanKernelWithin(std::span<const float> a, double scale, const Measuring& measuring);

/// Squared maximum mean discrepancy E k(X, X') + E k(Y, Y') - 2 E k(X, Y), unbiased: no point is compared
/// with itself, so that for sets of one distribution it scatters about 0 and may be negative. (Gretton et al.
/// 2012, eq. 3) @throws InputError for a set of fewer than two points.
[[nodiscard]] double mmd2(std::span<const float> a, std::span<const float> b, double scale,
                          const Measuring& measuring);

/// The scale of data: the root of the mean over both axes of the variance; 1 where all points are equal.
[[nodiscard]] double scaleOf(std::span<const float> points);

}  // namespace diffuscope
