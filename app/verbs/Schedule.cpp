#include "Files.h"
#include "diffusion/NoiseSchedule.h"
#include "settings/Fields.h"
#include "verbs/Verbs.h"

#include <charconv>
#include <cmath>
#include <iostream>
#include <memory>

namespace diffuscope {
namespace {

struct Options {
    CommonOptions common;
    std::string kind;
    std::string steps;
    std::string betaMin;
    std::string betaMax;
    bool raw = false;
    std::string out;
};

void appendDigits(std::string& text, double value) {
    char buffer[40];
    const auto [end, error] =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 17);
    text.append(buffer, end);
}

int schedule(const Options& options) {
    Settings settings;
    options.common.applyTo(settings);
    setFromOption("schedule.kind", options.kind, settings);
    setFromOption("schedule.steps", options.steps, settings);
    setFromOption("schedule.beta-min", options.betaMin, settings);
    setFromOption("schedule.beta-max", options.betaMax, settings);
    if (options.raw) settings.schedule.keepCurve = false;
    const Settings defaults;
    for (const Field& field : fields())
        if (field.group != Group::Schedule && !sameValue(field, settings, defaults))
            throw UsageError(std::string(field.id) + " has no effect on a schedule.");
    requireEffect("--beta-min", options.betaMin, "schedule.beta-min", settings);
    requireEffect("--beta-max", options.betaMax, "schedule.beta-max", settings);
    requireEffect("--raw", options.raw ? "on" : "", "schedule.keep-curve", settings);
    for (const Field& field : fields())
        if (field.group == Group::Schedule && !sameValue(field, settings, defaults))
            requireEffect(field.id, "set", field.id, settings);
    check(settings);
    if (!options.out.empty()) {
        constexpr std::string_view endings[] = {"csv"};
        requireEnding(options.out, endings);
        requireWritable(options.out);
    }

    const NoiseSchedule noise(settings.schedule);
    std::string text = "t,beta,alpha_bar,snr,sigma_upper,sigma_lower\n";
    for (int t = 1; t <= noise.steps(); ++t) {
        text += std::to_string(t);
        for (const double value : {noise.beta(t), noise.alphaBar(t), noise.snr(t), std::sqrt(noise.beta(t)),
                                   std::sqrt(noise.posteriorVariance(t))}) {
            text += ',';
            appendDigits(text, value);
        }
        text += '\n';
    }
    if (options.out.empty())
        std::cout << text;
    else
        writeFile(options.out, text);
    return 0;
}

}  // namespace

CLI::App* addScheduleVerb(CLI::App& program, Run& run) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand("schedule", "Print one noise schedule as CSV, t = 1 … T");
    verb->add_option("--kind", options->kind, "Schedule: see diffuscope list schedules")
        ->required()
        ->type_name("ID");
    verb->add_option("--steps", options->steps, "T (default: 1000)")->type_name("T");
    verb->add_option("--beta-min", options->betaMin, "First noise variance (default: 1e-4)")->type_name("A");
    verb->add_option("--beta-max", options->betaMax, "Last noise variance (default: 0.02)")->type_name("B");
    verb->add_flag("--raw", options->raw, "Use beta as set instead of keeping the curve of T = 1000");
    verb->add_option("--out", options->out, "A .csv file (default: standard output)")->type_name("FILE");
    addAssignments(*verb, options->common);
    verb->footer(
        "Example: diffuscope schedule --kind cosine --steps 1000 --out cosine.csv\n"
        "         diffuscope schedule --kind custom --set 'schedule.curve=log-snr:0,9;0.5,2;1,-9'");
    verb->callback([options, &run] { run = [options] { return schedule(*options); }; });
    return verb;
}

}  // namespace diffuscope
