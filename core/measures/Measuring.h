#pragma once
#include "denoiser/ThreadPool.h"

#include <algorithm>
#include <functional>

namespace diffuscope {

/// The threads that help with a measure, and the way out of it. Results do not depend on how many they are.
struct Measuring {
    ThreadPool& pool;
    /// Called by the caller's thread between pieces of work of some milliseconds; throws to give up.
    std::function<void()> checkpoint = [] {};

    /// body(task) for every task below `tasks`, each worth a millisecond or two. It must not throw.
    template <typename Body>
    void forEach(int tasks, const Body& body) const {
        const int round = 4 * pool.size();
        for (int first = 0; first < tasks; first += round) {
            pool.run(std::min(round, tasks - first), [&](int task, int) { body(first + task); });
            checkpoint();
        }
    }
};

}  // namespace diffuscope
