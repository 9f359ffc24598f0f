#pragma once
#include <memory>
#include <mutex>
#include <utility>

namespace diffuscope {

/// A slot of one value between two threads: the newest wins, nobody waits longer than a pointer's move.
template <typename T>
class Latest {
  public:
    void put(std::shared_ptr<const T> value) {
        const std::lock_guard lock(mutex_);
        value_.swap(value);
    }
    /// The newest, which stays. Null before the first put().
    [[nodiscard]] std::shared_ptr<const T> peek() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }
    /// The newest, once: null until the next put().
    [[nodiscard]] std::shared_ptr<const T> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(value_, nullptr);
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
};

}  // namespace diffuscope
