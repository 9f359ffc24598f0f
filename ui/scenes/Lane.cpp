#include "scenes/Lane.h"

#include "denoiser/Guidance.h"
#include "diffusion/GaussianMixture.h"
#include "diffusion/IdealDenoiser.h"
#include "scenes/SmoothDensity.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <utility>

namespace diffuscope {
namespace {

/// What follows from the last few sources of this thread. The source is held, so that another object at its
/// address is never taken for it.
template <typename Key, typename Value, typename Make>
Value keptValue(const Key& key, std::size_t most, Make make) {
    thread_local std::list<std::pair<Key, Value>> values;
    for (auto found = values.begin(); found != values.end(); ++found)
        if (found->first == key) {
            values.splice(values.begin(), values, found);
            return values.front().second;
        }
    values.emplace_front(key, make());
    if (values.size() > most) values.pop_back();
    return values.front().second;
}

struct DensityKey {
    std::shared_ptr<const void> points;
    double scale;
    double sigma;
    QSizeF size;
    bool operator==(const DensityKey&) const = default;
};

/// What the sampler makes of it: of the class and under the guidance that the settings ask for.
std::shared_ptr<const Denoiser> asGuided(const Frame& frame,
                                         const std::shared_ptr<const Denoiser>& denoiser) {
    if (!denoiser || !frame.snapshot->data) return denoiser;
    const Guidance guidance = guidanceOrAny(frame.snapshot->settings, *frame.snapshot->data);
    if (guidance == Guidance{}) return denoiser;
    return keptValue<std::pair<std::shared_ptr<const Denoiser>, Guidance>, std::shared_ptr<const Denoiser>>(
        {denoiser, guidance}, 4, [&] { return guidedDenoiser(denoiser, guidance); });
}

}  // namespace

const Theme& themeOf(const Frame& frame) {
    return themeOf(frame.view->theme);
}

QColor laneColour(const Theme& theme, Lane lane) {
    return lane == Lane::Forward ? theme.forward : theme.reverse;
}

int stepsOf(const Frame& frame) {
    return frame.snapshot && frame.snapshot->schedule ? frame.snapshot->schedule->steps() : 0;
}

ShownCloud shownCloud(const Frame& frame, Lane lane) {
    if (!frame.snapshot) return {};
    const auto at = [](const Trajectory& trajectory, double time) -> ShownCloud {
        if (trajectory.empty()) return {};
        const std::size_t index = trajectory.nearest(time);
        return {trajectory.positions[index], trajectory.t[index]};
    };
    const Snapshot& snapshot = *frame.snapshot;
    if (lane == Lane::Forward) return at(snapshot.forward, frame.playhead);
    if (ShownCloud now = at(snapshot.reverse, frame.playhead); now.positions) return now;
    const double share = stepsOf(frame) > 0 ? frame.playhead / stepsOf(frame) : 0.0;
    ShownCloud before = at(snapshot.reverseBefore, share * snapshot.reverseBefore.steps());
    before.stale = true;
    return before;
}

int shownStep(const Frame& frame) {
    return std::clamp(static_cast<int>(std::lround(frame.playhead)), 0, stepsOf(frame));
}

NoiseLevel levelAt(const Frame& frame, int t) {
    return noiseLevel(*frame.snapshot->schedule, std::clamp(t, 1, stepsOf(frame)),
                      frame.snapshot->settings.network.conditioning);
}

std::shared_ptr<const Denoiser> networkOf(const Frame& frame) {
    return asGuided(frame, frame.snapshot ? frame.snapshot->network : nullptr);
}

std::shared_ptr<const Denoiser> bestDenoiser(const Frame& frame) {
    if (!frame.snapshot || !frame.snapshot->trained || frame.snapshot->trained->points.empty())
        return nullptr;
    const auto& data = frame.snapshot->trained;  // as the sampler: what is held out is not known
    const bool mixture =
        frame.snapshot->settings.sampler.denoiser == DenoiserKind::Mixture && !data->mixture.empty();
    const auto best =
        keptValue<std::pair<std::shared_ptr<const DataSet>, bool>, std::shared_ptr<const Denoiser>>(
            {data, mixture}, 2,
            [&] { return mixture ? mixtureDenoiser(data->mixture) : idealDenoiser(data); });
    return asGuided(frame, best);
}

std::shared_ptr<const Denoiser> shownDenoiser(const Frame& frame) {
    if (!frame.snapshot || stepsOf(frame) == 0) return nullptr;
    return frame.snapshot->settings.sampler.denoiser == DenoiserKind::Network ? networkOf(frame)
                                                                              : bestDenoiser(frame);
}

QColor denoiserColour(const Frame& frame) {
    const Theme& theme = themeOf(frame);
    return frame.snapshot && frame.snapshot->settings.sampler.denoiser != DenoiserKind::Network
               ? theme.ideal
               : theme.reverse;
}

std::shared_ptr<const SmoothDensity> laneDensity(const QRectF& rect, const Frame& frame, Lane lane) {
    if (stepsOf(frame) == 0) return nullptr;
    const Snapshot& snapshot = *frame.snapshot;
    const auto density = [&](std::shared_ptr<const void> source, const std::vector<float>& points,
                             double scale, double sigma) {
        return keptValue<DensityKey, std::shared_ptr<const SmoothDensity>>(
            {std::move(source), scale, sigma, rect.size()}, 6, [&] {
                return std::make_shared<const SmoothDensity>(
                    smoothDensity(points, scale, sigma, Stage(rect)));
            });
    };
    if (lane == Lane::Forward) {
        if (!snapshot.data) return nullptr;
        const int t = shownStep(frame);
        return density(snapshot.data, snapshot.data->points, std::sqrt(snapshot.schedule->alphaBar(t)),
                       std::sqrt(snapshot.schedule->oneMinusAlphaBar(t)));
    }
    const ShownCloud cloud = shownCloud(frame, lane);
    if (!cloud.positions) return nullptr;
    return density(cloud.positions, *cloud.positions, 1.0, silvermanWidth(*cloud.positions));
}

std::shared_ptr<const SmoothDensity> fadeDensity(const QRectF& rect, const Frame& frame, Lane lane) {
    const auto density = laneDensity(rect, frame, lane);
    return density ? density : laneDensity(rect, frame, Lane::Forward);
}

}  // namespace diffuscope
