#include "training/CloudRun.h"

#include "diffusion/ForwardProcess.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/LearnedVariance.h"
#include "diffusion/ReverseSampler.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace diffuscope {
namespace {

/// Kept steps of `times`, ascending, and of what is remembered at them where they are not all.
std::vector<int> affordableSteps(const std::vector<int>& times, int count, bool remembers,
                                 std::size_t bytes) {
    std::vector<int> kept = keptSteps(times, count, bytes);
    if (remembers && kept.size() < times.size()) kept = keptSteps(times, count, bytes / 2);
    return kept;
}

}  // namespace

CloudRun::CloudRun(std::shared_ptr<const CloudWay> way, std::vector<int> kept, std::vector<float> start)
    : way_(std::move(way)) {
    trajectory_.count = static_cast<int>(start.size() / 2);
    trajectory_.positions.resize(kept.size());
    const std::vector<int>& times = way_->times;
    std::size_t stops = times.empty() ? 0 : 1;
    for (std::size_t i = 0; i + 1 < times.size(); ++i) stops += times[i] != times[i + 1] ? 1 : 0;
    if (way_->remembers() && kept.size() < stops) trajectory_.memory.resize(kept.size());
    trajectory_.t = std::move(kept);
    walk_ = CloudWalk(way_, 0, std::move(start));
    keep(0, walk_.positions());
}

std::size_t CloudRun::units() const {
    return way_ ? way_->last() * static_cast<std::size_t>(trajectory_.count) : 0;
}

double CloudRun::share() const {
    if (done() || units() == 0) return 1.0;
    return static_cast<double>(walk_.unitsDone()) / static_cast<double>(units());
}

/// The place among the kept steps of the positions at times[at].
std::optional<std::size_t> CloudRun::placeOf(std::size_t at) const {
    const std::vector<int>& times = way_->times;
    if (at + 1 < times.size() && times[at + 1] == times[at]) return std::nullopt;
    const auto found = std::lower_bound(trajectory_.t.begin(), trajectory_.t.end(), times[at]);
    if (found == trajectory_.t.end() || *found != times[at]) return std::nullopt;
    return static_cast<std::size_t>(found - trajectory_.t.begin());
}

void CloudRun::keep(std::size_t at, std::span<const float> positions) {
    if (const auto place = placeOf(at))
        trajectory_.positions[*place] =
            std::make_shared<const std::vector<float>>(positions.begin(), positions.end());
}

std::size_t CloudRun::advance(std::size_t units) {
    if (done()) return 0;
    std::size_t last = way_->last();
    if (!trajectory_.memory.empty())  // which is known where a slice ends
        for (std::size_t at = at_ + 1; at < last; ++at)
            if (way_->recallsAt(at) && placeOf(at)) last = at;
    const std::size_t did = walk_.advance(
        units, last, [this](std::size_t at) { return placeOf(at).has_value(); },
        [this](std::size_t at, std::span<const float> positions) { keep(at, positions); });
    const bool arrived = walk_.at() != at_;
    at_ = walk_.at();
    if (arrived && !trajectory_.memory.empty() && way_->recallsAt(at_))
        if (const auto place = placeOf(at_))
            trajectory_.memory[*place] =
                std::make_shared<const std::vector<float>>(walk_.memory().begin(), walk_.memory().end());
    if (done()) walk_ = {};
    return did;
}

bool CloudRun::keepNear(std::span<const double> playheads, std::size_t bytes) {
    const std::vector<int>& all = trajectory_.t;
    std::vector<int> kept{all.front(), all.back()};
    for (const double playhead : playheads) kept.push_back(all[trajectory_.nearest(playhead)]);
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    if (keptSteps(kept, trajectory_.count, bytes).size() < kept.size()) return false;
    trajectory_.t = std::move(kept);
    trajectory_.positions.assign(trajectory_.t.size(), nullptr);
    keep(0, walk_.positions());
    return true;
}

void CloudRun::thin(std::size_t bytes) {
    const std::size_t each = trajectory_.memory.empty() ? 1 : 2;
    if (!way_ || keptSteps(trajectory_.t, trajectory_.count, bytes / each).size() == trajectory_.t.size())
        return;
    if (way_->remembers()) trajectory_.memory.resize(trajectory_.t.size());
    trajectory_ = thinned(trajectory_, bytes);
}

void CloudRun::forgetAbove(int t) {
    const auto first = std::upper_bound(trajectory_.t.begin(), trajectory_.t.end(), t);
    std::fill(trajectory_.positions.begin() + (first - trajectory_.t.begin()), trajectory_.positions.end(),
              nullptr);
}

CloudRun forwardRun(std::shared_ptr<const NoiseSchedule> schedule, std::shared_ptr<const DataSet> data,
                    std::uint64_t seed, int count, std::size_t bytes, std::shared_ptr<ForwardNoise> noise) {
    std::vector<int> times(static_cast<std::size_t>(schedule->steps()) + 1);
    std::iota(times.begin(), times.end(), 0);
    std::vector<float> start(static_cast<std::size_t>(count) * 2);
    forwardStart(data->points, seed, 0, start);
    auto advance = [schedule, seed, noise = std::move(noise)](
                       std::size_t firstStep, std::size_t steps, std::uint32_t firstParticle,
                       std::span<float> positions, std::span<float>, std::span<float> frames) {
        const int firstT = static_cast<int>(firstStep) + 1;
        if (noise)
            forwardSteps(*schedule, firstT, static_cast<int>(steps), *noise, firstParticle, positions,
                         frames);
        else
            forwardSteps(*schedule, firstT, static_cast<int>(steps), seed, firstParticle, positions, frames);
    };
    std::vector<int> kept = affordableSteps(times, count, false, bytes);
    auto way =
        std::make_shared<const CloudWay>(CloudWay{.times = std::move(times), .advance = std::move(advance)});
    return {std::move(way), std::move(kept), std::move(start)};
}

CloudRun reverseRun(DenoiserBackend& backend, const NoiseSchedule& schedule,
                    std::shared_ptr<const DataSet> data, const Settings& settings, int count,
                    std::size_t bytes, std::shared_ptr<const DataSet> trained) {
    const Guidance guidance = guidanceOf(settings, *data);
    requireVariance(settings);
    const std::vector<int> visited = samplingTimes(schedule, settings.sampler);
    auto plan =
        reversePlan(schedule, settings.sampler, settings.network.conditioning, clampBox(data->points));
    CloudWay way{.times = {visited.front()}, .advance = {}};
    for (const ReverseStep& step : plan) way.times.push_back(step.to);
    if (std::any_of(plan.begin(), plan.end(), [](const ReverseStep& step) { return step.remembers(); }))
        for (const ReverseStep& step : plan) way.recalls.push_back(step.fromMemory != 0.0f);
    std::vector<float> start(static_cast<std::size_t>(count) * 2);
    reverseStart(settings.seed, 0, start);

    if (settings.sampler.denoiser != DenoiserKind::Network) {
        if (!trained) trained = trainedOn(settings.data.dataset, data);
        std::shared_ptr<const Denoiser> denoiser =
            settings.sampler.denoiser == DenoiserKind::Ideal
                ? backend.idealDenoiser(trained)
                : denoiserFor(settings.sampler.denoiser, trained, nullptr);
        way.smallestBlock = std::clamp<std::size_t>(denoiser->piece(), 16, 64);
        way.advance = [denoiser = std::move(denoiser), plan = std::move(plan), guidance, seed = settings.seed,
                       eps = std::vector<float>(), scratch = std::vector<float>(),
                       paths = std::vector<PathTile>(), pathsFrom = ~std::uint32_t{0}](
                          std::size_t firstStep, std::size_t steps, std::uint32_t firstParticle,
                          std::span<float> positions, std::span<float> memory,
                          std::span<float> frames) mutable {
            eps.resize(positions.size());
            if (pathsFrom != firstParticle || paths.size() * tileRows < positions.size() / 2) {
                paths = pathTiles(seed, Stream::ReverseChain, firstParticle, positions.size() / 2);
                pathsFrom = firstParticle;
            }
            for (std::size_t i = 0; i < steps; ++i) {
                const ReverseStep& step = plan[firstStep + i];
                guidedEps(*denoiser, positions, step.level, guidance, eps, scratch);
                applyReverseStep(step, paths, eps, positions, memory);
                if (!frames.empty())
                    std::copy(positions.begin(), positions.end(),
                              frames.begin() + static_cast<std::ptrdiff_t>(i * positions.size()));
            }
        };
    } else {
        way.advance = [&backend, plan = std::move(plan), guidance, seed = settings.seed](
                          std::size_t firstStep, std::size_t steps, std::uint32_t firstParticle,
                          std::span<float> positions, std::span<float> memory, std::span<float> frames) {
            backend.reverse(std::span(plan).subspan(firstStep, steps), seed, firstParticle, positions, memory,
                            frames, guidance);
        };
    }
    std::vector<int> kept =
        affordableSteps({visited.rbegin(), visited.rend()}, count, way.remembers(), bytes);
    return {std::make_shared<const CloudWay>(std::move(way)), std::move(kept), std::move(start)};
}

}  // namespace diffuscope
