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

/// Takes the readings of a snapshot, with what can be kept from one to the next: of the same era the fresh
/// draws and their floors, of the same points and schedule the ideal denoiser and the irreducible loss. No
/// threads of its own, no clocks.
class RunReader {
  public:
    static constexpr int mostSamples = 2000;  ///< on either side of the distances
    static constexpr int floors = 4;
    static constexpr int likelihoodPoints = 64;
    static constexpr int solverSteps = 24;
    static constexpr int samplesPerBin = 64;
    static constexpr int spreadBatches = 100;
    static constexpr int spreadBatchSize = 64;
    /// Pairs of a draw and a point that stand behind what one reading asks the ideal denoiser for the
    /// irreducible loss: up to 65,536 points it is in the first reading; of more, bins are NaN until later
    /// readings fill them.
    static constexpr std::int64_t pairsPerReading = std::int64_t{1} << 28;

    /// `snapshot` has a complete reverse cloud and a network. The same cloud and network again only add what
    /// the last reading left out. Readings::seconds is left at 0.
    [[nodiscard]] Readings read(const Snapshot& snapshot, const Measuring& measuring);

    /// Whether the same snapshot once more would add anything to the last reading.
    [[nodiscard]] bool complete() const { return irreducible_.size() == last_.bins.size(); }

  private:
    void startData(const Snapshot& snapshot);
    void startEra(const Snapshot& snapshot, const Measuring& measuring);
    void readDistances(const Snapshot& snapshot, const Measuring& measuring, Readings& readings) const;
    void readModel(const Snapshot& snapshot, const Measuring& measuring, Readings& readings) const;
    static void readTraining(const Snapshot& snapshot, const Measuring& measuring, Readings& readings);
    static void readExactCase(const Snapshot& snapshot, Readings& readings);
    void readIrreducible(const Measuring& measuring);

    std::uint64_t era_ = 0;
    int count_ = 0;  ///< samples that the reference is for
    std::optional<FreshReference> reference_;

    ThreadPool alone_{1};  ///< the calling thread, whose time is the reading's
    std::shared_ptr<const DataSet> trained_;
    std::shared_ptr<const NoiseSchedule> schedule_;
    std::uint64_t seed_ = 0;
    std::shared_ptr<const Denoiser> ideal_;
    std::vector<double> irreducible_;  ///< of the first bins of these points, schedule and seed

    Positions cloud_;                             ///< that `last_` was measured of
    std::shared_ptr<const TrainingState> state_;  ///< likewise
    Readings last_;
};

}  // namespace diffuscope
