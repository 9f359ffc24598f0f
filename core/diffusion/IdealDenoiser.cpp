#include "diffusion/IdealDenoiser.h"

#include "Error.h"
#include "diffusion/IdealPoints.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <thread>

namespace diffuscope {
namespace {

// A pair of query and point takes less than a nanosecond.
constexpr std::size_t pairsPerFreshThread = 1u << 20;
constexpr std::size_t pairsPerWaitingThread = 1u << 16;
constexpr std::size_t pairsPerPiece = 1u << 21;

/// body(part) for all parts, on threads that are made for it.
template <typename Body>
void onThreads(int parts, const Body& body) {
    std::vector<std::jthread> threads;
    for (int part = 1; part < parts; ++part) threads.emplace_back([&body, part] { body(part); });
    body(0);
}

/// Many queries are shared among threads, `pool`'s or fresh ones, which changes no result.
void ask(const IdealPoints& points, const NoiseLevel& level, std::span<const float> xt, std::span<float> eps,
         ThreadPool* pool = nullptr) {
    const std::size_t count = xt.size() / 2;
    const std::size_t least = pool ? pairsPerWaitingThread : pairsPerFreshThread;
    const std::size_t most =
        pool ? 4 * static_cast<std::size_t>(pool->size()) : std::max(1u, std::thread::hardware_concurrency());
    const std::size_t parts = std::min({count * points.work() / least + 1, count, most});
    if (parts == 0) return;
    const auto body = [&](int part) {
        const std::size_t first = count * static_cast<std::size_t>(part) / parts;
        const std::size_t last = count * (static_cast<std::size_t>(part) + 1) / parts;
        points.eps(level, xt.subspan(2 * first, 2 * (last - first)), eps.subspan(2 * first));
    };
    if (parts == 1)
        body(0);
    else if (pool)
        pool->run(static_cast<int>(parts), [&body](int part, int) { body(part); });
    else
        onThreads(static_cast<int>(parts), body);
}

class IdealDenoiser : public Denoiser {
  public:
    explicit IdealDenoiser(std::shared_ptr<const DataSet> data, ThreadPool* pool = nullptr)
        : data_(std::move(data)), all_(data_->points), pool_(pool) {
        requireDenoiser(DenoiserKind::Ideal, *data_);
        if (data_->labels.empty()) return;
        const std::int32_t last = *std::max_element(data_->labels.begin(), data_->labels.end());
        for (std::int32_t label = 0; label <= last; ++label)
            classes_.emplace_back(pointsOfClass(*data_, label));
    }

    void eps(std::span<const float> xt, const NoiseLevel& level, int label,
             std::span<float> eps) const override {
        const auto index = static_cast<std::size_t>(label);
        const bool known = label != anyClass && index < classes_.size() && classes_[index].size() > 0;
        ask(known ? classes_[index] : all_, level, xt, eps, pool_);
    }

    [[nodiscard]] std::size_t piece() const override {
        return std::clamp<std::size_t>(pairsPerPiece / all_.work(), 1, 256);
    }

  private:
    std::shared_ptr<const DataSet> data_;
    IdealPoints all_;
    std::vector<IdealPoints> classes_;
    ThreadPool* pool_;
};

}  // namespace

void idealEps(std::span<const float> data, const NoiseLevel& level, std::span<const float> xt,
              std::span<float> eps) {
    if (!data.empty()) ask(IdealPoints(data), level, xt, eps);
}

/// The weights are relative to the nearest point's, as in IdealPoints.
Posterior idealPosterior(std::span<const float> data, std::array<double, 2> xt, const ExactLevel& level) {
    const double signal = level.sqrtAlphaBar;
    const double noise = level.sqrtOneMinusAlphaBar;
    const double factor = -0.5 / (noise * noise);
    const auto point = [data](std::size_t i) {
        return std::array<double, 2>{static_cast<double>(data[2 * i]), static_cast<double>(data[2 * i + 1])};
    };
    const std::size_t count = data.size() / 2;
    std::array<double, 2> nearest{};
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < count; ++i) {
        const auto y = point(i);
        const double square = (signal * y[0] - xt[0]) * (signal * y[0] - xt[0]) +
                              (signal * y[1] - xt[1]) * (signal * y[1] - xt[1]);
        if (square < least || i == 0) nearest = y;
        least = std::min(least, square);
    }
    const std::array<double, 2> z{signal * nearest[0] - xt[0], signal * nearest[1] - xt[1]};
    double weights = 0.0;
    std::array<double, 2> sum{};
    for (std::size_t i = 0; i < count; ++i) {
        const auto y = point(i);
        const std::array<double, 2> u{signal * (y[0] - nearest[0]), signal * (y[1] - nearest[1])};
        const double weight = std::exp(factor * (u[0] * (u[0] + 2.0 * z[0]) + u[1] * (u[1] + 2.0 * z[1])));
        weights += weight;
        for (std::size_t axis = 0; axis < 2; ++axis) sum[axis] += weight * (y[axis] - nearest[axis]);
    }
    Posterior result{};
    result.logDensity = factor * (z[0] * z[0] + z[1] * z[1]) + std::log(weights) -
                        std::log(static_cast<double>(count)) -
                        std::log(2.0 * std::numbers::pi * noise * noise);
    for (std::size_t axis = 0; axis < 2; ++axis) {
        result.x0[axis] = nearest[axis] + sum[axis] / weights;
        result.eps[axis] = -(z[axis] + signal * sum[axis] / weights) / noise;
    }
    return result;
}

std::shared_ptr<const Denoiser> idealDenoiser(std::shared_ptr<const DataSet> data) {
    return std::make_shared<const IdealDenoiser>(std::move(data));
}

std::shared_ptr<const Denoiser> idealDenoiser(std::shared_ptr<const DataSet> data, ThreadPool& pool) {
    return std::make_shared<const IdealDenoiser>(std::move(data), &pool);
}

void requireDenoiser(DenoiserKind kind, const DataSet& data, int label) {
    if (kind == DenoiserKind::Network) return;
    if (kind == DenoiserKind::Mixture) {
        if (data.mixture.empty())
            throw InputError(
                "This data set is no mixture of Gaussians, so the denoiser of its distribution is not known: "
                "sampler.denoiser takes network or ideal.");
        if (label != anyClass && std::none_of(data.mixture.begin(), data.mixture.end(),
                                              [label](const auto& part) { return part.label == label; }))
            throw InputError("The mixture has no component of class " + nameOfClass(data, label) + ".");
        return;
    }
    if (data.points.empty()) throw InputError("An ideal denoiser needs at least one point.");
    if (!hasPointsOf(data, label))
        throw InputError("The data have no points of class " + nameOfClass(data, label) + ".");
}

std::shared_ptr<const Denoiser> denoiserFor(DenoiserKind kind, std::shared_ptr<const DataSet> data,
                                            std::shared_ptr<const Denoiser> network) {
    requireDenoiser(kind, *data);
    switch (kind) {
        case DenoiserKind::Ideal:
            return idealDenoiser(std::move(data));
        case DenoiserKind::Mixture:
            return mixtureDenoiser(data->mixture);
        case DenoiserKind::Network:
            break;
    }
    return network;
}

void errorField(const Denoiser& denoiser, const Denoiser& ideal, const NoiseLevel& level, int label,
                std::span<const float> xt, std::span<float> error) {
    std::vector<float> best(xt.size());
    denoiser.eps(xt, level, label, error);
    ideal.eps(xt, level, label, best);
    for (std::size_t i = 0; i < xt.size(); ++i) error[i] -= best[i];
}

}  // namespace diffuscope
