#include "measures/SlicedWasserstein.h"

#include "Error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace diffuscope {
namespace {

constexpr int directions = 128;

void project(std::span<const float> points, double cosine, double sine, std::vector<double>& along) {
    for (std::size_t i = 0; i < along.size(); ++i)
        along[i] = cosine * double(points[2 * i]) + sine * double(points[2 * i + 1]);
    std::sort(along.begin(), along.end());
}

}  // namespace

double slicedWasserstein(std::span<const float> a, std::span<const float> b, const Measuring& measuring) {
    if (a.size() < 2 || b.size() < 2)
        throw InputError("The distance of two point sets needs points in both.");
    if (a.size() != b.size())
        throw InputError("The distance of two point sets needs as many points in both.");
    const std::size_t count = a.size() / 2;
    std::array<double, directions> costs{};
    measuring.forEach(directions, [&](int k) {
        std::vector<double> ofA(count);
        std::vector<double> ofB(count);
        const double angle = (k + 0.5) * std::numbers::pi / directions;
        project(a, std::cos(angle), std::sin(angle), ofA);
        project(b, std::cos(angle), std::sin(angle), ofB);
        double cost = 0.0;
        for (std::size_t i = 0; i < count; ++i) cost += (ofA[i] - ofB[i]) * (ofA[i] - ofB[i]);
        costs[static_cast<std::size_t>(k)] = cost / static_cast<double>(count);
    });
    double sum = 0.0;
    for (const double cost : costs) sum += cost;
    return std::sqrt(sum / directions);
}

double slicedWasserstein(std::span<const float> a, std::span<const float> b) {
    ThreadPool alone(1);
    return slicedWasserstein(a, b, {alone});
}

}  // namespace diffuscope
