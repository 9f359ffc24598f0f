#pragma once
#include "training/Latest.h"
#include "training/Snapshot.h"

#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace diffuscope {

/// One particle of a snapshot's reverse run, at one step that was kept.
struct FollowRequest {
    std::shared_ptr<const Snapshot> snapshot;
    int particle = 0;
    double playhead = 0.0;  ///< the kept step that is nearest counts
};

/// What the sampler sees and does there.
struct Followed {
    int t = 0;     ///< where the particle is
    int next = 0;  ///< where the sampler takes it
    std::array<float, 2> xt{};
    std::array<float, 2> eps{};    ///< eps-hat of the sampler's denoiser
    std::array<float, 2> x0{};     ///< x0-hat, clamped if the sampler clamps
    std::array<float, 2> xNext{};  ///< as the run has it
};

/// @returns null where the run is not computed that far, or there is nothing to ask at t = 0.
[[nodiscard]] std::shared_ptr<const Followed> follow(const FollowRequest& request);

/// Asks the denoiser about a followed particle on a thread of its own; the newest request wins.
class Follower {
  public:
    /// `done` is called on that thread after every answer.
    explicit Follower(std::function<void()> done);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    void request(FollowRequest request);
    /// The last answer; null before the first, and where there was nothing to say.
    [[nodiscard]] std::shared_ptr<const Followed> answer() const { return answers_.peek(); }

  private:
    void run();

    std::function<void()> done_;
    Latest<Followed> answers_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::unique_ptr<FollowRequest> next_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace diffuscope
