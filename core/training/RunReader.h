#pragma once
#include "measures/Distances.h"
#include "measures/Measuring.h"
#include "training/Readings.h"
#include "training/Snapshot.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace diffuscope {

/// Takes the readings of a snapshot, with what can be kept from one to the next: the fresh draws and their
/// floors. No threads of its own, no clocks.
class RunReader {
  public:
    static constexpr int mostSamples = 2000;  ///< on either side of the distances
    static constexpr int floors = 4;

    /// `snapshot` has a complete reverse cloud and a network. Readings::seconds is left at 0.
    [[nodiscard]] Readings read(const Snapshot& snapshot, const Measuring& measuring);

  private:
    [[nodiscard]] const FreshReference& referenceFor(const Snapshot& snapshot, int count,
                                                     const Measuring& measuring);

    std::optional<FreshReference> reference_;
    std::shared_ptr<const DataSet> referenceData_;
    std::uint64_t referenceSeed_ = 0;
    int referenceCount_ = 0;
};

}  // namespace diffuscope
