#include "Error.h"
#include "Files.h"
#include "Interrupt.h"
#include "Progress.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/ReverseSampler.h"
#include "settings/Fields.h"
#include "training/CloudRun.h"
#include "verbs/Verbs.h"

#include <algorithm>
#include <chrono>
#include <memory>

namespace diffuscope {
namespace {

struct Options {
    CommonOptions common;
    std::string session;
    int count = 0;
    std::string sampler;
    std::string steps;
    std::string spacing;
    std::string schedule;
    std::string sigma;
    std::string sigmaScale;
    std::string eta;
    std::string denoiser;
    bool raw = false;
    bool trajectories = false;
    std::string units = "data";
    std::string out;
};

bool isAssigned(const CommonOptions& options, std::string_view id) {
    return std::any_of(options.assignments.begin(), options.assignments.end(),
                       [id](std::string_view text) { return text.substr(0, text.find('=')) == id; });
}

Settings settingsOf(const Options& options, Settings settings) {
    const SamplerKind kept = settings.sampler.kind;
    options.common.applyTo(settings);
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
    if (some && another && !isAssigned(options.common, "sampler.steps"))
        settings.sampler.steps = sampler.recommendedSteps;
    setFromOption(some ? "sampler.steps" : "schedule.steps", options.steps, settings);
    if (some && !options.steps.empty() && settings.sampler.steps > settings.schedule.steps)
        throw UsageError("--steps " + options.steps + " is more than the schedule's T = " +
                         std::to_string(settings.schedule.steps) + "; set T with --set schedule.steps=T.");
    requireEffect("--sigma", options.sigma, "sampler.sigma", settings);
    requireEffect("--sigma-scale", options.sigmaScale, "sampler.sigma-scale", settings);
    requireEffect("--spacing", options.spacing, "sampler.spacing", settings);
    requireEffect("--eta", options.eta, "sampler.eta", settings);
    check(settings);
    return settings;
}

/// Runs the reverse process; a slice lasts about a twentieth of a second, so that Ctrl+C acts soon.
Trajectory generate(CloudRun run, int count, bool quiet) {
    Progress progress(quiet);
    using Clock = std::chrono::steady_clock;
    std::size_t units = 256;  // an ideal denoiser of a large table takes long over a single one
    while (!run.done()) {
        stopIfInterrupted();
        const auto begin = Clock::now();
        (void)run.advance(units);
        const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        const double factor = std::clamp(0.05 / std::max(seconds, 1e-6), 0.25, 4.0);
        units = std::clamp<std::size_t>(static_cast<std::size_t>(static_cast<double>(units) * factor), 1,
                                        1u << 26);
        progress.show(run.share(), "sampling " + std::to_string(count) + " particles");
    }
    return run.trajectory();
}

int sample(const Options& options) {
    const Units units = unitsOf(options.units);
    const PointsOutput output(options.out, options.trajectories);
    const Session session = loadSession(options.session);
    const SavedRun& saved = session.run;
    const Settings settings = settingsOf(options, saved.settings);
    requireFit(settings, saved, options.session);
    const NoiseSchedule schedule(settings.schedule);

    const std::size_t times = samplingTimes(schedule, settings.sampler).size();
    const auto count = static_cast<std::size_t>(options.count);
    constexpr std::size_t mostBytes = std::size_t{8} << 30;
    const std::size_t bytes = options.trajectories ? times * count * 2 * sizeof(float) : 0;
    if (bytes > mostBytes)
        throw InputError("These trajectories take " + std::to_string(bytes >> 30) +
                         " GB; up to 8 GB are accepted: fewer particles or steps.");

    const auto backend = makeBackend(settings.backend, options.common.threads);
    backend->setState(saved.state);
    const Trajectory trajectory =
        generate(reverseRun(*backend, schedule, saved.data, settings, options.count, bytes), options.count,
                 options.common.quiet);

    std::vector<float> values;
    std::vector<std::size_t> shape{count, 2};
    if (options.trajectories) {
        shape.insert(shape.begin(), trajectory.positions.size());
        values.reserve(trajectory.positions.size() * count * 2);
        // Kept steps ascend in t; the file goes from x_T to x_0.
        for (auto positions = trajectory.positions.rbegin(); positions != trajectory.positions.rend();
             ++positions)
            values.insert(values.end(), (*positions)->begin(), (*positions)->end());
    } else {
        values = *trajectory.positions.front();
    }
    output.write(std::move(values), shape, units, saved.data->units);
    return 0;
}

}  // namespace

CLI::App* addSampleVerb(CLI::App& program, Run& run) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand("sample", "Generate points with a trained network");
    const auto add = [verb](const char* name, std::string& text, const char* help, const char* type) {
        return verb->add_option(name, text, help)->type_name(type);
    };
    add("session", options->session, "A .diffuscope file", "FILE")->required();
    verb->add_option("--count", options->count, "How many points")
        ->required()
        ->check(CLI::Range(1, 100'000'000))
        ->type_name("N");
    add("--sampler", options->sampler, "See diffuscope list samplers (default: the session's)", "ID");
    add("--steps", options->steps,
        "Reverse steps: for ddpm T of the schedule, for the others how many of the T they visit (default: "
        "the "
        "session's T; the session's number for its own sampler, the recommended one for another)",
        "T");
    add("--spacing", options->spacing, "How the visited steps lie among the T: see --set sampler.spacing",
        "ID");
    add("--schedule", options->schedule, "See diffuscope list schedules (default: the session's)", "ID");
    add("--sigma", options->sigma, "Noise of ddpm: see diffuscope list sigmas (default: the session's)",
        "ID");
    add("--sigma-scale", options->sigmaScale, "Multiplier of sigma, 0 … 2", "X");
    add("--eta", options->eta, "Noise of ddim, 0 … 1", "X");
    add("--denoiser", options->denoiser, "network, or ideal: the best possible for the training points",
        "ID");
    verb->add_flag("--raw", options->raw, "Use beta as set instead of keeping the curve when T changes");
    verb->add_flag("--trajectories", options->trajectories,
                   "All steps, (T+1, N, 2) from x_T to x_0, as .npy");
    add("--units", options->units, "data (the user's own units) or model", "UNITS")->capture_default_str();
    add("--out", options->out, ".csv or .npy (default: CSV on standard output)", "FILE");
    addCommonOptions(*verb, options->common);
    verb->footer(
        "Example: diffuscope sample swiss.diffuscope --count 10000 --sampler ddim --steps 50 --out x.npy");
    verb->callback([options, &run] { run = [options] { return sample(*options); }; });
    return verb;
}

}  // namespace diffuscope
