#include "data/Mixtures.h"

#include "diffusion/Noise.h"

#include <cmath>
#include <numbers>

namespace diffuscope {
namespace {

/// A component as it is written down: x = mean + R(angle) (along z0, across z1).
struct Part {
    std::uint32_t weight;  ///< in whole numbers, so that a draw picks by one integer
    std::array<double, 2> mean;
    double along;
    double across;
    double angle;  ///< of the long axis, in radians
    std::string name;
};

struct Mixture {
    std::vector<Part> parts;
    std::array<double, 2> mean{0.0, 0.0};  ///< the map: model = (drawn - mean) / scale
    double scale = 1.0;
    bool labelled = true;
};

std::uint32_t totalWeight(const Mixture& mixture) {
    std::uint32_t total = 0;
    for (const Part& part : mixture.parts) total += part.weight;
    return total;
}

/// With the mean and the variance of the parts: E[x] = sum w m, and the trace of the covariance is
/// sum w (|m|^2 + along^2 + across^2) - |E[x]|^2, twice the average variance.
Mixture mapped(std::vector<Part> parts) {
    Mixture mixture{std::move(parts)};
    const double total = totalWeight(mixture);
    double square = 0.0;
    for (const Part& part : mixture.parts) {
        const double share = part.weight / total;
        for (std::size_t axis = 0; axis < 2; ++axis) mixture.mean[axis] += share * part.mean[axis];
        square += share * (part.mean[0] * part.mean[0] + part.mean[1] * part.mean[1] +
                           part.along * part.along + part.across * part.across);
    }
    square -= mixture.mean[0] * mixture.mean[0] + mixture.mean[1] * mixture.mean[1];
    mixture.scale = std::sqrt(square / 2.0);
    return mixture;
}

std::vector<GaussianComponent> componentsOf(const Mixture& mixture) {
    std::vector<GaussianComponent> components;
    const double total = totalWeight(mixture);
    const double area = mixture.scale * mixture.scale;
    for (const Part& part : mixture.parts) {
        const double c = std::cos(part.angle);
        const double s = std::sin(part.angle);
        const double along = part.along * part.along / area;
        const double across = part.across * part.across / area;
        components.push_back(
            {part.weight / total,
             {(part.mean[0] - mixture.mean[0]) / mixture.scale,
              (part.mean[1] - mixture.mean[1]) / mixture.scale},
             {along * c * c + across * s * s, (along - across) * c * s, along * s * s + across * c * c},
             static_cast<std::int32_t>(mixture.labelled ? components.size() : 0)});
    }
    return components;
}

DataSet drawn(int count, std::uint64_t seed, const Mixture& mixture) {
    DataSet set;
    set.mixture = componentsOf(mixture);
    if (mixture.labelled)
        for (const Part& part : mixture.parts) set.classes.push_back(part.name);
    const std::uint32_t total = totalWeight(mixture);
    for (int i = 0; i < count; ++i) {
        const auto words = philox(seed, Stream::Data, static_cast<std::uint32_t>(i), 0);
        std::uint32_t rest = indexBelow(words[0], total);
        std::size_t k = 0;
        while (rest >= mixture.parts[k].weight) rest -= mixture.parts[k++].weight;
        const Part& part = mixture.parts[k];
        const auto z = normalsOf(words[2], words[3]);
        const double along = part.along * double(z[0]);
        const double across = part.across * double(z[1]);
        const double c = std::cos(part.angle);
        const double s = std::sin(part.angle);
        const double x = part.mean[0] + c * along - s * across;
        const double y = part.mean[1] + s * along + c * across;
        set.points.push_back(static_cast<float>((x - mixture.mean[0]) / mixture.scale));
        set.points.push_back(static_cast<float>((y - mixture.mean[1]) / mixture.scale));
        if (mixture.labelled) set.labels.push_back(static_cast<std::int32_t>(k));
    }
    return set;
}

/// Deviation 0.08 around eight points evenly on the unit circle. Mean 0; variances 1/2 + 0.08^2.
const Mixture& eight() {
    static const Mixture mixture = [] {
        static constexpr const char* names[] = {"east", "north-east", "north", "north-west",
                                                "west", "south-west", "south", "south-east"};
        std::vector<Part> parts;
        for (int k = 0; k < 8; ++k) {
            const double angle = k * std::numbers::pi / 4.0;
            parts.push_back({1, {std::cos(angle), std::sin(angle)}, 0.08, 0.08, 0.0, names[k]});
        }
        return mapped(std::move(parts));
    }();
    return mixture;
}

/// Deviation 0.1 around the 25 points of {-2, -1, 0, 1, 2}^2. Mean 0; variances 2 + 0.1^2.
const Mixture& grid() {
    static const Mixture mixture = [] {
        std::vector<Part> parts;
        for (int row = 0; row < 5; ++row)
            for (int column = 0; column < 5; ++column)
                parts.push_back(
                    {1,
                     {column - 2.0, row - 2.0},
                     0.1,
                     0.1,
                     0.0,
                     "row " + std::to_string(row + 1) + ", column " + std::to_string(column + 1)});
        return mapped(std::move(parts));
    }();
    return mixture;
}

/// Five ellipses, in tenths of the weight. Mean (0.15, -0.1); average variance 1.45616.
const Mixture& stretched() {
    constexpr double pi = std::numbers::pi;
    static const Mixture mixture = mapped({
        {3, {-1.5, 0.5}, 0.7, 0.12, pi / 3.0, "steep"},
        {2, {1.5, 1.0}, 0.6, 0.15, -pi / 6.0, "falling"},
        {2, {0.0, -1.5}, 0.9, 0.1, 0.0, "flat"},
        {2, {1.5, -1.0}, 0.3, 0.2, pi / 4.0, "round"},
        {1, {0.0, 0.5}, 0.1, 0.1, 0.0, "small"},
    });
    return mixture;
}

/// Away from the origin, so that the mean of x_t has somewhere to go, and exact in float.
const Mixture& point() {
    static const Mixture mixture{.parts = {{1, {0.75, -0.5}, 0.0, 0.0, 0.0, ""}}, .labelled = false};
    return mixture;
}

const Mixture& normal() {
    static const Mixture mixture{.parts = {{1, {0.0, 0.0}, 1.0, 1.0, 0.0, ""}}, .labelled = false};
    return mixture;
}

}  // namespace

DataSet eightGaussians(int count, std::uint64_t seed) {
    return drawn(count, seed, eight());
}
DataSet gaussianGrid(int count, std::uint64_t seed) {
    return drawn(count, seed, grid());
}
DataSet gaussianMixture(int count, std::uint64_t seed) {
    return drawn(count, seed, stretched());
}
DataSet singlePoint(int count, std::uint64_t seed) {
    return drawn(count, seed, point());
}
DataSet standardNormal(int count, std::uint64_t seed) {
    return drawn(count, seed, normal());
}

std::vector<GaussianComponent> eightGaussiansMixture() {
    return componentsOf(eight());
}
std::vector<GaussianComponent> gaussianGridMixture() {
    return componentsOf(grid());
}
std::vector<GaussianComponent> gaussianMixtureMixture() {
    return componentsOf(stretched());
}
std::vector<GaussianComponent> singlePointMixture() {
    return componentsOf(point());
}
std::vector<GaussianComponent> standardNormalMixture() {
    return componentsOf(normal());
}

}  // namespace diffuscope
