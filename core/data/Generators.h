#pragma once
#include "data/DataSet.h"

namespace diffuscope {

// Each point is a function of (seed, Data, its index) alone, drawn as its formula says and then mapped by
// model = (drawn - mean) / scale, where mean is the exact mean of the formula and scale the root of the exact
// average of both axes' variances. The mean and the variance stand with each function in Generators.cpp.

[[nodiscard]] DataSet swissRoll(int count, std::uint64_t seed);
[[nodiscard]] DataSet twoMoons(int count, std::uint64_t seed);
[[nodiscard]] DataSet sCurve(int count, std::uint64_t seed);
[[nodiscard]] DataSet spiral(int count, std::uint64_t seed);
[[nodiscard]] DataSet rings(int count, std::uint64_t seed);
[[nodiscard]] DataSet pinwheel(int count, std::uint64_t seed);
[[nodiscard]] DataSet dinosaur(int count, std::uint64_t seed);
[[nodiscard]] DataSet heart(int count, std::uint64_t seed);
[[nodiscard]] DataSet checkerboard(int count, std::uint64_t seed);

}  // namespace diffuscope
