#pragma once
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace diffuscope {

/// A few threads that wait for the next loop. run() is called by one thread, which takes part.
class ThreadPool {
  public:
    explicit ThreadPool(int threads);  ///< 0: as many as this process may use
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    [[nodiscard]] int size() const { return static_cast<int>(workers_.size()) + 1; }

    /// body(task, worker) for every task below `tasks`, in any order, each once; worker < size() says whose
    /// scratch memory to use. Returns when all are done. `body` must not throw.
    template <typename Body>
    void run(int tasks, const Body& body) {
        call([](const void* context, int task,
                int worker) { (*static_cast<const Body*>(context))(task, worker); },
             &body, tasks);
    }

  private:
    using Function = void (*)(const void*, int, int);
    void call(Function function, const void* context, int tasks);
    void takeTasks(int worker);
    void work(int worker);

    static constexpr std::uint64_t loopUnit = std::uint64_t{1} << 32;

    std::vector<std::thread> workers_;
    Function function_ = nullptr;
    const void* context_ = nullptr;
    int tasks_ = 0;
    // The loop's number above, below it how many of its tasks nobody has taken: whoever takes one knows that
    // its loop is still open, so a loop never waits for a worker that the machine has not woken.
    std::atomic<std::uint64_t> open_{0};
    std::atomic<int> unfinished_{0};            // tasks of the current loop
    std::atomic<std::uint32_t> generation_{0};  // rises with every loop, and wakes
    std::atomic<bool> stop_{false};
};

}  // namespace diffuscope
