#include "measures/Distances.h"

#include "Error.h"
#include "diffusion/Noise.h"
#include "measures/EnergyDistance.h"
#include "measures/Mmd.h"
#include "measures/SlicedWasserstein.h"

#include <cmath>

namespace diffuscope {
namespace {

std::uint64_t seedOfFloor(std::uint64_t seed, int which) {
    const auto words = philox(seed, Stream::Measure, static_cast<std::uint32_t>(which), 1);
    return std::uint64_t{words[1]} << 32 | words[0];
}

}  // namespace

FreshReference::FreshReference(const DataSettings& settings, const DataSet& data, int count,
                               std::uint64_t seed, int floors, const Measuring& measuring, int label)
    : scale_(scaleOf(pointsOfClass(data, label))) {
    if (count < 2) throw InputError("The distances need two points or more.");
    FreshDraws draws = freshDraws(settings, data, count, seed, label);
    points_ = std::move(draws.points);
    from_ = std::move(draws.from);
    kernelWithin_ = meanKernelWithin(points_, scale_, measuring);
    distanceWithin_ = meanDistanceWithin(points_, measuring);
    double squares = 0.0;
    for (int i = 0; i < floors; ++i) {
        const FreshDraws others = freshDraws(settings, data, count, seedOfFloor(seed, i), label);
        const Distances between = distances(others.points, measuring);
        floors_.slicedW2.floor += between.slicedW2.value / floors;
        floors_.energy.floor += between.energy.value / floors;
        squares += between.mmd2.value * between.mmd2.value / floors;
    }
    floors_.mmd2.floor = std::sqrt(squares);
}

Distances FreshReference::distances(std::span<const float> samples, const Measuring& measuring) const {
    Distances result = floors_;
    result.slicedW2.value = slicedWasserstein(samples, points_, measuring);
    result.mmd2.value = meanKernelWithin(samples, scale_, measuring) + kernelWithin_ -
                        2.0 * meanKernel(samples, points_, scale_, measuring);
    result.energy.value = 2.0 * meanDistance(samples, points_, measuring) -
                          meanDistanceWithin(samples, measuring) - distanceWithin_;
    return result;
}

}  // namespace diffuscope
