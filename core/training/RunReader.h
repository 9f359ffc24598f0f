#pragma once
#include "denoiser/Denoiser.h"
#include "measures/Distances.h"
#include "measures/Measuring.h"
#include "training/Readings.h"
#include "training/Snapshot.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace diffuscope {

/// Takes the readings of a snapshot, with what can be kept from one to the next of the same era: the fresh
/// draws and their floors, the ideal denoiser of the points. No threads of its own, no
/// clocks.
class RunReader {
  public:
    static constexpr int mostSamples = 2000;  ///< on either side of the distances
    static constexpr int floors = 4;
    static constexpr int likelihoodPoints = 64;
    static constexpr int solverSteps = 24;

    /// `snapshot` has a complete reverse cloud and a network. Readings::seconds is left at 0.
    [[nodiscard]] Readings read(const Snapshot& snapshot, const Measuring& measuring);

  private:
    void startEra(const Snapshot& snapshot, const Measuring& measuring);
    void readDistances(const Snapshot& snapshot, const Measuring& measuring, Readings& readings) const;
    void readModel(const Snapshot& snapshot, const Measuring& measuring, Readings& readings) const;
    static void readExactCase(const Snapshot& snapshot, Readings& readings);

    std::uint64_t era_ = 0;
    int count_ = 0;  ///< samples that the reference is for
    std::optional<FreshReference> reference_;
    std::shared_ptr<const Denoiser> ideal_;
};

}  // namespace diffuscope
