#pragma once
#include "training/CloudRun.h"
#include "training/Engine.h"
#include "training/Recall.h"
#include "training/Trainer.h"
#include "training/WorkPace.h"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>

namespace diffuscope {

/// What the engine's thread does, a slice of about 8 ms at a time: first the followed particles, then for a
/// second at the most the forward cloud, then in turn what is left of it, training, the reverse cloud and
/// what the playhead asks for again.
class Engine::Worker {
  public:
    Worker(const Settings& settings, bool training, Latest<Snapshot>& snapshots);

    [[nodiscard]] bool busy() const;  ///< there is work without anybody asking
    void work();

    void apply(const Settings& settings);
    void setTraining(bool playing);
    void trainOneStep();
    void resetNetwork();
    void setImported(std::shared_ptr<const DataSet> data, const Settings& settings);
    void restore(const SavedRun& run);
    void setPlayhead(double t);
    void setReadings(std::shared_ptr<const Readings> readings);
    [[nodiscard]] std::shared_ptr<const SavedRun> savedRun() const;

    /// Runs something that may fail: an InputError or BackendError becomes a notice and, where a device was
    /// lost, the work goes on with Eigen.
    void guarded(const std::function<void()>& action);

  private:
    using Clock = std::chrono::steady_clock;
    static constexpr double sliceSeconds = 0.008;

    /// One pass of paths and cloud through the reverse process.
    struct ReversePass {
        CloudRun paths;
        CloudRun cloud;
        std::int64_t trainedSteps = -1;                ///< of the network, when the pass began
        bool visible = true;                           ///< shown while partial; else only when complete
        std::shared_ptr<const TrainingState> state{};  ///< of that moment
        std::shared_ptr<const Denoiser> network{};     ///< with its weights
        PassPace pace{};
        Clock::time_point start{};
    };

    [[nodiscard]] std::shared_ptr<const DataSet> dataFor(const Settings& settings) const;
    [[nodiscard]] std::unique_ptr<DenoiserBackend> backendFor(BackendKind kind);
    void loadBackend();
    void takeData(std::shared_ptr<const DataSet> data);  ///< of settings_
    void startEra();
    void startForward();
    [[nodiscard]] std::shared_ptr<ForwardNoise> keptNoise(std::shared_ptr<ForwardNoise>& kept,
                                                          int count) const;
    void startReverse(bool visible);
    [[nodiscard]] Settings sampled(bool visible);
    void dropPass();
    void showPass();
    void renewNetwork();
    [[nodiscard]] bool behind() const;
    void trainSlice();
    void cloudSlice();
    void recallSlice();
    void limitMemory();
    void tellIfSlow();
    void afterTraining(std::int64_t before, const std::optional<std::string>& event);
    void notify(bool warning, std::string sentence);
    void publish(bool atOnce);

    Latest<Snapshot>& snapshots_;
    Settings settings_;
    bool training_;
    bool stopped_ = false;  // by itself, because training could not go on
    std::shared_ptr<const DataSet> imported_;
    std::shared_ptr<const DataSet> data_;
    std::shared_ptr<const DataSet> trained_;  // of data_
    std::shared_ptr<const NoiseSchedule> schedule_;
    std::shared_ptr<const std::vector<double>> stepNoise_;
    std::unique_ptr<Trainer> trainer_;

    std::shared_ptr<ForwardNoise> pathNoise_;
    std::shared_ptr<ForwardNoise> cloudNoise_;
    CloudRun forwardPaths_;
    CloudRun forwardCloud_;
    ReversePass pass_;
    Trajectory shownPaths_;
    bool pathsAreNew_ = false;
    Trajectory shownCloud_;
    Trajectory cloudBefore_;
    Recall recall_;  // between the steps that the shown clouds keep
    double shownShare_ = 0.0;
    std::shared_ptr<const Denoiser> shownNetwork_;
    std::shared_ptr<const TrainingState> shownState_;
    Clock::time_point networkShown_;  ///< when it was renewed without a pass
    std::shared_ptr<const Readings> readings_;
    std::uint64_t era_ = 0;

    double secondsPerStep_ = 1e-3;
    SlicePace forwardSlices_{1e-7};
    SlicePace pathSlices_{1e-6};
    SlicePace cloudSlices_{1e-6};
    bool slowTold_ = false;
    std::deque<std::pair<Clock::time_point, std::int64_t>> pace_;
    std::shared_ptr<const LossHistory> history_;
    std::vector<Notice> notices_;
    std::int64_t serial_ = 0;
    Clock::time_point published_;
    bool dirty_ = true;
    bool urgent_ = false;  ///< something that the user waits for is there
    Clock::time_point forwardBegan_;
    bool forwardsTurn_ = true;  ///< of a forward cloud that takes long: turn and turn about with the rest
    unsigned turn_ = 0;
};

}  // namespace diffuscope
