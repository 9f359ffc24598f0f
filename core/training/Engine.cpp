#include "training/Engine.h"

#include "training/Worker.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace diffuscope {
namespace {

constexpr int niceness = 5;

}  // namespace

Engine::Engine(const Settings& settings, bool training)
    : thread_([this, settings, training] { run(settings, training); }),
      monitor_(snapshots_, readings_, [this] { wake([] {}); }) {}

Engine::~Engine() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Engine::wake(const std::function<void()>& change) {
    {
        const std::lock_guard lock(mutex_);
        change();
        changed_ = true;
    }
    wake_.notify_one();
}

void Engine::send(Command command) {
    wake([&] { commands_.push_back(std::move(command)); });
}

void Engine::setSettings(const Settings& settings) {
    wake([&] { settings_ = std::make_shared<const Settings>(settings); });
}

void Engine::setPlayhead(double t) {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(playhead_, t) == t) return;
    }
    wake([] {});
}

void Engine::setTraining(bool playing) {
    send([playing](Worker& worker) { worker.setTraining(playing); });
}

void Engine::trainOneStep() {
    send([](Worker& worker) { worker.trainOneStep(); });
}

void Engine::resetNetwork() {
    send([](Worker& worker) { worker.resetNetwork(); });
}

void Engine::setImported(std::shared_ptr<const DataSet> data, const Settings& settings) {
    wake([&] {
        settings_.reset();  // older than what comes now
        commands_.push_back(
            [data = std::move(data), settings](Worker& worker) { worker.setImported(data, settings); });
    });
}

void Engine::restore(std::shared_ptr<const SavedRun> run) {
    wake([&] {
        settings_.reset();
        commands_.push_back([run = std::move(run)](Worker& worker) { worker.restore(*run); });
    });
}

void Engine::requestRun(std::function<void(std::shared_ptr<const SavedRun>)> done) {
    wake([&] {
        commands_.push_back(
            [settings = std::exchange(settings_, nullptr), done = std::move(done)](Worker& worker) {
                if (settings) worker.guarded([&] { worker.apply(*settings); });
                done(worker.savedRun());
            });
    });
}

void Engine::run(Settings settings, bool training) {
    // Of this thread and those of the backend, which inherit it: a picture, and the hand on a control, come
    // before the work that they are about.
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
    Worker worker(settings, training, snapshots_);
    while (true) {
        std::vector<Command> commands;
        std::shared_ptr<const Settings> newest;
        bool stopping = false;
        double playhead = 0.0;
        {
            std::unique_lock lock(mutex_);
            if (!worker.busy()) wake_.wait(lock, [this] { return stop_ || changed_; });
            stopping = stop_;
            changed_ = false;
            commands.swap(commands_);
            newest.swap(settings_);
            playhead = playhead_;
        }
        for (const Command& command : commands) worker.guarded([&] { command(worker); });
        if (stopping) return;  // after the commands: one may be a save that the user asked for
        if (newest) worker.guarded([&] { worker.apply(*newest); });
        if (auto readings = readings_.take()) worker.setReadings(std::move(readings));
        worker.setPlayhead(playhead);
        worker.work();
    }
}

}  // namespace diffuscope
