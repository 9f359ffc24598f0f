#include "measures/Evaluation.h"

#include "Error.h"

#include <algorithm>

namespace diffuscope {
namespace {

constexpr int floors = 8;
constexpr std::size_t mostPoints = 1000;
constexpr int solverSteps = 64;

}  // namespace

Evaluation evaluate(const Settings& settings, const DataSet& data, const Generated& generated,
                    const Measuring& measuring,
                    const std::function<void(double share, std::string_view what)>& stage) {
    const std::size_t count = generated.samples.size() / 2;
    if (count < fewestEvaluated || count > mostEvaluated)
        throw InputError("An evaluation takes from " + std::to_string(fewestEvaluated) + " to " +
                         std::to_string(mostEvaluated) + " samples.");
    const NoiseSchedule schedule(settings.schedule);
    const Conditioning conditioning = settings.network.conditioning;

    Evaluation evaluation{};
    evaluation.count = static_cast<int>(count);
    evaluation.seed = settings.seed;

    stage(0.0, "floors of the distances");
    const FreshReference reference(settings.data, data, evaluation.count, settings.seed, floors,
                                   measuring);
    evaluation.from = reference.from();
    stage(0.4, "distances");
    evaluation.distances = reference.distances(generated.samples, measuring);

    const std::span<const float> points =
        std::span(reference.points()).first(2 * std::min(count, mostPoints));
    stage(0.5, "variational bound");
    try {
        evaluation.bound =
            variationalBound(generated.denoiser, generated.label, schedule, settings.sampler, conditioning,
                             clampBox(data.points), points, settings.seed, measuring);
        evaluation.note = evaluation.bound->note;
    } catch (const InputError& error) {
        evaluation.note = error.what();
    }
    stage(0.75, "likelihood");
    evaluation.logLikelihood = logLikelihood(generated.denoiser, generated.label, schedule, conditioning,
                                             points, solverSteps, settings.seed, measuring);
    return evaluation;
}

}  // namespace diffuscope
