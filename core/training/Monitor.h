#pragma once
#include "training/Latest.h"
#include "training/Readings.h"
#include "training/Snapshot.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace diffuscope {

/// Measures the newest complete snapshot every few seconds, on a thread of its own with a low priority. It
/// weighs its own cost: after a round it rests nine times as long as the round took of the processor, so that
/// it takes a tenth of one core at the most. A round whose snapshot was overtaken by other settings is given
/// up within a piece of work of some milliseconds.
class Monitor {
  public:
    /// Looks at `snapshots`, puts what it found into `readings` and calls `arrived`, on its own thread.
    Monitor(const Latest<Snapshot>& snapshots, Latest<Readings>& readings, std::function<void()> arrived);
    ~Monitor();
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

  private:
    void run();
    [[nodiscard]] bool stopping() const;

    const Latest<Snapshot>& snapshots_;
    Latest<Readings>& readings_;
    std::function<void()> arrived_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace diffuscope
