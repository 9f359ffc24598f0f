#include "SweepRun.h"

#include "ImportedData.h"
#include "Interrupt.h"
#include "TrainLoop.h"
#include "denoiser/DenoiserBackend.h"
#include "denoiser/Guidance.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/Trajectory.h"
#include "measures/Evaluation.h"
#include "training/CloudRun.h"
#include "training/WorkPace.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

namespace diffuscope {
namespace {

struct Stopped {};  ///< the sweep ends before the work does

/// A network at one point of its training, to be measured.
struct Trained {
    std::shared_ptr<const DataSet> data;
    TrainingState state;
    double steps;
    double seconds;
};

struct Measurement {
    std::size_t combination;
    std::shared_ptr<const Trained> trained;
};

struct Row {
    std::size_t combination;
    double training;
    Evaluation evaluation;
};
struct Failure {
    std::size_t combination;
    std::string sentence;
};
struct Notice {
    std::string sentence;
};
using Event = std::variant<Row, Failure, Notice>;

/// What a worker measures with, and keeps from one combination to the next.
struct Instruments {
    std::optional<BackendKind> kind;
    std::unique_ptr<DenoiserBackend> backend;
    Evaluator evaluator;
    ThreadPool pool;
};

Evaluation measure(const SweepCombination& combination, Instruments& instruments, const Trained& trained,
                   const std::function<void()>& pause) {
    const Settings& settings = combination.settings;
    CloudRun run = reverseRun(*instruments.backend, NoiseSchedule(settings.schedule), trained.data, settings,
                              combination.count, 0);
    SlicePace slices;
    while (!run.done()) {
        pause();
        (void)slices.advance(run, 0.05);
    }
    requireFinite(run.trajectory());
    const Guidance guidance = guidanceOf(settings, *trained.data);
    const auto denoiser =
        guidedDenoiser(denoiserFor(settings.sampler.denoiser, trainedOn(settings.data.dataset, trained.data),
                                   networkDenoiser(trained.state)),
                       guidance);
    return instruments.evaluator.evaluate(settings, trained.data,
                                          {*run.trajectory().positions.front(), *denoiser, guidance.label},
                                          {instruments.pool, pause});
}

/// One sweep: what the workers share.
class Sweep {
  public:
    Sweep(const SweepGrid& grid, const SweepWork& work);
    void run(const SweepEvents& events);

  private:
    void work();
    void train(const SweepTraining& training, double& passed, Instruments& instruments);
    bool measureNext(Instruments& instruments);
    void measureOne(const Measurement& next, Instruments& instruments);
    void pause() const;
    void tell(Event event);
    [[nodiscard]] double share() const;  // with the mutex locked
    [[nodiscard]] std::unique_ptr<DenoiserBackend> backendOf(BackendKind kind);

    const SweepGrid& grid_;
    std::vector<SweepTraining> trainings_;  // with the combinations that are to do
    std::size_t total_ = 0;
    int jobs_;
    int threads_;

    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::condition_variable workable_;  // for workers
    std::condition_variable eventful_;  // for the caller
    std::size_t next_ = 0;              // training
    int training_ = 0;                  // trainings in progress
    int workers_ = 0;                   // that have not ended
    std::deque<Measurement> measurements_;
    std::vector<Event> events_;
    std::vector<double> passed_;  // of each training: combinations that it has passed, in parts
    std::size_t ended_ = 0;       // combinations that are measured or failed
    std::mutex probing_;          // one thread looks for a graphics card at a time
};

Sweep::Sweep(const SweepGrid& grid, const SweepWork& work) : grid_(grid) {
    std::vector<bool> wanted(grid.combinations().size(), false);
    for (const std::size_t combination : work.todo) wanted[combination] = true;
    for (const SweepTraining& training : grid.trainings()) {
        SweepTraining left{training.settings, training.file, training.columns, {}};
        for (const std::size_t combination : training.combinations)
            if (wanted[combination]) left.combinations.push_back(combination);
        if (!left.combinations.empty()) trainings_.push_back(std::move(left));
    }
    total_ = work.todo.size();
    passed_.resize(trainings_.size(), 0.0);
    jobs_ = static_cast<int>(std::min(static_cast<std::size_t>(work.jobs), std::max<std::size_t>(1, total_)));
    const int machine = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    threads_ = work.threads > 0 ? work.threads : jobs_ > 1 ? std::max(1, machine / jobs_) : 0;
}

void Sweep::pause() const {
    stopIfInterrupted();
    if (stop_) throw Stopped();
}

void Sweep::tell(Event event) {
    const std::lock_guard lock(mutex_);
    if (!std::holds_alternative<Notice>(event)) ++ended_;
    events_.push_back(std::move(event));
    eventful_.notify_one();
}

double Sweep::share() const {
    const double passed = std::accumulate(passed_.begin(), passed_.end(), 0.0);
    return 0.5 * (passed + static_cast<double>(ended_)) /
           static_cast<double>(std::max<std::size_t>(1, total_));
}

std::unique_ptr<DenoiserBackend> Sweep::backendOf(BackendKind kind) {
    const std::lock_guard lock(probing_);
    return makeBackend(kind, threads_);
}

void Sweep::measureOne(const Measurement& next, Instruments& instruments) {
    const SweepCombination& combination = grid_.combinations()[next.combination];
    const BackendKind kind = combination.settings.backend;
    try {
        if (instruments.kind != kind) {
            instruments.backend = backendOf(kind);
            instruments.kind = kind;
        }
        instruments.backend->setState(next.trained->state);
        tell(Row{next.combination, combination.seconds > 0.0 ? next.trained->steps : next.trained->seconds,
                 measure(combination, instruments, *next.trained, [this] { pause(); })});
    } catch (const std::exception& error) {
        instruments.kind.reset();  // a lost device does not come back
        instruments.backend.reset();
        tell(Failure{next.combination, error.what()});
    }
}

bool Sweep::measureNext(Instruments& instruments) {
    Measurement next;
    {
        const std::lock_guard lock(mutex_);
        if (measurements_.empty()) return false;
        next = std::move(measurements_.front());
        measurements_.pop_front();
    }
    measureOne(next, instruments);
    return true;
}

/// Trains to the steps of every combination in turn, and measures on the way.
void Sweep::train(const SweepTraining& training, double& passed, Instruments& instruments) {
    std::size_t at = 0;
    const auto& combinations = training.combinations;
    try {
        const auto data = training.file.empty()
                              ? trainingData(training.settings.data, training.settings.seed)
                              : importedData(training.file, training.columns, training.settings);
        Trainer trainer(training.settings, data, backendOf(training.settings.backend));
        double seconds = 0.0;
        while (at < combinations.size()) {
            const SweepCombination& next = grid_.combinations()[combinations[at]];
            const std::int64_t left = next.steps - trainer.step();
            const auto between = [&](const TrainPause& now) {
                pause();
                const std::lock_guard lock(mutex_);
                passed = static_cast<double>(at) + now.share;
            };
            if (next.seconds > 0.0 || left > 0)
                seconds += trainFor(trainer, left, next.seconds, between,
                                    [this](const std::string& sentence) { tell(Notice{sentence}); });
            seconds = std::round(1e6 * seconds) / 1e6;
            const auto trained = std::make_shared<const Trained>(
                Trained{data, trainer.backend().state(), static_cast<double>(trainer.step()), seconds});
            {
                const std::lock_guard lock(mutex_);
                for (; at < combinations.size() && grid_.combinations()[combinations[at]].steps == next.steps;
                     ++at)
                    measurements_.push_back({combinations[at], trained});
                passed = static_cast<double>(at);
            }
            workable_.notify_all();
            while (measureNext(instruments)) pause();
        }
    } catch (const std::exception& error) {
        for (; at < combinations.size(); ++at) tell(Failure{combinations[at], error.what()});
    }
}

void Sweep::work() {
    Instruments instruments{{}, nullptr, Evaluator(grid_.measures()), ThreadPool(threads_)};
    std::unique_lock lock(mutex_);
    while (!stop_ && !interrupted()) {
        if (!measurements_.empty()) {
            lock.unlock();
            (void)measureNext(instruments);
            lock.lock();
        } else if (next_ < trainings_.size()) {
            const std::size_t mine = next_++;
            ++training_;
            lock.unlock();
            train(trainings_[mine], passed_[mine], instruments);
            lock.lock();
            --training_;
            workable_.notify_all();
        } else if (training_ > 0) {
            workable_.wait(lock);
        } else {
            return;
        }
    }
}

void Sweep::run(const SweepEvents& events) {
    std::vector<std::jthread> threads;
    const auto end = [this, &threads] {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        workable_.notify_all();
        threads.clear();
    };
    workers_ = jobs_;
    for (int job = 0; job < jobs_; ++job)
        threads.emplace_back([this] {
            try {
                work();
            } catch (const Stopped&) {
            } catch (const Interrupted&) {
            }
            const std::lock_guard lock(mutex_);
            --workers_;
            workable_.notify_all();
            eventful_.notify_one();
        });
    try {
        std::unique_lock lock(mutex_);
        while (workers_ > 0 || !events_.empty()) {
            if (events_.empty()) eventful_.wait_for(lock, std::chrono::milliseconds(100));
            const std::vector<Event> happened = std::exchange(events_, {});
            const double done = share();
            lock.unlock();
            for (const Event& event : happened) {
                if (const auto* row = std::get_if<Row>(&event))
                    events.row(row->combination, row->training, row->evaluation);
                if (const auto* failure = std::get_if<Failure>(&event))
                    events.failure(failure->combination, failure->sentence);
                if (const auto* notice = std::get_if<Notice>(&event)) events.notice(notice->sentence);
            }
            events.progress(done);
            lock.lock();
        }
    } catch (...) {
        end();
        throw;
    }
    end();
    stopIfInterrupted();
}

}  // namespace

void runSweep(const SweepGrid& grid, const SweepWork& work, const SweepEvents& events) {
    Sweep(grid, work).run(events);
}

}  // namespace diffuscope
