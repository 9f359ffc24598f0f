#include "Error.h"
#include "Files.h"
#include "data/DataSet.h"
#include "settings/Fields.h"
#include "verbs/Verbs.h"

#include <memory>

namespace diffuscope {
namespace {

struct Options {
    CommonOptions common;
    std::string dataset;
    int count = 0;
    std::string units = "data";
    std::string out;
};

int data(const Options& options) {
    Settings settings;
    options.common.applyTo(settings);
    setFromOption("data.set", options.dataset, settings);
    const Settings defaults;
    for (const Field& field : fields())
        if (field.id != "data.set" && field.id != "seed" && !sameValue(field, settings, defaults) &&
            !(field.id == "data.text" && field.applies(settings)))
            throw UsageError(std::string(field.id) + " has no effect on draws of " + options.dataset + ".");
    check(settings);
    const DatasetRow& row = datasets()[static_cast<std::size_t>(settings.data.dataset)];
    if (!row.draw)
        throw UsageError(
            "Imported points are a file already; `data` draws from the sets of `list datasets`.");
    if (options.count == 0 && !row.isTable)
        throw UsageError(std::string(row.choice.id) + " is drawn without end: say how many with --count N.");
    const Units units = unitsOf(options.units);
    const PointsOutput output(options.out, false);

    DataSet drawn = drawFrom(settings.data, row.isTable ? options.count : 1, settings.seed);
    if (!row.isTable) drawn.points = freshDraws(settings.data, drawn, options.count, settings.seed).points;
    const std::vector<std::size_t> shape{drawn.size(), 2};
    output.write(std::move(drawn.points), shape, units, drawn.units);
    return 0;
}

}  // namespace

CLI::App* addDataVerb(CLI::App& program, Run& run) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand("data", "Draw points of a data set");
    verb->add_option("--dataset", options->dataset, "Data set: see diffuscope list datasets")
        ->required()
        ->type_name("ID");
    verb->add_option("--count", options->count, "How many; a real table without it is written whole")
        ->check(CLI::Range(1, 100'000'000))
        ->type_name("N");
    verb->add_option("--units", options->units, "data (a real table's own units) or model")
        ->capture_default_str()
        ->type_name("UNITS");
    verb->add_option("--out", options->out, ".csv or .npy (default: CSV on standard output)")
        ->type_name("FILE");
    addSeed(*verb, options->common);
    addAssignments(*verb, options->common);
    verb->footer(
        "A generator's draws are fresh: no training has seen them. A real table's are its rows, drawn with\n"
        "replacement; training has seen them too.\n"
        "Example: diffuscope data --dataset two-moons --count 10000 --out moons.npy\n"
        "         diffuscope data --dataset letters --set data.text=Hello --count 10000 --out hello.npy");
    verb->callback([options, &run] { run = [options] { return data(*options); }; });
    return verb;
}

}  // namespace diffuscope
