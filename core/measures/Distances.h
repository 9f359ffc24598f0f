#pragma once
#include "data/DataSet.h"
#include "measures/Measuring.h"
#include "measures/Reading.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffuscope {

struct Distances {
    Reading slicedW2;
    Reading mmd2;    ///< unbiased: see mmd2()
    Reading energy;  ///< V-statistic: see energyDistance()
};

/// Fresh draws of a data set that generated samples are measured against, and the floor of each distance:
/// what further independent fresh draws of the same count are away from these. As the floors share the draws
/// with the value, a perfect sampler is at its floor even where these draws happen to be unusual.
class FreshReference {
  public:
    /// `data` are the session's, whole; with `label` only that class of them counts. `count` >= 2 draws; the
    /// floor of the sliced W2 and of the energy distance is the mean over `floors` further sets, that of the
    /// MMD, which scatters about 0, the root of the mean square. @throws InputError for a smaller count, and
    /// as freshDraws()
    FreshReference(const DataSettings& settings, const DataSet& data, int count, std::uint64_t seed,
                   int floors, const Measuring& measuring, int label = anyClass);

    /// `samples` (count, 2), as many as the draws.
    [[nodiscard]] Distances distances(std::span<const float> samples, const Measuring& measuring) const;

    [[nodiscard]] const std::vector<float>& points() const { return points_; }
    [[nodiscard]] const std::string& from() const { return from_; }  ///< as FreshDraws says

  private:
    std::vector<float> points_;
    std::string from_;
    double scale_;  ///< of the data, for the kernels
    double kernelWithin_;
    double distanceWithin_;
    Distances floors_{};
};

}  // namespace diffuscope
