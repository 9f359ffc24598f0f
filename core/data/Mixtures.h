#pragma once
#include "data/DataSet.h"

namespace diffuscope {

// Data sets that are Gaussian mixtures, and their components in model units. A point's component is picked by
// word 0 of its draw and its normals are words 2 and 3. The map is that of Generators.h: the mean of the
// mixture to the origin, the average of both axes' variances to 1. The two exact cases are not mapped: that
// they are a point and N(0, I) is what makes them exact. (Su and Yang 2025, section 3.5)

[[nodiscard]] DataSet eightGaussians(int count, std::uint64_t seed);
[[nodiscard]] DataSet gaussianGrid(int count, std::uint64_t seed);
[[nodiscard]] DataSet gaussianMixture(int count, std::uint64_t seed);
[[nodiscard]] DataSet singlePoint(int count, std::uint64_t seed);
[[nodiscard]] DataSet standardNormal(int count, std::uint64_t seed);

[[nodiscard]] std::vector<GaussianComponent> eightGaussiansMixture();
[[nodiscard]] std::vector<GaussianComponent> gaussianGridMixture();
[[nodiscard]] std::vector<GaussianComponent> gaussianMixtureMixture();
[[nodiscard]] std::vector<GaussianComponent> singlePointMixture();
[[nodiscard]] std::vector<GaussianComponent> standardNormalMixture();

}  // namespace diffuscope
