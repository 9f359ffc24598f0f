#include "training/RunReader.h"

#include "Error.h"
#include "denoiser/Guidance.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/ReverseSampler.h"
#include "measures/ExactCase.h"
#include "measures/Likelihood.h"
#include "measures/VariationalBound.h"
#include "training/Diagnostics.h"
#include "training/EstimatorSpread.h"

#include <algorithm>
#include <limits>
#include <span>

namespace diffuscope {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr int fewestForDistances = 2;

/// Points per term of the bound: all T terms, and some 16,000 predictions for all of them.
int boundPoints(int steps) {
    return std::clamp(16384 / steps, 4, 256);
}

}  // namespace

void RunReader::startData(const Snapshot& snapshot) {
    const bool samePoints = trained_ == snapshot.trained;
    if (!samePoints) ideal_ = idealDenoiser(snapshot.trained, alone_);
    if (!samePoints || schedule_ != snapshot.schedule || seed_ != snapshot.settings.seed)
        irreducible_.clear();
    trained_ = snapshot.trained;
    schedule_ = snapshot.schedule;
    seed_ = snapshot.settings.seed;
}

void RunReader::startEra(const Snapshot& snapshot, const Measuring& measuring) {
    const int wanted = std::max(fewestForDistances, std::min(snapshot.reverse.count, mostSamples));
    if (reference_ && era_ == snapshot.era && count_ == wanted) return;
    reference_.reset();  // and stays so where the floors are given up
    reference_.emplace(snapshot.settings.data, *snapshot.data, wanted, snapshot.settings.seed, floors,
                       measuring, guidanceOrAny(snapshot.settings, *snapshot.data).label);
    era_ = snapshot.era;
    count_ = wanted;
}

void RunReader::readDistances(const Snapshot& snapshot, const Measuring& measuring,
                              Readings& readings) const {
    readings.count = std::min(snapshot.reverse.count, mostSamples);
    readings.from = reference_->from();
    readings.slicedW2 = readings.mmd2 = readings.energy = {none, none};
    if (readings.count < fewestForDistances) return;
    const std::span<const float> cloud(*snapshot.reverse.positions.front());
    const Distances distances =
        reference_->distances(cloud.first(2 * static_cast<std::size_t>(readings.count)), measuring);
    readings.slicedW2 = distances.slicedW2;
    readings.mmd2 = distances.mmd2;
    readings.energy = distances.energy;
}

void RunReader::readExactCase(const Snapshot& snapshot, Readings& readings) {
    const Settings& settings = snapshot.settings;
    const std::vector<ReverseStep> plan = reversePlan(
        *snapshot.schedule, settings.sampler, settings.network.conditioning, clampBox(snapshot.data->points));
    readings.exact =
        exactReadings(*snapshot.data, *snapshot.schedule, plan, 0, *snapshot.reverse.positions.front());
}

void RunReader::readModel(const Snapshot& snapshot, const Measuring& measuring, Readings& readings) const {
    const Settings& settings = snapshot.settings;
    const NoiseSchedule& schedule = *snapshot.schedule;
    const Guidance guidance = guidanceOrAny(snapshot.settings, *snapshot.data);
    const auto denoiser =
        guidedDenoiser(settings.sampler.denoiser == DenoiserKind::Ideal
                           ? ideal_
                           : denoiserFor(settings.sampler.denoiser, snapshot.trained, snapshot.network),
                       guidance);
    const auto points = [&](int most) {
        const auto size = std::min(reference_->points().size(), 2 * static_cast<std::size_t>(most));
        return std::span(reference_->points()).first(size);
    };
    readings.boundBitsPerDim = none;
    readings.boundError = none;
    try {
        VariationalBound bound = variationalBound(
            *denoiser, guidance.label, schedule, settings.sampler, settings.network.conditioning,
            clampBox(snapshot.data->points), points(boundPoints(schedule.steps())), settings.seed, measuring);
        readings.boundTerms = std::move(bound.terms);
        readings.boundBitsPerDim = bound.bitsPerDim;
        readings.boundError = bound.error;
        readings.boundCount = bound.count;
        readings.boundNote = std::move(bound.note);
    } catch (const InputError& error) {  // without noise it is infinite
        readings.boundNote = error.what();
    }
    const Likelihood likelihood =
        logLikelihood(*denoiser, guidance.label, schedule, settings.network.conditioning,
                      points(likelihoodPoints), solverSteps, settings.seed, measuring);
    readings.logLikelihood = likelihood.mean;
    readings.logLikelihoodError = likelihood.error;
    readings.logLikelihoodLogSnr = likelihood.logSnr;
    readings.logLikelihoodCount = likelihood.count;
}

void RunReader::readTraining(const Snapshot& snapshot, const Measuring& measuring, Readings& readings) {
    const std::uint64_t seed = snapshot.settings.seed;
    readings.bins = readBins(*snapshot.networkState, *snapshot.trained, *snapshot.schedule, samplesPerBin,
                             seed, measuring.checkpoint);
    readings.spread = estimatorSpread(*snapshot.network, *snapshot.trained, *snapshot.schedule,
                                      snapshot.networkState->layout.conditioning, spreadBatches,
                                      spreadBatchSize, seed, measuring.checkpoint);
}

/// The draws are the same for every network, and so is what cannot be learned of them.
void RunReader::readIrreducible(const Measuring& measuring) {
    const std::int64_t pairsPerBin =
        std::int64_t{samplesPerBin} * static_cast<std::int64_t>(trained_->size());
    std::int64_t pairs = 0;
    while (!complete() && pairs < pairsPerReading) {
        irreducible_.push_back(irreducibleOfBin(*ideal_, *trained_, *schedule_,
                                                static_cast<int>(irreducible_.size()), samplesPerBin, seed_,
                                                measuring.checkpoint));
        pairs += pairsPerBin;
    }
    for (std::size_t i = 0; i < irreducible_.size(); ++i) last_.bins[i].irreducible = irreducible_[i];
}

Readings RunReader::read(const Snapshot& snapshot, const Measuring& measuring) {
    startData(snapshot);
    const Positions& cloud = snapshot.reverse.positions.front();
    if (cloud != cloud_ || state_ != snapshot.networkState || last_.era != snapshot.era) {
        startEra(snapshot, measuring);
        Readings readings;
        readings.era = snapshot.era;
        readings.step = snapshot.networkState->step;
        readDistances(snapshot, measuring, readings);
        readExactCase(snapshot, readings);
        readModel(snapshot, measuring, readings);
        readTraining(snapshot, measuring, readings);
        last_ = std::move(readings);
        cloud_ = cloud;
        state_ = snapshot.networkState;
    }
    readIrreducible(measuring);
    return last_;
}

}  // namespace diffuscope
