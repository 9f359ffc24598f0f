#include "Error.h"
#include "Files.h"
#include "Interrupt.h"
#include "Progress.h"
#include "denoiser/ThreadPool.h"
#include "diffusion/IdealDenoiser.h"
#include "io/Npy.h"
#include "measures/FieldGrid.h"
#include "settings/Fields.h"
#include "settings/Kinds.h"
#include "verbs/Verbs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>

namespace diffuscope {
namespace {

constexpr int largestGrid = 4096;
constexpr double largestExtent = 1e4;

struct Options {
    CommonOptions common;
    std::string session;
    std::optional<int> t;
    std::optional<double> logSnr;
    std::string quantity;
    std::string denoiser;
    int grid = 64;
    double extent = 3.0;
    std::string out;
};

/// What is asked for, with everything that it is calculated from.
struct Question {
    FieldQuantity quantity;
    FieldSources sources;
    FieldLevel level;
};

/// Settings that a field can depend on: of the schedule with --t, the clamp of x0, the class and, of what is
/// predicted, its guidance.
void requireEffects(const Options& options, FieldQuantity quantity, const Settings& settings) {
    for (const std::string& assignment : options.common.assignments) {
        const Field& field = fieldById(std::string_view(assignment).substr(0, assignment.find('=')));
        const bool schedule = field.group == Group::Schedule && options.t;
        const bool clamp = field.id == "sampler.clamp" && quantity == FieldQuantity::X0;
        const bool guidance = field.id == "sampler.guidance" && quantity != FieldQuantity::Density &&
                              settings.sampler.classNumber != 0;
        if (!schedule && !clamp && !guidance && field.id != "sampler.class")
            throw UsageError(std::string(field.id) + " has no effect on this field.");
    }
}

bool asksTheNetwork(FieldQuantity quantity, DenoiserKind kind) {
    if (quantity == FieldQuantity::Density) return false;
    return quantity == FieldQuantity::Error || kind == DenoiserKind::Network;
}

/// Of the density and the error: which truth. Of the others: what predicts the noise.
DenoiserKind denoiserOf(const Options& options, FieldQuantity quantity, const Settings& settings) {
    const bool truth = quantity == FieldQuantity::Density || quantity == FieldQuantity::Error;
    if (!truth || settings.sampler.denoiser != DenoiserKind::Network) return settings.sampler.denoiser;
    if (!options.denoiser.empty())
        throw UsageError("--denoiser network has no effect with --quantity " + options.quantity +
                         ": it takes ideal or mixture, " +
                         (quantity == FieldQuantity::Density ? "whose density is known."
                                                             : "which the network is compared with."));
    return DenoiserKind::Ideal;
}

FieldLevel levelOf(const Options& options, const Settings& settings, bool network) {
    const NoiseSchedule schedule(settings.schedule);
    if (options.t) {
        if (*options.t < 1 || *options.t > schedule.steps())
            throw UsageError("--t " + std::to_string(*options.t) +
                             " is not a step of this schedule: it takes 1 to T = " +
                             std::to_string(schedule.steps()) + ".");
        return {noiseLevel(schedule, *options.t, settings.network.conditioning),
                exactLevel(schedule, *options.t)};
    }
    if (network && settings.network.conditioning == Conditioning::StepIndex)
        throw UsageError("This network was told the step's index, not its log-SNR: give --t.");
    return {noiseLevelOfLogSnr(*options.logSnr), exactLevelOfLogSnr(*options.logSnr)};
}

Question prepare(const Options& options, const SavedRun& saved) {
    Settings settings = saved.settings;
    options.common.applyTo(settings);
    requireFit(settings, saved, options.session);
    setFromOption("sampler.denoiser", options.denoiser, settings);
    check(settings);

    Question question{};
    std::vector<Choice> choices;
    for (const FieldQuantityRow& row : fieldQuantities()) choices.push_back(row.choice);
    asUsage([&] {
        question.quantity = static_cast<FieldQuantity>(requireIndex(choices, options.quantity, "quantity"));
    });
    requireEffects(options, question.quantity, settings);
    const DenoiserKind kind = denoiserOf(options, question.quantity, settings);
    const bool network = asksTheNetwork(question.quantity, kind);
    question.level = levelOf(options, settings, network);
    FieldSources& sources = question.sources;
    const std::shared_ptr<const DataSet> data = trainedOn(settings.data.dataset, saved.data);
    asUsage([&] {
        Settings asked = settings;
        asked.sampler.denoiser = network ? DenoiserKind::Network : kind;
        sources.guidance = guidanceOf(asked, *data);
        requireDenoiser(kind, *data, sources.guidance.label);
    });
    if (question.quantity == FieldQuantity::Density) {
        sources.density = std::make_shared<const Density>(data, kind, sources.guidance.label);
        return question;
    }
    std::shared_ptr<const Denoiser> learned;
    if (network) learned = networkDenoiser(saved.state);
    sources.denoiser = learned;
    const auto chosen = denoiserFor(kind, data, learned);
    (question.quantity == FieldQuantity::Error ? sources.ideal : sources.denoiser) = chosen;
    if (settings.sampler.clampX0) sources.clamp = clampBox(saved.data->points);
    return question;
}

/// Some rows at a time, so that Ctrl+C acts soon; the result does not depend on the threads.
std::vector<float> calculate(const Question& question, const FieldGrid& grid, std::size_t columns,
                             const Options& options) {
    constexpr std::size_t slice = 2048;  // places
    Progress progress(options.common.quiet);
    ThreadPool pool(options.common.threads);
    const std::vector<double> axis = grid.axis();
    const std::size_t side = axis.size();
    const std::size_t rows = std::max<std::size_t>(1, slice / side);
    std::vector<float> values(side * side * columns);
    const auto round = rows * static_cast<std::size_t>(pool.size());
    for (std::size_t first = 0; first < side; first += round) {
        stopIfInterrupted();
        const std::size_t last = std::min(side, first + round);
        pool.run(static_cast<int>((last - first + rows - 1) / rows), [&](int task, int) {
            const std::size_t from = first + static_cast<std::size_t>(task) * rows;
            const std::size_t count = std::min(rows, last - from);
            fieldAt(question.quantity, question.sources, question.level, axis,
                    std::span(axis).subspan(from, count),
                    std::span(values).subspan(from * side * columns, count * side * columns));
        });
        progress.show(static_cast<double>(last) / static_cast<double>(side),
                      "row " + std::to_string(last) + " of " + std::to_string(side));
    }
    return values;
}

void append(std::string& text, float value) {
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    text.append(buffer, end);
}

std::string csvOf(const FieldQuantityRow& row, const FieldGrid& grid, std::span<const float> values) {
    std::string text = "x,y";
    for (const std::string_view column : row.columns) text.append(",").append(column);
    text += '\n';
    const std::vector<double> axis = grid.axis();
    auto value = values.begin();
    for (const double y : axis)
        for (const double x : axis) {
            append(text, static_cast<float>(x));
            text += ',';
            append(text, static_cast<float>(y));
            for (std::size_t i = 0; i < row.columns.size(); ++i) {
                text += ',';
                append(text, *value++);
            }
            text += '\n';
        }
    return text;
}

int field(const Options& options) {
    if (options.t.has_value() == options.logSnr.has_value())
        throw UsageError("Say at which noise level, with either --t T or --log-snr L.");
    // A range that nothing is outside of lets what is no number pass.
    if (std::isnan(options.logSnr.value_or(0.0)) || std::isnan(options.extent))
        throw UsageError("--log-snr and --extent take numbers.");
    std::string ending = "csv";
    if (!options.out.empty()) {
        constexpr std::string_view endings[] = {"csv", "npy"};
        ending = requireEnding(options.out, endings);
        requireWritable(options.out);
    }
    const Session session = loadSession(options.session);
    const Question question = prepare(options, session.run);
    const FieldQuantityRow& row = fieldQuantities()[static_cast<std::size_t>(question.quantity)];
    const FieldGrid grid{options.grid, options.extent};
    const std::vector<float> values = calculate(question, grid, row.columns.size(), options);

    std::string bytes;
    if (ending == "npy") {
        const auto side = static_cast<std::size_t>(grid.size);
        std::vector<std::size_t> shape{side, side};
        if (row.columns.size() > 1) shape.push_back(row.columns.size());
        bytes = writeNpy(values, shape);
    } else {
        bytes = csvOf(row, grid, values);
    }
    if (options.out.empty())
        std::cout << bytes;
    else
        writeFile(options.out, bytes);
    return 0;
}

}  // namespace

CLI::App* addFieldVerb(CLI::App& program, Run& run) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand("field", "A quantity at every place of a grid over the plane");
    verb->add_option("session", options->session, "A .diffuscope file")->required()->type_name("FILE");
    auto* t = verb->add_option("--t", options->t, "The noise level of step T of the schedule, from 1")
                  ->type_name("T");
    verb->add_option("--log-snr", options->logSnr, "The noise level with this log-SNR, -12 … 12")
        ->check(CLI::Range(-12.0, 12.0))
        ->excludes(t)
        ->type_name("L");
    std::vector<Choice> choices;
    for (const FieldQuantityRow& row : fieldQuantities()) choices.push_back(row.choice);
    verb->add_option("--quantity", options->quantity, listOfIds(choices))->required()->type_name("ID");
    verb->add_option(
            "--denoiser", options->denoiser,
            "Of eps, score and x0: network, ideal or mixture (default: the session's). Of density and "
            "error, which truth: ideal (the points; default) or mixture (their distribution)")
        ->type_name("ID");
    verb->add_option("--grid", options->grid, "Places along each side")
        ->check(CLI::Range(2, largestGrid))
        ->type_name("G")
        ->capture_default_str();
    verb->add_option("--extent", options->extent, "The grid covers [-E, E] along x and y, edges included")
        ->check(CLI::Range(1e-6, largestExtent))
        ->type_name("E")
        ->capture_default_str();
    verb->add_option("--out", options->out,
                     ".npy: float32 (G, G, 2), or (G, G) of density and error; .csv: a line for each place "
                     "(default: CSV on standard output)")
        ->type_name("FILE");
    addAssignments(*verb, options->common);
    addWorkOptions(*verb, options->common);
    verb->footer(
        "The first entry is the lower left corner (-E, -E); x runs fastest, and rows go upwards: entry "
        "[j][i] is\n"
        "at x = -E + 2 E i / (G - 1), y = -E + 2 E j / (G - 1). Units are the model's: zero mean and unit "
        "variance\n"
        "along each axis. x0 is clamped as the session's sampler does; --set sampler.clamp=off shows it as "
        "it is.\n"
        "error is |eps_theta - eps*|. The session's class and guidance count as in the sampler (--set "
        "sampler.class=K,\n"
        "sampler.guidance=W); the density is that of the class.\n"
        "Example: diffuscope field swiss.diffuscope --t 200 --quantity score --grid 128 --out score.npy");
    verb->callback([options, &run] { run = [options] { return field(*options); }; });
    return verb;
}

}  // namespace diffuscope
