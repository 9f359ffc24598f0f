#pragma once
#include "training/Snapshot.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace diffuscope {

/// The distances of one round of readings.
struct MeasurePoint {
    std::int64_t step;  ///< of the network that was measured
    Reading slicedW2;
    Reading mmd2;
    Reading energy;
};

/// The readings of a run so far. A run that goes back (a reset, an undo) takes the later ones with it, and
/// another data set all of them: their distances are to other points.
class MeasureHistory {
  public:
    static constexpr std::size_t capacity = 1024;  ///< then every second point is dropped

    void add(const Snapshot& snapshot);
    [[nodiscard]] const std::vector<MeasurePoint>& points() const { return points_; }
    [[nodiscard]] std::int64_t serial() const { return serial_; }  ///< rises with every change

  private:
    std::vector<MeasurePoint> points_;
    std::shared_ptr<const Readings> last_;
    std::shared_ptr<const DataSet> data_;
    std::int64_t serial_ = 0;
};

}  // namespace diffuscope
