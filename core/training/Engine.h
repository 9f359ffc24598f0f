#pragma once
#include "denoiser/Mlp.h"
#include "settings/Settings.h"
#include "training/Latest.h"
#include "training/LossHistory.h"
#include "training/Monitor.h"
#include "training/Snapshot.h"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace diffuscope {

/// A run that can be gone on with: what a session file holds of training.
struct SavedRun {
    Settings settings;
    std::shared_ptr<const DataSet> data;
    TrainingState state;
    LossHistory history;
};

/// The one worker thread: owns the network, its backend and the GL context; trains, samples and publishes
/// snapshots. A monitor beside it measures them. Every member returns at once.
class Engine {
  public:
    explicit Engine(const Settings& settings, bool training = true);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void setSettings(const Settings& settings);  ///< the newest wins
    /// Where somebody looks, 0 … T: clouds are computed again there where they were not kept. The newest
    /// wins.
    void setPlayhead(double t);
    void setTraining(bool playing);
    void trainOneStep();
    void resetNetwork();
    /// Data of DatasetKind::Imported; takes effect together with `settings`.
    void setImported(std::shared_ptr<const DataSet> data, const Settings& settings);
    void restore(std::shared_ptr<const SavedRun> run);  ///< goes on from a saved run

    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const { return snapshots_.peek(); }

    /// Asks for the whole training state; `done` is called on the worker thread. An engine that ends calls
    /// it first.
    void requestRun(std::function<void(std::shared_ptr<const SavedRun>)> done);

  private:
    class Worker;
    using Command = std::function<void(Worker&)>;
    void wake(const std::function<void()>& change);  ///< change() under the mutex
    void send(Command command);
    void run(Settings settings, bool training);

    Latest<Snapshot> snapshots_;
    Latest<Readings> readings_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Command> commands_;
    std::shared_ptr<const Settings> settings_;  // newer than every command
    double playhead_ = 0.0;
    bool stop_ = false;
    bool changed_ = false;
    std::thread thread_;
    Monitor monitor_;  // last: it looks at the others, and ends first
};

}  // namespace diffuscope
