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

    std::vector<std::thread> workers_;
    Function function_ = nullptr;
    const void* context_ = nullptr;
    int tasks_ = 0;
    std::atomic<int> next_{0};
    std::atomic<int> busy_{0};                  // workers that have not finished the current loop
    std::atomic<std::uint32_t> generation_{0};  // rises with every loop
    std::atomic<bool> stop_{false};
};

}  // namespace diffuscope
