#include "training/Monitor.h"

#include "Error.h"
#include "training/RunReader.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <utility>

namespace diffuscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto lookEvery = std::chrono::milliseconds(100);
constexpr double shortestRest = 2.0;  // seconds, where nothing but the training has moved on
constexpr double restPerCost = 9.0;
constexpr int niceness = 10;

/// The round was overtaken, or the thread shall end.
struct GivenUp {};

/// Processor time of this thread, seconds.
double threadSeconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

bool measurable(const Snapshot& snapshot) {
    return snapshot.settings.view.measure && snapshot.network && !snapshot.reverse.empty() &&
           snapshot.reverse.complete();
}

bool sameRun(const Snapshot& a, const Snapshot& b) {
    return a.era == b.era && a.reverse.positions.front() == b.reverse.positions.front() &&
           a.networkState == b.networkState;
}

/// Without the positions that nobody measures: they would take memory until the next round.
std::shared_ptr<const Snapshot> measured(const Snapshot& snapshot) {
    auto kept = std::make_shared<Snapshot>(snapshot);
    kept->forward = kept->forwardPaths = kept->reversePaths = kept->reverseBefore = {};
    kept->reverse = {.count = snapshot.reverse.count,
                     .t = {snapshot.reverse.t.front()},
                     .positions = {snapshot.reverse.positions.front()}};
    return kept;
}

}  // namespace

Monitor::Monitor(const Latest<Snapshot>& snapshots, Latest<Readings>& readings, std::function<void()> arrived)
    : snapshots_(snapshots), readings_(readings), arrived_(std::move(arrived)), thread_([this] { run(); }) {}

Monitor::~Monitor() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

bool Monitor::stopping() const {
    const std::lock_guard lock(mutex_);
    return stop_;
}

void Monitor::run() {
    // Of this thread alone: what a user looks at and waits for comes first.
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
    ThreadPool alone(1);
    RunReader reader;
    std::shared_ptr<const Snapshot> last;
    Clock::time_point ended{};
    double cost = 0.0;
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (wake_.wait_for(lock, lookEvery, [this] { return stop_; })) return;
        }
        std::shared_ptr<const Snapshot> snapshot = snapshots_.peek();
        if (!snapshot || !measurable(*snapshot) || (last && sameRun(*last, *snapshot) && reader.complete()))
            continue;
        const bool sameEra = last && last->era == snapshot->era;
        const double rest = std::max(restPerCost * cost, sameEra ? shortestRest : 0.0);
        if (std::chrono::duration<double>(Clock::now() - ended).count() < rest) continue;

        snapshot = measured(*snapshot);
        const double start = threadSeconds();
        const Measuring measuring{
            alone, [&] {
                const auto newest = snapshots_.peek();
                if (stopping() || newest->era != snapshot->era || !newest->settings.view.measure)
                    throw GivenUp{};
            }};
        try {
            auto readings = std::make_shared<Readings>(reader.read(*snapshot, measuring));
            readings->seconds = threadSeconds() - start;
            last = snapshot;
            readings_.put(std::move(readings));
            arrived_();
        } catch (const GivenUp&) {  // the next look finds what overtook it
        }
        cost = threadSeconds() - start;
        ended = Clock::now();
    }
}

}  // namespace diffuscope
