#pragma once
#include "measures/Evaluation.h"
#include "settings/Fields.h"
#include "settings/Settings.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

/// One list of a grid. `id` is a setting's, or one of "columns" (of a table of points), "count" (samples for
/// the measures), "steps" and "seconds" (of training). `values` are texts that read back exactly.
struct SweepAxis {
    std::string id;
    const Field* field;  ///< null for the four that are no settings
    std::vector<std::string> values;
};

/// One cell of a grid.
struct SweepCombination {
    Settings settings;               ///< to sample and to measure with
    std::vector<std::string> texts;  ///< one per column: what the row is known by
    std::string file;                ///< of imported points, else empty
    std::string columns;             ///< of that file, "a,b" or empty
    int count = 0;                   ///< samples on either side of the measures
    std::int64_t steps = 0;          ///< of training; with "seconds" 0
    double seconds = 0.0;            ///< of training; with "steps" 0
    std::size_t training = 0;        ///< which of the grid's trainings makes its network
};

/// One network and the combinations that ask for it. Those of fewer steps come first: they are passed on the
/// way to the others.
struct SweepTraining {
    Settings settings;
    std::string file;     ///< as SweepCombination
    std::string columns;  ///< likewise
    std::vector<std::size_t> combinations;
};

/// Every combination of the lists of a JSON object such as
///     {"schedule.kind": ["linear", "cosine"], "sampler.kind": ["ddpm", "ddim"], "steps": 4000, "seed": [1,
///     2]}
/// where a value alone is a list of one. Axes have the order of the field table, then columns, count, and
/// steps or seconds; the last one varies fastest. A value of data.set may be a file of points. "measures" is
/// a list of ids of measures(): all where it is not given.
///
/// Combinations share a training where it cannot tell them apart: they differ in settings of the sampler, in
/// their steps or their count. With "one-network": true, those that costOfChange() says only resample share
/// one too: the network learns under the first schedule of the lists and is sampled under all of them, as the
/// window's sliders do.
class SweepGrid {
  public:
    static constexpr std::size_t mostCombinations = 100'000;
    static constexpr int defaultCount = 2000;

    /// `assignments` ("ID=VALUE") are lists of one. Every combination is validated.
    /// @throws InputError naming the key or the combination that is wrong, and what is accepted.
    SweepGrid(std::string_view json, std::span<const std::string> assignments);
    SweepGrid(const SweepGrid&) = delete;
    SweepGrid& operator=(const SweepGrid&) = delete;

    [[nodiscard]] std::span<const SweepAxis> axes() const { return axes_; }
    /// The ids of the axes; with "one-network" also those of the schedule's axes after "trained.".
    [[nodiscard]] std::vector<std::string> columns() const;
    [[nodiscard]] std::span<const SweepCombination> combinations() const { return combinations_; }
    [[nodiscard]] std::span<const SweepTraining> trainings() const { return trainings_; }
    [[nodiscard]] const std::vector<Measure>& measures() const {
        return measures_;
    }  ///< in their table's order

    /// The combinations of one shard of `shards`, ascending; `shard` counts from 1: every N-th training with
    /// all that it serves, or every N-th combination where there are fewer trainings than shards.
    [[nodiscard]] std::vector<std::size_t> shard(std::size_t shard, std::size_t shards) const;

  private:
    void combine();
    void shareTrainings(bool oneNetwork);

    std::vector<SweepAxis> axes_;
    std::vector<const SweepAxis*> learnedAxes_;  // of axes_: whose first values the network learns under
    std::vector<SweepCombination> combinations_;
    std::vector<SweepTraining> trainings_;
    std::vector<Measure> measures_;
};

/// "a=1, b=2": how a combination is named in a sentence.
[[nodiscard]] std::string nameOf(const SweepGrid& grid, const SweepCombination& combination);

}  // namespace diffuscope
