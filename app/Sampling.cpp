#include "Sampling.h"

#include "Interrupt.h"
#include "Progress.h"
#include "diffusion/ReverseSampler.h"
#include "training/WorkPace.h"

#include <algorithm>

namespace diffuscope {

namespace {

bool isAssigned(const CommonOptions& options, std::string_view id) {
    return std::any_of(options.assignments.begin(), options.assignments.end(),
                       [id](std::string_view text) { return text.substr(0, text.find('=')) == id; });
}

}  // namespace

Settings samplingSettings(const CommonOptions& common, const SamplerOptions& options, Settings settings) {
    const SamplerKind kept = settings.sampler.kind;
    common.applyTo(settings);
    setFromOption("sampler.kind", options.sampler, settings);
    setFromOption("schedule.kind", options.schedule, settings);
    setFromOption("sampler.sigma", options.sigma, settings);
    setFromOption("sampler.sigma-scale", options.sigmaScale, settings);
    setFromOption("sampler.eta", options.eta, settings);
    setFromOption("sampler.denoiser", options.denoiser, settings);
    if (options.raw) settings.schedule.keepCurve = false;
    setFromOption("sampler.spacing", options.spacing, settings);
    const SamplerRow& sampler = samplerRow(settings.sampler);
    const bool some = sampler.visits != Visits::All;
    const bool another = !options.sampler.empty() || settings.sampler.kind != kept;
    if (some && another && !isAssigned(common, "sampler.steps"))
        settings.sampler.steps = sampler.recommendedSteps;
    setFromOption(some ? "sampler.steps" : "schedule.steps", options.steps, settings);
    if (some && !options.steps.empty() && settings.sampler.steps > settings.schedule.steps)
        throw UsageError("--steps " + options.steps + " is more than the schedule's T = " +
                         std::to_string(settings.schedule.steps) + "; set T with --set schedule.steps=T.");
    if (!options.ofTheBound) {
        requireEffect("--sigma", options.sigma, "sampler.sigma", settings);
        requireEffect("--sigma-scale", options.sigmaScale, "sampler.sigma-scale", settings);
    }
    requireEffect("--spacing", options.spacing, "sampler.spacing", settings);
    requireEffect("--eta", options.eta, "sampler.eta", settings);
    check(settings);
    return settings;
}

void addSamplerOptions(CLI::App& verb, SamplerOptions& options) {
    const auto add = [&verb](const char* name, std::string& text, const char* help, const char* type) {
        verb.add_option(name, text, help)->type_name(type);
    };
    add("--sampler", options.sampler, "See diffuscope list samplers (default: the session's)", "ID");
    add("--steps", options.steps,
        "Reverse steps: for ddpm T of the schedule, for the others how many of the T they visit (default: "
        "the "
        "session's T; the session's number for its own sampler, the recommended one for another)",
        "T");
    add("--spacing", options.spacing, "How the visited steps lie among the T: see --set sampler.spacing",
        "ID");
    add("--schedule", options.schedule, "See diffuscope list schedules (default: the session's)", "ID");
    add("--sigma", options.sigma, "Noise of ddpm: see diffuscope list sigmas (default: the session's)", "ID");
    add("--sigma-scale", options.sigmaScale, "Multiplier of sigma, 0 … 2", "X");
    add("--eta", options.eta, "Noise of ddim, 0 … 1", "X");
    add("--denoiser", options.denoiser,
        "network, ideal: the best possible for the training points, or mixture: for their distribution",
        "ID");
    verb.add_flag("--raw", options.raw, "Use beta as set instead of keeping the curve when T changes");
}

void addCount(CLI::App& verb, int& count, int fewest, int most) {
    verb.add_option("--count", count, "How many points")
        ->required()
        ->check(CLI::Range(fewest, most))
        ->type_name("N");
}

Trajectory generate(CloudRun run, bool quiet) {
    Progress progress(quiet);
    SlicePace slices;
    while (!run.done()) {
        stopIfInterrupted();
        (void)slices.advance(run, 0.05);
        progress.show(run.share(), "sampling " + std::to_string(run.trajectory().count) + " particles");
    }
    requireFinite(run.trajectory());
    return run.trajectory();
}

}  // namespace diffuscope
