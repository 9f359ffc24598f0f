#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "diffusion/NoiseSchedule.h"
#include "training/Readings.h"

#include <cstdint>
#include <vector>

namespace diffuscope {

constexpr int mostBins = 64;

/// What the averaged weights of `state` do at each stretch of t, from the data's end to the noise's:
/// min(T, mostBins) bins, bin k of K holding floor(T k/K) < t <= floor(T (k+1)/K). Each takes `samplesPerBin`
/// draws of (x_0, t, eps), t stratified within the bin, from the stream Bins of `seed`: the same for every
/// network, so that two readings differ by what was learned. `ideal`, where given, is asked about the same
/// draws; else `irreducible` is NaN. The loss is the plain one whatever the network trains on, and the class
/// is not told. Works in the calling thread.
[[nodiscard]] std::vector<BinReading> readBins(const TrainingState& state, const DataSet& data,
                                               const NoiseSchedule& schedule, int samplesPerBin,
                                               std::uint64_t seed, const Denoiser* ideal = nullptr);

}  // namespace diffuscope
