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
    next_.store(0, std::memory_order_relaxed);
    busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    takeTasks(0);
    for (int busy = busy_.load(std::memory_order_acquire); busy != 0;
         busy = busy_.load(std::memory_order_acquire)) {
        awaitChange(busy_, busy);
    }
}

void ThreadPool::takeTasks(int worker) {
    for (int task = next_.fetch_add(1, std::memory_order_relaxed); task < tasks_;
         task = next_.fetch_add(1, std::memory_order_relaxed)) {
        function_(context_, task, worker);
    }
}

void ThreadPool::work(int worker) {
    std::uint32_t seen = 0;
    while (true) {
        awaitChange(generation_, seen);
        ++seen;
        if (stop_.load(std::memory_order_relaxed)) return;
        takeTasks(worker);
        busy_.fetch_sub(1, std::memory_order_release);
        busy_.notify_one();
    }
}

}  // namespace diffuscope
