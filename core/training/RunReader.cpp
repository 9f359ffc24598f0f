#include "training/RunReader.h"

#include <algorithm>
#include <limits>
#include <span>

namespace diffuscope {

const FreshReference& RunReader::referenceFor(const Snapshot& snapshot, int count,
                                              const Measuring& measuring) {
    const Settings& settings = snapshot.settings;
    if (!reference_ || snapshot.data != referenceData_ || settings.seed != referenceSeed_ ||
        count != referenceCount_) {
        reference_.reset();
        reference_.emplace(settings.data, *snapshot.data, count, settings.seed, floors, measuring);
        referenceData_ = snapshot.data;
        referenceSeed_ = settings.seed;
        referenceCount_ = count;
    }
    return *reference_;
}

Readings RunReader::read(const Snapshot& snapshot, const Measuring& measuring) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    Readings readings;
    readings.era = snapshot.era;
    readings.step = snapshot.networkStep;
    readings.count = std::min(snapshot.reverse.count, mostSamples);
    readings.slicedW2 = readings.mmd2 = readings.energy = {none, none};
    readings.boundBitsPerDim = readings.logLikelihood = none;
    if (readings.count >= 2) {
        const FreshReference& reference = referenceFor(snapshot, readings.count, measuring);
        const std::span<const float> cloud(*snapshot.reverse.positions.front());
        const Distances distances =
            reference.distances(cloud.first(2 * static_cast<std::size_t>(readings.count)), measuring);
        readings.from = reference.from();
        readings.slicedW2 = distances.slicedW2;
        readings.mmd2 = distances.mmd2;
        readings.energy = distances.energy;
    }
    return readings;
}

}  // namespace diffuscope
