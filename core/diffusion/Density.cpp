#include "diffusion/Density.h"

#include "Error.h"
#include "diffusion/IdealDenoiser.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diffuscope {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// exp(-(at - centre)^2 / (2 noise^2)), the difference in double; 0 below e^-43, so that no product of two is
/// too small for a float.
float kernel(double at, double centre, double inverseNoise) {
    const double distance = (at - centre) * inverseNoise;
    const auto exponent = static_cast<float>(-0.5 * distance * distance);
    return exponent < -43.0f ? 0.0f : std::exp(exponent);
}

}  // namespace

Density::Density(std::shared_ptr<const DataSet> data, DenoiserKind kind, int label) {
    if (kind == DenoiserKind::Mixture) {
        requireDenoiser(kind, *data, label);
        mixture_.emplace_back(data->mixture, label);
    } else {
        requireDenoiser(DenoiserKind::Ideal, *data, label);
        points_ = pointsOfClass(*data, label);
    }
}

void Density::require(const ExactLevel& level) const {
    if (level.sqrtOneMinusAlphaBar > 0.0) return;
    const bool wide = !mixture_.empty() && std::all_of(mixture_[0].components().begin(),
                                                       mixture_[0].components().end(), [](const auto& part) {
                                                           const auto& [xx, xy, yy] = part.covariance;
                                                           return xx * yy > xy * xy;
                                                       });
    if (!wide) throw InputError("Points have no density without noise, at t = 0: take a later t.");
}

void Density::onGrid(const ExactLevel& level, std::span<const double> xs, std::span<const double> ys,
                     std::span<float> density) const {
    require(level);
    if (!mixture_.empty()) {
        for (std::size_t row = 0; row < ys.size(); ++row)
            for (std::size_t column = 0; column < xs.size(); ++column)
                density[row * xs.size() + column] =
                    static_cast<float>(std::exp(mixture_[0].at({xs[column], ys[row]}, level).logDensity));
        return;
    }
    constexpr std::size_t block = 1024;
    const auto columns = static_cast<Eigen::Index>(xs.size());
    const auto rows = static_cast<Eigen::Index>(ys.size());
    const double inverseNoise = 1.0 / level.sqrtOneMinusAlphaBar;
    Eigen::Map<Matrix> sum(density.data(), rows, columns);
    sum.setZero();
    const std::size_t count = points_.size() / 2;
    for (std::size_t from = 0; from < count; from += block) {
        const auto size = static_cast<Eigen::Index>(std::min(block, count - from));
        Matrix alongX(size, columns);
        Matrix alongY(rows, size);
        for (Eigen::Index i = 0; i < size; ++i) {
            const std::size_t at = 2 * (from + static_cast<std::size_t>(i));
            const double centreX = level.sqrtAlphaBar * static_cast<double>(points_[at]);
            const double centreY = level.sqrtAlphaBar * static_cast<double>(points_[at + 1]);
            for (Eigen::Index k = 0; k < columns; ++k)
                alongX(i, k) = kernel(xs[static_cast<std::size_t>(k)], centreX, inverseNoise);
            for (Eigen::Index k = 0; k < rows; ++k)
                alongY(k, i) = kernel(ys[static_cast<std::size_t>(k)], centreY, inverseNoise);
        }
        sum.noalias() += alongY * alongX;
    }
    sum *= static_cast<float>(inverseNoise * inverseNoise / (2.0 * std::numbers::pi) /
                              static_cast<double>(count));
}

void Density::logAt(const ExactLevel& level, std::span<const double> xt, std::span<double> logDensity) const {
    require(level);
    for (std::size_t i = 0; i < logDensity.size(); ++i) {
        const std::array<double, 2> at{xt[2 * i], xt[2 * i + 1]};
        logDensity[i] =
            (mixture_.empty() ? idealPosterior(points_, at, level) : mixture_[0].at(at, level)).logDensity;
    }
}

std::vector<float> gridPoints(std::span<const double> xs, std::span<const double> ys) {
    std::vector<float> points;
    points.reserve(2 * xs.size() * ys.size());
    for (const double y : ys)
        for (const double x : xs) points.insert(points.end(), {static_cast<float>(x), static_cast<float>(y)});
    return points;
}

}  // namespace diffuscope
