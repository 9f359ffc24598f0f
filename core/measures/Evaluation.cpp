#include "measures/Evaluation.h"

#include "Error.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace diffuscope {
namespace {

constexpr int floors = 8;
constexpr std::size_t mostPoints = 1000;
constexpr int solverSteps = 64;

using Numbers = std::numeric_limits<double>;

}  // namespace

std::span<const MeasureRow> measures() {
    static const std::array<MeasureRow, 5> rows{{
        {{"sliced_w2", "Sliced 2-Wasserstein distance", "Over 128 fixed directions."},
         {{"sliced_w2", [](const Evaluation& e) { return e.distances.slicedW2.value; }},
          {"sliced_w2_floor", [](const Evaluation& e) { return e.distances.slicedW2.floor; }}}},
        {{"mmd2", "Squared MMD", "Unbiased, of five Gaussian kernels: it scatters about 0."},
         {{"mmd2", [](const Evaluation& e) { return e.distances.mmd2.value; }},
          {"mmd2_floor", [](const Evaluation& e) { return e.distances.mmd2.floor; }}}},
        {{"energy_distance", "Energy distance", "Its V-statistic: never negative."},
         {{"energy_distance", [](const Evaluation& e) { return e.distances.energy.value; }},
          {"energy_distance_floor", [](const Evaluation& e) { return e.distances.energy.floor; }}}},
        {{"bound_bits_per_dim", "Variational bound", "On -log p(x_0), differential bits per dimension."},
         {{"bound_bits_per_dim",
           [](const Evaluation& e) { return e.bound ? e.bound->bitsPerDim : Numbers::infinity(); }},
          {"bound_error",
           [](const Evaluation& e) { return e.bound ? e.bound->error : Numbers::quiet_NaN(); }}}},
        {{"log_likelihood", "Log-likelihood", "Mean ln p in nats, by the probability-flow ODE."},
         {{"log_likelihood", [](const Evaluation& e) { return e.logLikelihood.mean; }},
          {"log_likelihood_error", [](const Evaluation& e) { return e.logLikelihood.error; }}}},
    }};
    return rows;
}

std::vector<Measure> allMeasures() {
    std::vector<Measure> all;
    for (std::size_t i = 0; i < measures().size(); ++i) all.push_back(static_cast<Measure>(i));
    return all;
}

Evaluator::Evaluator(std::vector<Measure> wanted, Stage stage)
    : wanted_(std::move(wanted)), stage_(stage ? std::move(stage) : [](double, std::string_view) {}) {}

bool Evaluator::wants(Measure measure) const {
    return std::find(wanted_.begin(), wanted_.end(), measure) != wanted_.end();
}

bool Evaluator::wantsDistances() const {
    return wants(Measure::SlicedW2) || wants(Measure::Mmd2) || wants(Measure::Energy);
}

const FreshReference& Evaluator::reference(const Settings& settings, std::shared_ptr<const DataSet> data,
                                           int count, int label, const Measuring& measuring) {
    if (reference_ && referenceSettings_ == settings.data && referenceData_ == data &&
        referenceCount_ == count && referenceSeed_ == settings.seed && referenceLabel_ == label)
        return *reference_;
    reference_.reset();  // and stays so where the floors are given up
    reference_.emplace(settings.data, *data, count, settings.seed, wantsDistances() ? floors : 0, measuring,
                       label);
    referenceSettings_ = settings.data;
    referenceData_ = std::move(data);
    referenceCount_ = count;
    referenceSeed_ = settings.seed;
    referenceLabel_ = label;
    return *reference_;
}

Evaluation Evaluator::evaluate(const Settings& settings, std::shared_ptr<const DataSet> data,
                               const Generated& generated, const Measuring& measuring) {
    const std::size_t count = generated.samples.size() / 2;
    if (count < fewestEvaluated || count > mostEvaluated)
        throw InputError("An evaluation takes from " + std::to_string(fewestEvaluated) + " to " +
                         std::to_string(mostEvaluated) + " samples.");
    const NoiseSchedule schedule(settings.schedule);
    const Conditioning conditioning = settings.network.conditioning;

    Evaluation evaluation{};
    evaluation.count = static_cast<int>(count);
    evaluation.seed = settings.seed;

    stage_(0.0, "floors of the distances");
    const FreshReference& fresh = reference(settings, data, evaluation.count, generated.label, measuring);
    evaluation.from = fresh.from();
    if (wantsDistances()) {
        stage_(0.4, "distances");
        evaluation.distances = fresh.distances(generated.samples, measuring);
    }
    const std::span<const float> points = std::span(fresh.points()).first(2 * std::min(count, mostPoints));
    if (wants(Measure::Bound)) {
        stage_(0.5, "variational bound");
        try {
            evaluation.bound =
                variationalBound(generated.denoiser, generated.label, schedule, settings.sampler,
                                 conditioning, clampBox(data->points), points, settings.seed, measuring);
            evaluation.note = evaluation.bound->note;
        } catch (const InputError& error) {
            evaluation.note = error.what();
        }
    }
    if (wants(Measure::LogLikelihood)) {
        stage_(0.75, "likelihood");
        evaluation.logLikelihood = logLikelihood(generated.denoiser, generated.label, schedule, conditioning,
                                                 points, solverSteps, settings.seed, measuring);
    }
    return evaluation;
}

}  // namespace diffuscope
