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

    [[nodiscard]] int size() const { return static_cast<int>(shares_.size()); }

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

    /// Every worker has tasks of its own, a run of neighbours, so that in one loop after the other it meets
    /// the memory that its core has at hand; whoever is done with them helps the others.
    struct alignas(64) Share {
        // The loop's number above, below it how many of the tasks nobody has taken: whoever takes one knows
        // that its loop is still open, so a loop never waits for a worker that the machine has not woken.
        std::atomic<std::uint64_t> open{0};
        int end = 0;  // one behind its last task
    };
    int takeFrom(Share& share, int worker);

    std::vector<std::thread> workers_;
    std::vector<Share> shares_;  // one per worker
    Function function_ = nullptr;
    const void* context_ = nullptr;
    std::uint64_t loop_ = 0;
    std::atomic<int> unfinished_{0};            // tasks of the current loop
    std::atomic<std::uint32_t> generation_{0};  // rises with every loop, and wakes
    std::atomic<bool> stop_{false};
};

}  // namespace diffuscope
