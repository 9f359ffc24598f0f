#include "Error.h"
#include "Files.h"
#include "ImportedData.h"
#include "Interrupt.h"
#include "Progress.h"
#include "RowFile.h"
#include "SweepRun.h"
#include "denoiser/Guidance.h"
#include "diffusion/IdealDenoiser.h"
#include "sweep/SweepTable.h"
#include "verbs/Verbs.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>

namespace diffuscope {
namespace {

constexpr std::size_t mostShards = SweepGrid::mostCombinations;

struct Options {
    CommonOptions common;
    std::string grid;
    std::string out;
    int jobs = 1;
    std::string shard;
    std::vector<std::string> parts;
};

std::unique_ptr<SweepGrid> readGrid(const Options& options) {
    std::vector<std::string> assignments = options.common.assignments;
    if (!options.common.seed.empty()) assignments.push_back("seed=" + options.common.seed);
    if (!options.common.backend.empty()) assignments.push_back("backend=" + options.common.backend);
    const std::string text = readFile(options.grid);
    try {
        return std::make_unique<SweepGrid>(text, assignments);
    } catch (const InputError& error) {
        throw UsageError(options.grid + ": " + error.what());
    }
}

/// Refuses what the data cannot give before anything is trained: files that cannot be read, classes and
/// mixtures that they do not have. No seed changes that.
void requireData(const SweepGrid& grid, const std::vector<std::size_t>& wanted) {
    const SweepTraining* known = nullptr;
    std::shared_ptr<const DataSet> data;
    for (const std::size_t i : wanted) {
        const SweepCombination& combination = grid.combinations()[i];
        const SweepTraining& training = grid.trainings()[combination.training];
        const Settings& settings = combination.settings;
        if (!data || known->settings.data != settings.data || known->file != training.file ||
            known->columns != training.columns) {
            stopIfInterrupted();
            data = training.file.empty() ? trainingData(settings.data, settings.seed)
                                         : importedData(training.file, training.columns, settings);
            known = &training;
        }
        try {
            (void)guidanceOf(settings, *data);
            requireDenoiser(settings.sampler.denoiser, *data);
        } catch (const InputError& error) {
            throw UsageError("Combination " + std::to_string(i + 1) + " (" + nameOf(grid, combination) +
                             "): " + error.what());
        }
    }
}

/// The combinations that `--shard I/N` takes, or all.
std::vector<std::size_t> shardOf(const std::string& text, const SweepGrid& grid) {
    if (text.empty()) return grid.shard(1, 1);
    std::size_t shard = 0;
    std::size_t shards = 0;
    const char* end = text.data() + text.size();
    const auto [slash, wrong] = std::from_chars(text.data(), end, shard);
    bool good = wrong == std::errc() && slash != end && *slash == '/';
    if (good) {
        const auto [last, error] = std::from_chars(slash + 1, end, shards);
        good = error == std::errc() && last == end && shard >= 1 && shard <= shards && shards <= mostShards;
    }
    if (!good)
        throw UsageError("--shard " + text +
                         " is not I/N: it takes the I-th of N parts, such as 1/4, with N up to " +
                         std::to_string(mostShards) + ".");
    return grid.shard(shard, shards);
}

std::string durationText(double seconds) {
    if (seconds < 90.0) return std::to_string(std::lround(std::max(1.0, seconds))) + " s";
    if (seconds < 90.0 * 60.0) return std::to_string(std::lround(seconds / 60.0)) + " min";
    return std::to_string(std::lround(seconds / 3600.0)) + " h";
}

int sweep(const Options& options) {
    const auto grid = readGrid(options);
    std::vector<std::size_t> mine = shardOf(options.shard, *grid);
    requireData(*grid, mine);
    RowFile file(options.out);
    SweepTable table(*grid);
    table.read(file.text(), options.out);
    for (std::size_t i = 0; i < grid->combinations().size(); ++i)
        if (table.has(i) && !std::binary_search(mine.begin(), mine.end(), i))
            throw InputError(options.out + " holds combination " + std::to_string(i + 1) +
                             ", which is of another shard than " + options.shard + ". Give another --out.");
    if (file.text() != table.text()) file.replace(table.text());
    const std::size_t wanted = mine.size();
    std::erase_if(mine, [&table](std::size_t i) { return table.has(i); });

    Progress progress(options.common.quiet);
    const auto say = [&progress](const std::string& sentence) {
        progress.clear();
        std::cerr << "diffuscope: " << sentence << '\n';
    };
    if (!options.common.quiet)
        std::cerr << "diffuscope: " << wanted << (wanted == 1 ? " combination" : " combinations") << ", "
                  << wanted - mine.size() << " done before.\n";
    const auto begin = std::chrono::steady_clock::now();
    std::size_t failed = 0;
    SweepEvents events;
    events.row = [&](std::size_t combination, double training, const Evaluation& evaluation) {
        file.append(table.add(combination, training, evaluation));
    };
    events.failure = [&](std::size_t combination, const std::string& sentence) {
        ++failed;
        say("Combination " + std::to_string(combination + 1) + " (" +
            nameOf(*grid, grid->combinations()[combination]) + "): " + sentence);
    };
    events.notice = say;
    events.progress = [&](double share) {
        stopIfInterrupted();
        const double elapsed =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        std::string text = std::to_string(table.size()) + " of " + std::to_string(wanted) + " rows";
        if (share > 0.0) text += ", about " + durationText(elapsed * (1.0 - share) / share) + " left";
        progress.show(share, text);
    };
    if (!mine.empty()) runSweep(*grid, {std::move(mine), options.jobs, options.common.threads}, events);
    progress.clear();
    file.replace(table.text());  // in the order of the grid, whoever was first
    if (failed > 0)
        throw InputError(std::to_string(failed) + " of " + std::to_string(wanted) +
                         " combinations failed; the others are in " + options.out + ".");
    return 0;
}

int merge(const Options& options) {
    std::vector<SweepPart> parts;
    for (const std::string& path : options.parts) parts.push_back({path, readFile(path)});
    std::string text;
    if (options.grid.empty()) {
        if (!options.common.seed.empty() || !options.common.backend.empty() ||
            !options.common.assignments.empty())
            throw UsageError("--merge takes settings together with a GRID.json only.");
        text = mergeSweep(parts);
    } else {
        const auto grid = readGrid(options);
        SweepTable table(*grid);
        for (const SweepPart& part : parts) table.read(part.text, part.name);
        table.requireAll();
        text = table.text();
    }
    writeFile(options.out, text);
    return 0;
}

int run(const Options& options) {
    constexpr std::string_view endings[] = {"csv"};
    requireEnding(options.out, endings);
    requireWritable(options.out);
    if (!options.parts.empty()) return merge(options);
    if (options.grid.empty()) throw UsageError("Say what to sweep over, with a GRID.json; or --merge parts.");
    return sweep(options);
}

constexpr const char* gridHelp =
    "Keys of the grid: ids of diffuscope list settings; steps or seconds (of training); count (samples on\n"
    "either side of the measures, 2000); measures (of diffuscope list measures: all). A value of data.set "
    "may\n"
    "be a file of points (.csv, .npy, .png, .jpg), with columns (\"a,b\") for a table that has more than "
    "two. A\n"
    "value alone is a list of one. --set, --seed and --backend add lists of one.\n"
    "Combinations that differ in the sampler or in steps share one training; with \"one-network\": true "
    "also\n"
    "those that differ in the schedule: the network learns under the first and is sampled under all. "
    "--shard\n"
    "takes every N-th training with all its rows, or every N-th combination where there are fewer trainings\n"
    "than shards. A sweep that was stopped, or killed, goes on when it is run again. On the CPU the same "
    "grid\n"
    "gives the same rows, but for seconds (the training's).\n"
    "The columns of the measures are the keys of diffuscope evaluate; a bound is inf where the reverse "
    "steps\n"
    "add no noise.\n"
    "Example: diffuscope sweep grid.json --jobs 2 --out results.csv\n"
    "with grid.json: {\"schedule.kind\": [\"linear\", \"cosine\"], \"seed\": [1, 2, 3], \"steps\": 4000}";

}  // namespace

CLI::App* addSweepVerb(CLI::App& program, Run& run) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb =
        program.add_subcommand("sweep", "Train, sample and measure every combination of settings");
    verb->add_option("grid", options->grid, "A .json file: {\"setting\": [values], …}")
        ->type_name("GRID.json");
    verb->add_option("--out", options->out,
                     "A .csv file: a row for each combination. Rows that it has already are kept and skipped")
        ->required()
        ->type_name("FILE");
    CLI::Option* merge =
        verb->add_option("--merge", options->parts,
                         "Join the results of all shards; with GRID.json they are checked against it")
            ->type_name("FILE …")
            ->expected(1, -1);
    addCommonOptions(*verb, options->common);
    verb->add_option("--jobs", options->jobs, "How many combinations at a time; results do not depend on it")
        ->check(CLI::Range(1, 1024))
        ->type_name("N")
        ->capture_default_str();
    verb->add_option("--shard", options->shard, "Only the I-th of N parts, for the job array of a cluster")
        ->type_name("I/N");
    for (const char* other : {"--jobs", "--shard", "--threads", "--quiet"})
        merge->excludes(verb->get_option(other));
    verb->footer(gridHelp);
    verb->callback([options, &run] { run = [options] { return diffuscope::run(*options); }; });
    return verb;
}

}  // namespace diffuscope
