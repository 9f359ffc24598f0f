#include "Error.h"
#include "Files.h"
#include "ImportedData.h"
#include "Interrupt.h"
#include "Progress.h"
#include "TrainLoop.h"
#include "data/DataSet.h"
#include "denoiser/DenoiserBackend.h"
#include "io/Import.h"
#include "training/Trainer.h"
#include "verbs/Verbs.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

namespace diffuscope {
namespace {

struct Options {
    CommonOptions common;
    std::string dataset;
    std::string columns;
    std::int64_t steps = 0;
    double seconds = 0.0;
    std::string out;
    std::string resume;
};

/// Settings and data as the options want them, on top of the session that is gone on with.
std::shared_ptr<const DataSet> prepare(const Options& options, SavedRun& run) {
    const DataSettings before = run.settings.data;
    const std::uint64_t seedBefore = run.settings.seed;
    Settings& settings = run.settings;
    options.common.applyTo(settings);
    if (!options.columns.empty() && !namesFile(options.dataset))
        throw UsageError("--columns belongs to a --dataset that is a file.");
    if (namesFile(options.dataset)) {
        settings.data.dataset = DatasetKind::Imported;
        check(settings);
        return importedData(options.dataset, options.columns, settings);
    }
    setFromOption("data.set", options.dataset, settings);
    check(settings);
    const bool same = settings.data == before && settings.seed == seedBefore;
    if (run.data && (same || settings.data.dataset == DatasetKind::Imported) &&
        settings.data.dataset == before.dataset)
        return run.data;
    if (settings.data.dataset == DatasetKind::Imported)
        throw UsageError(
            "Imported points are given as --dataset FILE, a .csv or .npy table or a .png or .jpg picture.");
    return trainingData(settings.data, settings.seed);
}

/// Trains for the steps or the seconds; returns the seconds.
double runTraining(Trainer& trainer, const Options& options) {
    Progress progress(options.common.quiet);
    const auto pause = [&](const TrainPause& now) {
        stopIfInterrupted();
        if (now.done == 0) return;
        progress.show(now.share,
                      "step " + std::to_string(trainer.step()) + ", loss " +
                          std::to_string(trainer.history().recent(200)) + ", " +
                          std::to_string(std::llround(static_cast<double>(now.done) / now.seconds)) +
                          " steps/s");
    };
    const auto notice = [&](const std::string& sentence) {
        progress.clear();
        std::cerr << "diffuscope: " << sentence << '\n';
    };
    return trainFor(trainer, options.steps, options.seconds, pause, notice);
}

int train(const Options& options) {
    if ((options.steps > 0) == (options.seconds > 0.0))
        throw UsageError("Say how long to train, with either --steps N or --seconds S.");
    if (options.dataset.empty() && options.resume.empty())
        throw UsageError("Say what to train on, with --dataset ID or FILE, or go on with --resume FILE.");
    constexpr std::string_view sessions[] = {"diffuscope"};
    requireEnding(options.out, sessions);
    requireWritable(options.out);

    Session session;
    const bool resumed = !options.resume.empty();
    if (resumed) session = loadSession(options.resume);
    session.run.data = prepare(options, session.run);
    const Settings& settings = session.run.settings;

    std::optional<TrainingState> state;
    if (resumed) state = session.run.state;
    Trainer trainer(settings, session.run.data, makeBackend(settings.backend, options.common.threads), state,
                    session.run.history);
    const std::int64_t first = trainer.step();
    const double seconds = runTraining(trainer, options);

    session.run.state = trainer.backend().state();
    session.run.history = trainer.history();
    writeFile(options.out, writeSession(session));

    const std::int64_t steps = trainer.step() - first;
    const BackendDescription& backend = trainer.backend().description();
    const nlohmann::ordered_json line = {
        {"steps", steps},
        {"seconds", seconds},
        {"loss", trainer.history().recent(std::min<std::int64_t>(steps, 500))},
        {"backend", backend.id},
        {"renderer", backend.renderer},
        {"reason", backend.reason}};
    std::cout << line.dump() << '\n';
    return 0;
}

}  // namespace

CLI::App* addTrainVerb(CLI::App& program, Run& run) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand("train", "Train a network and write a session file");
    verb->add_option("--dataset", options->dataset,
                     "See diffuscope list datasets; or a table (.csv, .npy) or picture (.png, .jpg)")
        ->type_name("ID|FILE");
    verb->add_option("--columns", options->columns,
                     "Which two columns of the table, by name or number from 1")
        ->type_name("A,B");
    auto* steps = verb->add_option("--steps", options->steps, "Train for N steps")
                      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
                      ->type_name("N");
    verb->add_option("--seconds", options->seconds, "Train for S seconds")
        ->check(CLI::Range(0.001, 1e7))
        ->excludes(steps)
        ->type_name("S");
    verb->add_option("--out", options->out, "The session, a .diffuscope file")->required()->type_name("FILE");
    verb->add_option("--resume", options->resume, "Go on with this session")->type_name("FILE");
    addCommonOptions(*verb, options->common);
    verb->footer("Example: diffuscope train --dataset swiss-roll --steps 4000 --out swiss.diffuscope");
    verb->callback([options, &run] { run = [options] { return train(*options); }; });
    return verb;
}

}  // namespace diffuscope
