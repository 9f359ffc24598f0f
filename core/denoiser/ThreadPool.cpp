#include "denoiser/ThreadPool.h"

#include <algorithm>

namespace diffuscope {
namespace {

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/// Waits until `value` is no longer `old`: first awake, because the next loop of a training step usually
/// comes within microseconds, then asleep.
template <typename T>
void awaitChange(const std::atomic<T>& value, T old) {
    for (int i = 0; i < 2000; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        pause();
    }
    while (value.load(std::memory_order_acquire) == old) value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int threads)
    : shares_(static_cast<std::size_t>(
          threads > 0 ? threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency())))) {
    for (int worker = 1; worker < static_cast<int>(shares_.size()); ++worker) {
        workers_.emplace_back([this, worker] { work(worker); });
    }
}

ThreadPool::~ThreadPool() {
    stop_.store(true, std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::call(Function function, const void* context, int tasks) {
    if (workers_.empty() || tasks <= 1) {
        for (int task = 0; task < tasks; ++task) function(context, task, 0);
        return;
    }
    function_ = function;
    context_ = context;
    unfinished_.store(tasks, std::memory_order_relaxed);
    ++loop_;
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < shares_.size(); ++i) {
        const std::int64_t end =
            std::int64_t{tasks} * static_cast<std::int64_t>(i + 1) / static_cast<std::int64_t>(size());
        shares_[i].end = static_cast<int>(end);
        shares_[i].open.store(loop_ * loopUnit + static_cast<std::uint64_t>(end - begin),
                              std::memory_order_release);
        begin = end;
    }
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    takeTasks(0);
    for (int left = unfinished_.load(std::memory_order_acquire); left != 0;
         left = unfinished_.load(std::memory_order_acquire)) {
        awaitChange(unfinished_, left);
    }
}

void ThreadPool::takeTasks(int worker) {
    int done = 0;
    for (int i = 0; i < size(); ++i)
        done += takeFrom(shares_[static_cast<std::size_t>((worker + i) % size())], worker);
    if (done > 0 && unfinished_.fetch_sub(done, std::memory_order_acq_rel) == done) unfinished_.notify_one();
}

/// Returns how many tasks it has done.
int ThreadPool::takeFrom(Share& share, int worker) {
    int done = 0;
    std::uint64_t seen = share.open.load(std::memory_order_acquire);
    while (seen % loopUnit != 0) {
        if (!share.open.compare_exchange_weak(seen, seen - 1, std::memory_order_acq_rel,
                                              std::memory_order_acquire))
            continue;
        function_(context_, share.end - static_cast<int>(seen % loopUnit), worker);
        ++done;
        seen = share.open.load(std::memory_order_acquire);
    }
    return done;
}

void ThreadPool::work(int worker) {
    std::uint32_t seen = 0;
    while (true) {
        awaitChange(generation_, seen);
        seen = generation_.load(std::memory_order_acquire);
        if (stop_.load(std::memory_order_relaxed)) return;
        takeTasks(worker);
    }
}

}  // namespace diffuscope
