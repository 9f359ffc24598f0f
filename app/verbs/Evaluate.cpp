#include "Files.h"
#include "Interrupt.h"
#include "Progress.h"
#include "Sampling.h"
#include "denoiser/DenoiserBackend.h"
#include "denoiser/Guidance.h"
#include "diffusion/IdealDenoiser.h"
#include "measures/Evaluation.h"
#include "verbs/Verbs.h"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace diffuscope {
namespace {

struct Options {
    CommonOptions common;
    std::string session;
    int count = 0;
    SamplerOptions sampling;
    std::string out;
};

/// The keys are those of the command line's help. A number that is not finite is null.
nlohmann::ordered_json jsonOf(const Evaluation& evaluation, int classNumber) {
    nlohmann::ordered_json json;
    json["count"] = evaluation.count;
    json["seed"] = evaluation.seed;
    json["class"] = classNumber;
    json["from"] = evaluation.from;
    for (const MeasureRow& row : measures())
        for (const MeasuredNumber& number : row.numbers)
            json[std::string(number.key)] = number.of(evaluation);
    json["bound_terms"] = nullptr;
    if (evaluation.bound) json["bound_terms"] = evaluation.bound->terms;
    json["log_likelihood_log_snr"] = evaluation.logLikelihood.logSnr;
    json["points"] = evaluation.logLikelihood.count;
    json["note"] = evaluation.note;
    return json;
}

int runEvaluate(const Options& options) {
    if (!options.out.empty()) {
        constexpr std::string_view endings[] = {"json"};
        requireEnding(options.out, endings);
        requireWritable(options.out);
    }
    const Session session = loadSession(options.session);
    const SavedRun& saved = session.run;
    const Settings settings = samplingSettings(options.common, options.sampling, saved.settings);
    requireFit(settings, saved, options.session);
    Guidance guidance;
    asUsage([&] { guidance = guidanceOf(settings, *saved.data); });

    const auto backend = makeBackend(settings.backend, options.common.threads);
    backend->setState(saved.state);
    const Trajectory trajectory = generate(
        reverseRun(*backend, NoiseSchedule(settings.schedule), saved.data, settings, options.count, 0),
        options.common.quiet);

    ThreadPool pool(options.common.threads);
    Progress progress(options.common.quiet);
    double share = 0.0;
    std::string what;
    const Measuring measuring{pool, [&] {
                                  stopIfInterrupted();
                                  progress.show(share, what);
                              }};
    const auto denoiser =
        guidedDenoiser(denoiserFor(settings.sampler.denoiser, trainedOn(settings.data.dataset, saved.data),
                                   networkDenoiser(saved.state)),
                       guidance);
    Evaluator evaluator(allMeasures(), [&](double before, std::string_view now) {
        share = before;
        what = now;
    });
    const Evaluation evaluation = evaluator.evaluate(
        settings, saved.data, {*trajectory.positions.front(), *denoiser, guidance.label}, measuring);
    progress.clear();
    const std::string line = jsonOf(evaluation, settings.sampler.classNumber).dump() + '\n';
    if (options.out.empty())
        std::cout << line;
    else
        writeFile(options.out, line);
    return 0;
}

constexpr const char* keys =
    "Keys: count and seed; class: the number of the one that was asked for (0: any), with whose draws "
    "everything is\n"
    "compared; from: where the fresh draws come from (generator, held-out fifth, the data "
    "themselves);\n"
    "sliced_w2, mmd2 (unbiased: scatters about 0) and energy_distance (V-statistic), each from generated to "
    "fresh points,\n"
    "and the same with _floor: from fresh to fresh;\n"
    "bound_bits_per_dim, bound_terms (t = 0 … T): the variational bound on -log p(x_0) of DDPM with "
    "sampler.sigma, "
    "whatever\n"
    "the sampler, differential bits; "
    "null where it is infinite;\n"
    "log_likelihood: mean ln p (nats) of fresh points at the noise of t = 1, log-SNR log_likelihood_log_snr, "
    "by "
    "the probability-flow ODE;\n"
    "bound_error and log_likelihood_error: standard errors over the points that both were averaged over; "
    "note: "
    "a sentence, or empty.\n";

}  // namespace

CLI::App* addEvaluateVerb(CLI::App& program, Run& run) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand(
        "evaluate", "Measure a trained network: one JSON object, each measure beside its floor");
    verb->add_option("session", options->session, "A .diffuscope file")->type_name("FILE")->required();
    addCount(*verb, options->count, fewestEvaluated, mostEvaluated);
    options->sampling.ofTheBound = true;
    addSamplerOptions(*verb, options->sampling);
    verb->add_option("--out", options->out, ".json (default: standard output)")->type_name("FILE");
    addCommonOptions(*verb, options->common);
    verb->footer(std::string(keys) +
                 "Example: diffuscope evaluate swiss.diffuscope --count 10000 --sampler ddim --steps 50");
    verb->callback([options, &run] { run = [options] { return runEvaluate(*options); }; });
    return verb;
}

}  // namespace diffuscope
