#include "measures/EnergyDistance.h"

#include "measures/PairSums.h"

namespace diffuscope {
namespace {

constexpr auto distances = [](auto squares) { return squares.sqrt().sum(); };

double pairsOf(std::span<const float> a, std::span<const float> b) {
    return static_cast<double>(a.size() / 2) * static_cast<double>(b.size() / 2);
}

}  // namespace

double meanDistance(std::span<const float> a, std::span<const float> b, const Measuring& measuring) {
    return sumOverPairs(a, b, false, distances, measuring) / pairsOf(a, b);
}

double meanDistanceWithin(std::span<const float> a, const Measuring& measuring) {
    return 2.0 * sumOverPairs(a, a, true, distances, measuring) / pairsOf(a, a);
}

double energyDistance(std::span<const float> a, std::span<const float> b, const Measuring& measuring) {
    return 2.0 * meanDistance(a, b, measuring) - meanDistanceWithin(a, measuring) -
           meanDistanceWithin(b, measuring);
}

}  // namespace diffuscope
