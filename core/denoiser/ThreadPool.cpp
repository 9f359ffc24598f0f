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

ThreadPool::ThreadPool(int threads) {
    if (threads <= 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    for (int worker = 1; worker < threads; ++worker) {
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
    tasks_ = tasks;
    unfinished_.store(tasks, std::memory_order_relaxed);
    const std::uint64_t loop = open_.load(std::memory_order_relaxed) / loopUnit + 1;
    open_.store(loop * loopUnit + static_cast<std::uint64_t>(tasks), std::memory_order_release);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    takeTasks(0);
    for (int left = unfinished_.load(std::memory_order_acquire); left != 0;
         left = unfinished_.load(std::memory_order_acquire)) {
        awaitChange(unfinished_, left);
    }
}

void ThreadPool::takeTasks(int worker) {
    std::uint64_t seen = open_.load(std::memory_order_acquire);
    while (seen % loopUnit != 0) {
        if (!open_.compare_exchange_weak(seen, seen - 1, std::memory_order_acq_rel,
                                         std::memory_order_acquire))
            continue;
        function_(context_, tasks_ - static_cast<int>(seen % loopUnit), worker);
        if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
        seen = open_.load(std::memory_order_acquire);
    }
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
