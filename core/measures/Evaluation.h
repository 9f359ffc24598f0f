#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "measures/Distances.h"
#include "measures/Likelihood.h"
#include "measures/VariationalBound.h"
#include "settings/Settings.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace diffuscope {

/// All measures of a generative model, each beside its floor.
struct Evaluation {
    int count;           ///< generated samples, and as many fresh draws
    std::uint64_t seed;  ///< of the fresh draws and of the noise in the measures
    std::string from;    ///< where the fresh draws come from, as FreshDraws says
    Distances distances;
    std::optional<VariationalBound> bound;  ///< absent where it is infinite: `note` says why
    Likelihood logLikelihood;
    std::string note;  ///< what should be known about the bound, a sentence, or empty
};

/// What is measured.
struct Generated {
    std::span<const float> samples;  ///< (count, 2), count >= 2
    const Denoiser& denoiser;        ///< that made them
    int label = anyClass;            ///< the class that it was asked for
};

constexpr int fewestEvaluated = 2;
constexpr int mostEvaluated = 100'000;  ///< the work grows with the square: a minute or two

/// Distances over all samples; the floors over 8 further sets of fresh draws; the bound and the likelihood
/// over the first 1000 fresh draws, all T terms, the ODE in 64 steps. `settings` are those that the samples
/// were made with, `data` the session's, whole. `stage` is told what begins and the share of the work before
/// it.
/// @throws InputError for fewer than 2 samples or more than mostEvaluated
[[nodiscard]] Evaluation evaluate(const Settings& settings, const DataSet& data, const Generated& generated,
                                  const Measuring& measuring,
                                  const std::function<void(double share, std::string_view what)>& stage);

}  // namespace diffuscope
