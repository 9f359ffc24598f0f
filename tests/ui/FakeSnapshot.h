#pragma once
#include "denoiser/Denoiser.h"
#include "diffusion/ForwardProcess.h"
#include "diffusion/ReverseSampler.h"
#include "training/Snapshot.h"

#include <algorithm>
#include <functional>
#include <numeric>

/// Snapshots without a worker: the forward chain is the real one, and the reverse run is the chain of another
/// seed, seen backwards: exactly what a perfect network would sample.
namespace fake {

inline diffuscope::Trajectory chain(const diffuscope::NoiseSchedule& schedule, const std::vector<float>& data,
                                    std::uint64_t seed, int count, const std::vector<int>& kept) {
    diffuscope::Trajectory trajectory{.count = count, .t = kept, .positions = {}};
    std::vector<float> positions(static_cast<std::size_t>(count) * 2);
    diffuscope::forwardStart(data, seed, 0, positions);
    for (int t = 0; t <= schedule.steps(); ++t) {
        if (t > 0) diffuscope::forwardStep(schedule, t, seed, 0, positions);
        if (std::binary_search(kept.begin(), kept.end(), t))
            trajectory.positions.push_back(std::make_shared<const std::vector<float>>(positions));
    }
    return trajectory;
}

inline std::vector<int> everyStep(int steps, int stride = 1) {
    std::vector<int> kept;
    for (int t = 0; t < steps; t += stride) kept.push_back(t);
    kept.push_back(steps);
    return kept;
}

/// A network that knows one distribution only: N(0, I), whose eps* is sqrt(1 - alphaBar) x_t.
class NormalNetwork : public diffuscope::Denoiser {
  public:
    void eps(std::span<const float> xt, const diffuscope::NoiseLevel& level, int,
             std::span<float> eps) const override {
        for (std::size_t i = 0; i < xt.size(); ++i) eps[i] = level.sqrtOneMinusAlphaBar * xt[i];
    }
};

inline diffuscope::Snapshot snapshot(const diffuscope::Settings& settings, int stride = 1) {
    using namespace diffuscope;
    Snapshot snapshot;
    snapshot.settings = settings;
    snapshot.data = trainingData(settings.data, settings.seed);
    snapshot.trained = trainedOn(settings.data.dataset, snapshot.data);
    auto schedule = std::make_shared<const NoiseSchedule>(settings.schedule);
    snapshot.schedule = schedule;
    snapshot.stepNoise = std::make_shared<const std::vector<double>>(stepNoises(*schedule, settings.sampler));
    const std::vector<int> kept = everyStep(schedule->steps(), stride);
    const std::vector<int> all = everyStep(schedule->steps());
    const auto& points = snapshot.data->points;
    snapshot.forward = chain(*schedule, points, settings.seed, settings.view.particles, kept);
    snapshot.reverse = chain(*schedule, points, settings.seed + 1, settings.view.particles, kept);
    const int followed = std::min(10, settings.view.particles);
    snapshot.forwardPaths = chain(*schedule, points, settings.seed, followed, all);
    snapshot.reversePaths = chain(*schedule, points, settings.seed + 1, followed, all);
    snapshot.reverseComputed = 1.0;
    snapshot.network = std::make_shared<const NormalNetwork>();
    return snapshot;
}

}  // namespace fake
