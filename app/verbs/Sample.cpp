#include "Error.h"
#include "Files.h"
#include "Sampling.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/ReverseSampler.h"
#include "settings/Fields.h"
#include "training/CloudRun.h"
#include "verbs/Verbs.h"

#include <memory>
#include <ranges>

namespace diffuscope {
namespace {

struct Options {
    CommonOptions common;
    std::string session;
    int count = 0;
    SamplerOptions sampling;
    bool trajectories = false;
    std::string units = "data";
    std::string out;
};

/// Settings that samples do not depend on; what must not be set here is refused before.
void requireEffects(const CommonOptions& common, const Settings& settings) {
    for (const std::string& assignment : common.assignments) {
        const std::string id = assignment.substr(0, assignment.find('='));
        const Group group = fieldById(id).group;
        if (group == Group::Training || group == Group::View)
            throw UsageError(id + " has no effect on samples.");
        requireEffect(id, assignment, id, settings);
    }
}

int sample(const Options& options) {
    const Units units = unitsOf(options.units);
    const PointsOutput output(options.out, options.trajectories);
    const Session session = loadSession(options.session);
    const SavedRun& saved = session.run;
    const Settings settings = samplingSettings(options.common, options.sampling, saved.settings);
    requireFit(settings, saved, options.session);
    asUsage([&] { (void)guidanceOf(settings, *saved.data); });
    requireEffects(options.common, settings);
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
    const Trajectory trajectory = generate(
        reverseRun(*backend, schedule, saved.data, settings, options.count, bytes), options.common.quiet);

    std::vector<float> values;
    std::vector<std::size_t> shape{count, 2};
    if (options.trajectories) {
        shape.insert(shape.begin(), trajectory.positions.size());
        values.reserve(trajectory.positions.size() * count * 2);
        // Kept steps ascend in t; the file goes from x_T to x_0.
        for (const Positions& positions : std::views::reverse(trajectory.positions))
            values.insert(values.end(), positions->begin(), positions->end());
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
    addCount(*verb, options->count, 1, 100'000'000);
    addSamplerOptions(*verb, options->sampling);
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
