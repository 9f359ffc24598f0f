#include "training/CloudRun.h"

#include "diffusion/ForwardProcess.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/LearnedVariance.h"
#include "diffusion/ReverseSampler.h"

#include <algorithm>
#include <numeric>

namespace diffuscope {
namespace {

constexpr std::size_t blockParticles = 16384;

}  // namespace

CloudRun::CloudRun(std::vector<int> times, std::vector<int> kept, std::vector<float> start, Advance advance,
                   std::size_t smallestBlock)
    : times_(std::move(times)),
      positions_(std::move(start)),
      advance_(std::move(advance)),
      smallestBlock_(smallestBlock) {
    trajectory_.count = static_cast<int>(positions_.size() / 2);
    trajectory_.positions.resize(kept.size());
    trajectory_.t = std::move(kept);
    memory_.resize(positions_.size(), 0.0f);
    keep(positions_);
}

std::size_t CloudRun::units() const {
    return times_.empty() ? 0 : (times_.size() - 1) * positions_.size() / 2;
}

double CloudRun::share() const {
    if (units() == 0) return 1.0;
    return static_cast<double>(next_ * positions_.size() / 2 + block_) / static_cast<double>(units());
}

/// Keeps the positions at times_[next_].
void CloudRun::keep(std::span<const float> positions) {
    const int t = times_[next_];
    if (next_ + 1 < times_.size() && times_[next_ + 1] == t) return;
    const auto found = std::lower_bound(trajectory_.t.begin(), trajectory_.t.end(), t);
    if (found == trajectory_.t.end() || *found != t) return;
    trajectory_.positions[static_cast<std::size_t>(found - trajectory_.t.begin())] =
        std::make_shared<const std::vector<float>>(positions.begin(), positions.end());
}

std::size_t CloudRun::advance(std::size_t units) {
    if (done()) return 0;
    const std::size_t count = positions_.size() / 2;
    const std::size_t block = std::clamp(units, smallestBlock_, blockParticles);
    if (block_ > 0 || count > block) {
        const std::size_t size = std::min(block, count - block_);
        advance_(next_, 1, static_cast<std::uint32_t>(block_),
                 std::span(positions_).subspan(block_ * 2, size * 2),
                 std::span(memory_).subspan(block_ * 2, size * 2), {});
        block_ += size;
        if (block_ == count) {
            block_ = 0;
            ++next_;
            keep(positions_);
        }
        return size;
    }
    const std::size_t steps = std::min(std::max<std::size_t>(1, units / count), times_.size() - 1 - next_);
    frames_.resize(steps * count * 2);
    advance_(next_, steps, 0, positions_, memory_, frames_);
    for (std::size_t i = 0; i < steps; ++i) {
        ++next_;
        keep(std::span(frames_).subspan(i * count * 2, count * 2));
    }
    return steps * count;
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
    std::vector<int> kept = keptSteps(times, count, bytes);
    return {std::move(times), std::move(kept), std::move(start), std::move(advance)};
}

CloudRun reverseRun(DenoiserBackend& backend, const NoiseSchedule& schedule,
                    std::shared_ptr<const DataSet> data, const Settings& settings, int count,
                    std::size_t bytes, std::shared_ptr<const DataSet> trained) {
    const Guidance guidance = guidanceOf(settings, *data);
    requireVariance(settings);
    const std::vector<int> visited = samplingTimes(schedule, settings.sampler);
    auto plan =
        reversePlan(schedule, settings.sampler, settings.network.conditioning, clampBox(data->points));
    std::vector<int> times{visited.front()};
    for (const ReverseStep& step : plan) times.push_back(step.to);
    std::vector<float> start(static_cast<std::size_t>(count) * 2);
    reverseStart(settings.seed, 0, start);

    CloudRun::Advance advance;
    std::size_t smallestBlock = 64;
    if (settings.sampler.denoiser != DenoiserKind::Network) {
        if (!trained) trained = trainedOn(settings.data.dataset, data);
        std::shared_ptr<const Denoiser> denoiser =
            settings.sampler.denoiser == DenoiserKind::Ideal
                ? backend.idealDenoiser(trained)
                : denoiserFor(settings.sampler.denoiser, trained, nullptr);
        smallestBlock = std::clamp<std::size_t>(denoiser->piece(), 16, 64);
        advance = [denoiser = std::move(denoiser), plan = std::move(plan), guidance, seed = settings.seed,
                   eps = std::vector<float>(), scratch = std::vector<float>(),
                   paths = std::vector<PathTile>(), pathsFrom = ~std::uint32_t{0}](
                      std::size_t firstStep, std::size_t steps, std::uint32_t firstParticle,
                      std::span<float> positions, std::span<float> memory, std::span<float> frames) mutable {
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
        advance = [&backend, plan = std::move(plan), guidance, seed = settings.seed](
                      std::size_t firstStep, std::size_t steps, std::uint32_t firstParticle,
                      std::span<float> positions, std::span<float> memory, std::span<float> frames) {
            backend.reverse(std::span(plan).subspan(firstStep, steps), seed, firstParticle, positions, memory,
                            frames, guidance);
        };
    }
    const std::vector<int> ascending(visited.rbegin(), visited.rend());
    return {std::move(times), keptSteps(ascending, count, bytes), std::move(start), std::move(advance),
            smallestBlock};
}

}  // namespace diffuscope
