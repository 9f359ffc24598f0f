#pragma once
#include "data/DataSet.h"
#include "denoiser/DenoiserBackend.h"
#include "settings/Settings.h"
#include "training/LossHistory.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diffuscope {

/// Trains one network on one data set through a backend. No threads, no clocks: the result depends on
/// settings, seed and the number of steps alone. Of a table it trains on trainedOn(): a fifth is held out.
class Trainer {
  public:
    /// A new run, or one that goes on from `state` and `history`.
    /// @throws InputError when the state's layout is not adaptable to the settings'.
    Trainer(const Settings& settings, std::shared_ptr<const DataSet> data,
            std::unique_ptr<DenoiserBackend> backend, std::optional<TrainingState> state = std::nullopt,
            LossHistory history = {});

    /// Takes new settings (and data, when the data set changed) and does the least that the difference asks
    /// for: nothing, other batches, inputs for classes or a second head come or go, or a fresh network.
    /// Returns true when the network was started anew.
    bool apply(const Settings& settings, std::shared_ptr<const DataSet> data);

    /// Trains `steps` steps. A non-finite loss or parameter restores the last good weights (kept at every
    /// step that 200 divides), halves rateScale() and returns at once, with a sentence about it.
    /// @throws InputError when ten halvings in a row have not helped: training cannot go on from these
    /// weights.
    std::optional<std::string> advance(int steps);

    void reset();  ///< the network starts anew from its seed; rateScale() is 1 again

    /// Moves the state to another backend, which goes on from the same step.
    void setBackend(std::unique_ptr<DenoiserBackend> backend);

    [[nodiscard]] DenoiserBackend& backend() { return *backend_; }
    [[nodiscard]] const LossHistory& history() const { return history_; }
    [[nodiscard]] std::int64_t step() const { return backend_->step(); }
    [[nodiscard]] double rateScale() const { return rateScale_; }
    [[nodiscard]] const DataSet& data() const { return *data_; }

  private:
    static constexpr int keepEvery = 200;
    static constexpr int mostFailures = 10;

    void giveData();
    void setLevels();
    void start(TrainingState state, LossHistory history);
    void keep(TrainingState state);
    std::string recover(std::int64_t failedStep);

    Settings settings_;
    std::shared_ptr<const DataSet> data_;
    std::unique_ptr<DenoiserBackend> backend_;
    LossHistory history_;
    TrainingState lastGood_;
    LossHistory lastGoodHistory_;
    std::vector<float> losses_;  // of the steps in progress
    double rateScale_ = 1.0;
    int failures_ = 0;  // in a row, from the same good weights
};

}  // namespace diffuscope
