#include "diffusion/IdealDenoiser.h"

#include "Error.h"
#include "diffusion/GaussianMixture.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace diffuscope {
namespace {

constexpr Eigen::Index blockSize = 512;
constexpr std::size_t pairsPerThread = 1u << 20;

using Column = Eigen::ArrayXf;

/// One thread's room for a block.
struct Scratch {
    Column ux{blockSize};
    Column uy{blockSize};
    Column logs{blockSize};
};

/// The data by columns, and what the noise level makes of them.
struct Ideal {
    Column x;
    Column y;
    float signal;
    float noise;

    Ideal(std::span<const float> data, const NoiseLevel& level)
        : x(static_cast<Eigen::Index>(data.size() / 2)),
          y(x.size()),
          signal(level.sqrtAlphaBar),
          noise(level.sqrtOneMinusAlphaBar) {
        for (Eigen::Index i = 0; i < x.size(); ++i) {
            x[i] = data[static_cast<std::size_t>(2 * i)];
            y[i] = data[static_cast<std::size_t>(2 * i + 1)];
        }
    }

    [[nodiscard]] Eigen::Index nearest(float atX, float atY, Scratch& scratch) const {
        Eigen::Index best = 0;
        float least = std::numeric_limits<float>::infinity();
        for (Eigen::Index from = 0; from < x.size(); from += blockSize) {
            const Eigen::Index size = std::min(blockSize, x.size() - from);
            auto squares = scratch.logs.head(size);
            squares = (signal * x.segment(from, size) - atX).square() +
                      (signal * y.segment(from, size) - atY).square();
            const float smallest = squares.minCoeff();
            if (!(smallest < least)) continue;
            least = smallest;
            best = from + (std::find(squares.begin(), squares.end(), smallest) - squares.begin());
        }
        return best;
    }

    /// The weights are taken relative to the nearest point m: with u = signal (y_i - y_m) and
    /// z = signal y_m - x_t, log w_i - log w_m = -u . (u + 2 z) / (2 noise^2), which keeps its digits both
    /// close to a point and far away from all.
    void eps(float atX, float atY, Scratch& scratch, float* result) const {
        constexpr float negligible = -60.0f;  // e^-60 of the largest weight; keeps exp() off denormals
        const Eigen::Index m = nearest(atX, atY, scratch);
        const float zx = signal * x[m] - atX;
        const float zy = signal * y[m] - atY;
        const float factor = -0.5f / (noise * noise);
        double greatest = -std::numeric_limits<double>::infinity();
        double weights = 0.0;
        double sumX = 0.0;
        double sumY = 0.0;
        for (Eigen::Index from = 0; from < x.size(); from += blockSize) {
            const Eigen::Index size = std::min(blockSize, x.size() - from);
            auto ux = scratch.ux.head(size);
            auto uy = scratch.uy.head(size);
            auto logs = scratch.logs.head(size);
            ux = signal * (x.segment(from, size) - x[m]);
            uy = signal * (y.segment(from, size) - y[m]);
            logs = factor * (ux * (ux + 2.0f * zx) + uy * (uy + 2.0f * zy));
            const float highest = logs.maxCoeff();
            if (double(highest) < greatest + double(negligible)) continue;
            if (double(highest) > greatest) {
                const double rescale = std::exp(greatest - double(highest));
                weights *= rescale;
                sumX *= rescale;
                sumY *= rescale;
                greatest = double(highest);
            }
            logs = (logs - static_cast<float>(greatest)).max(negligible).exp();
            weights += double(logs.sum());
            sumX += double((logs * ux).sum());
            sumY += double((logs * uy).sum());
        }
        result[0] = static_cast<float>(-(double(zx) + sumX / weights) / double(noise));
        result[1] = static_cast<float>(-(double(zy) + sumY / weights) / double(noise));
    }
};

/// Points of a class, or all.
std::vector<float> pointsOf(const DataSet& data, int label) {
    if (label == anyClass) return data.points;
    std::vector<float> points;
    for (std::size_t i = 0; i < data.labels.size(); ++i)
        if (data.labels[i] == label)
            points.insert(points.end(), {data.points[2 * i], data.points[2 * i + 1]});
    return points;
}

std::string nameOf(const DataSet& data, int label) {
    const auto index = static_cast<std::size_t>(label);
    return index < data.classes.size() ? data.classes[index] : std::to_string(label + 1);
}

class IdealDenoiser : public Denoiser {
  public:
    explicit IdealDenoiser(std::shared_ptr<const DataSet> data) : data_(std::move(data)) {
        if (data_->points.empty()) throw InputError("An ideal denoiser needs at least one point.");
        if (data_->labels.empty()) return;
        const std::int32_t last = *std::max_element(data_->labels.begin(), data_->labels.end());
        for (std::int32_t label = 0; label <= last; ++label) classes_.push_back(pointsOf(*data_, label));
    }

    void eps(std::span<const float> xt, const NoiseLevel& level, int label,
             std::span<float> eps) const override {
        if (label == anyClass) return idealEps(data_->points, level, xt, eps);
        const auto index = static_cast<std::size_t>(label);
        if (index >= classes_.size() || classes_[index].empty())
            throw InputError("The data have no points of class " + nameOf(*data_, label) + ".");
        idealEps(classes_[index], level, xt, eps);
    }

  private:
    std::shared_ptr<const DataSet> data_;
    std::vector<std::vector<float>> classes_;
};

}  // namespace

void idealEps(std::span<const float> data, const NoiseLevel& level, std::span<const float> xt,
              std::span<float> eps) {
    if (xt.empty() || data.empty()) return;
    const Ideal ideal(data, level);
    const std::size_t count = xt.size() / 2;
    const auto part = [&](std::size_t first, std::size_t last) {
        Scratch scratch;
        for (std::size_t i = first; i < last; ++i) ideal.eps(xt[2 * i], xt[2 * i + 1], scratch, &eps[2 * i]);
    };
    const std::size_t wanted = count * (data.size() / 2) / pairsPerThread + 1;
    const std::size_t parts =
        std::min<std::size_t>({wanted, count, std::max(1u, std::thread::hardware_concurrency())});
    std::vector<std::jthread> threads;
    for (std::size_t k = 1; k < parts; ++k)
        threads.emplace_back(
            [&part, first = count * k / parts, last = count * (k + 1) / parts] { part(first, last); });
    part(0, count / parts);
}

std::shared_ptr<const Denoiser> idealDenoiser(std::shared_ptr<const DataSet> data) {
    return std::make_shared<const IdealDenoiser>(std::move(data));
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
            throw InputError("The mixture has no component of class " + nameOf(data, label) + ".");
        return;
    }
    if (data.points.empty()) throw InputError("An ideal denoiser needs at least one point.");
    if (label != anyClass && std::find(data.labels.begin(), data.labels.end(), label) == data.labels.end())
        throw InputError("The data have no points of class " + nameOf(data, label) + ".");
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

}  // namespace diffuscope
