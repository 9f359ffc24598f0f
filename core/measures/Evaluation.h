#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "measures/Distances.h"
#include "measures/Likelihood.h"
#include "measures/VariationalBound.h"
#include "settings/Choice.h"
#include "settings/Settings.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

/// Measures of a generative model, each beside its floor. What was not asked for is not filled in.
struct Evaluation {
    int count;           ///< generated samples, and as many fresh draws
    std::uint64_t seed;  ///< of the fresh draws and of the noise in the measures
    std::string from;    ///< where the fresh draws come from, as FreshDraws says
    Distances distances;
    std::optional<VariationalBound> bound;  ///< absent where it is infinite: `note` says why
    Likelihood logLikelihood;
    std::string note;  ///< what should be known about the bound, a sentence, or empty
};

/// What can be measured. Rows of measures().
enum class Measure { SlicedW2, Mmd2, Energy, Bound, LogLikelihood };

/// A number of an evaluation, and its name in JSON and in tables.
struct MeasuredNumber {
    std::string_view key;
    double (*of)(const Evaluation& evaluation);
};
struct MeasureRow {
    Choice choice;
    std::vector<MeasuredNumber> numbers;
};
[[nodiscard]] std::span<const MeasureRow> measures();
[[nodiscard]] std::vector<Measure> allMeasures();

/// What is measured.
struct Generated {
    std::span<const float> samples;  ///< (count, 2), count >= 2
    const Denoiser& denoiser;        ///< that made them: under guidance, as guidedDenoiser()
    /// The class that was asked for. Everything is then measured against draws of that class alone, whatever
    /// the guidance: the distances say how far it leads away from them.
    int label = anyClass;
};

constexpr int fewestEvaluated = 2;
constexpr int mostEvaluated = 100'000;  ///< the work grows with the square: a minute or two

/// Evaluates one model after another; the fresh draws and their floors are kept while the data, the count,
/// the seed and the class are the same.
class Evaluator {
  public:
    /// Is told what begins and the share of the work before it.
    using Stage = std::function<void(double share, std::string_view what)>;

    explicit Evaluator(std::vector<Measure> wanted = allMeasures(), Stage stage = {});

    /// Distances over all samples; the floors over 8 further sets of fresh draws; the bound and the
    /// likelihood over the first 1000 fresh draws, all T terms, the ODE in 64 steps. Both are those of the
    /// process that the sampler runs, which guidance makes another one. `settings` are those that the samples
    /// were made with, `data` the session's, whole.
    /// @throws InputError for fewer than 2 samples or more than mostEvaluated, and as freshDraws()
    [[nodiscard]] Evaluation evaluate(const Settings& settings, std::shared_ptr<const DataSet> data,
                                      const Generated& generated, const Measuring& measuring);

  private:
    [[nodiscard]] bool wants(Measure measure) const;
    [[nodiscard]] bool wantsDistances() const;
    const FreshReference& reference(const Settings& settings, std::shared_ptr<const DataSet> data, int count,
                                    int label, const Measuring& measuring);

    std::vector<Measure> wanted_;
    Stage stage_;

    std::optional<FreshReference> reference_;
    DataSettings referenceSettings_;  // and what else it is of
    std::shared_ptr<const DataSet> referenceData_;
    int referenceCount_ = 0;
    std::uint64_t referenceSeed_ = 0;
    int referenceLabel_ = anyClass;
};

}  // namespace diffuscope
