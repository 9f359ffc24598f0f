#pragma once
#include <chrono>
#include <cstddef>
#include <deque>
#include <limits>
#include <string>
#include <utility>

namespace diffuscope {

/// Advances runs by slices of about the same time, as the slice before has shown. The first one is small,
/// because on a graphics card an ideal denoiser of a million points takes a thousand times as long as a
/// network.
class SlicePace {
  public:
    explicit SlicePace(double secondsPerUnit = 1e-3) : secondsPerUnit_(secondsPerUnit) {}

    /// Returns the units that were done: see CloudRun::advance(). Of a Recomputation as well.
    template <typename Run>
    std::size_t advance(Run& run, double seconds) {
        const Clock::time_point start = Clock::now();
        const std::size_t done = run.advance(unitsOf(seconds));
        took(done, std::chrono::duration<double>(Clock::now() - start).count());
        return done;
    }

  private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] std::size_t unitsOf(double seconds) const;
    void took(std::size_t units, double seconds);

    double secondsPerUnit_;
};

/// How long a pass still takes, by the clock on the wall and what was done of it in the last seconds.
class PassPace {
  public:
    using Clock = std::chrono::steady_clock;

    PassPace() = default;
    PassPace(std::size_t units, Clock::time_point start);  ///< `units` of work in all

    void add(std::size_t units, Clock::time_point now);

    [[nodiscard]] double secondsLeft() const;   ///< NaN before it has been measured; 0 at the end
    [[nodiscard]] double secondsInAll() const;  ///< with what has passed

  private:
    std::size_t units_ = 0;
    int slices_ = 0;
    Clock::time_point start_;
    std::deque<std::pair<Clock::time_point, std::size_t>> done_;  ///< of all units, the last seconds'
};

/// "3 minutes": seconds up to 90, minutes up to 90, hours.
[[nodiscard]] std::string durationText(double seconds);

}  // namespace diffuscope
