#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "diffusion/NoiseSchedule.h"
#include "training/Readings.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace diffuscope {

constexpr int mostBins = 64;

[[nodiscard]] int binsOf(const NoiseSchedule& schedule);  ///< min(T, mostBins)

/// What the averaged weights of `state` do at each stretch of t, from the data's end to the noise's:
/// K = binsOf() bins, bin k holding floor(T k/K) < t <= floor(T (k+1)/K). Each takes `samplesPerBin`
/// draws of (x_0, t, eps), t stratified within the bin, from the stream Bins of `seed`: the same for every
/// network, so that two readings differ by what was learned. The loss is the plain one whatever the network
/// trains on, and the class is not told. BinReading::irreducible is NaN: see irreducibleOfBin(). Works in
/// the calling thread and calls `checkpoint`, which may throw to give up, after each tile of draws.
[[nodiscard]] std::vector<BinReading> readBins(
    const TrainingState& state, const DataSet& data, const NoiseSchedule& schedule, int samplesPerBin,
    std::uint64_t seed, const std::function<void()>& checkpoint = [] {});

/// What `ideal` is wrong by on the draws that readBins() takes of one bin: the mean of |eps - eps*|^2.
/// `checkpoint` as there, after each Denoiser::piece().
[[nodiscard]] double irreducibleOfBin(
    const Denoiser& ideal, const DataSet& data, const NoiseSchedule& schedule, int bin, int samplesPerBin,
    std::uint64_t seed, const std::function<void()>& checkpoint = [] {});

}  // namespace diffuscope
