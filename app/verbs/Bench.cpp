#include "Error.h"
#include "bench/WindowMeasures.h"
#include "bench/Workload.h"
#include "verbs/Verbs.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

namespace diffuscope {
namespace {

struct Options {
    CommonOptions common;
    std::string workload;
    int rounds = 0;
};

std::vector<Workload> allWorkloads() {
    std::vector<Workload> workloads;
    for (const auto table : {rateWorkloads(), curveWorkloads(), windowWorkloads()})
        workloads.insert(workloads.end(), table.begin(), table.end());
    return workloads;
}

/// False where the backend was asked for by nobody and is not there.
bool runOnce(const Workload& workload, const Options& options, BackendKind kind, bool asked) {
    Progress progress(options.common.quiet);
    const auto print = [&progress](const nlohmann::ordered_json& line) {
        progress.clear();
        std::cout << line.dump() << std::endl;
    };
    try {
        workload.run({workload.id, options.common, kind, options.rounds, progress, print});
        return true;
    } catch (const BackendError& error) {
        if (asked) throw;
        progress.clear();
        std::cerr << "diffuscope: The GPU is left out: " << error.what() << '\n';
        return false;
    }
}

void runInWindows(const std::vector<Workload>& workloads, const Options& options, BackendKind kind) {
    for (const Workload& workload : workloads) {
        if (workload.runs != Runs::InAWindow) continue;
        if (!options.workload.empty() && options.common.threads > 0)
            throw UsageError("--threads has no effect on the window.");
        if (!hasDisplay()) {
            if (!options.workload.empty()) throw InputError("there is no display for the window.");
            std::cerr << "diffuscope: The window is left out: there is no display for it.\n";
            return;
        }
        runOnce(workload, options, kind, true);
    }
}

int bench(const Options& options) {
    Settings settings;
    options.common.applyTo(settings);
    std::vector<Workload> workloads = allWorkloads();
    if (!options.workload.empty()) {
        const std::string known = idsOf(workloads, "and");
        std::erase_if(workloads, [&](const Workload& workload) { return workload.id != options.workload; });
        if (workloads.empty())
            throw UsageError("There is no workload \"" + options.workload + "\"; known are " + known + ".");
    }
    const bool asked = settings.backend != BackendKind::Auto;
    for (const BackendKind kind : {BackendKind::Cpu, BackendKind::Gpu}) {
        if (asked && settings.backend != kind) continue;
        for (const Workload& workload : workloads)
            if (workload.runs == Runs::ForEachBackend && !runOnce(workload, options, kind, asked)) break;
    }
    for (const Workload& workload : workloads)
        if (workload.runs == Runs::Once) runOnce(workload, options, settings.backend, true);
    runInWindows(workloads, options, settings.backend);
    return 0;
}

}  // namespace

CLI::App* addBenchVerb(CLI::App& program, Run& run) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand(
        "bench", "Measure each backend beside the machine's peak, and the window in a window of its own");
    verb->add_option("--workload", options->workload, idsOf(allWorkloads(), "or") + " (default: all)")
        ->type_name("ID");
    addRounds(*verb, options->rounds);
    addCommonOptions(*verb, options->common);
    std::string footer =
        "The peak is measured on the spot: fused multiply-adds in registers, on as many threads;\n"
        "machine prints it beside the rate of the memory. Curves, a line for each value, with the exponent\n"
        "since the value before: batch and width of a training step, particles (T = 100) and steps (10,000\n"
        "particles) of a sampling run, particles of a splat, data points of 1,000 ideal predictions.\n"
        "Of the window, started for it while the network trains:\n";
    for (const WindowMeasure& row : windowMeasures())
        footer += "  " + std::string(row.id) + ": " + std::string(row.help) + "\n";
    verb->footer(footer +
                 "Example: diffuscope bench --workload w2 --backend cpu\n"
                 "Example without a screen: xvfb-run -s \"-screen 0 1920x1080x24\" diffuscope bench "
                 "--workload stage");
    verb->callback([options, &run] { run = [options] { return bench(*options); }; });
    return verb;
}

}  // namespace diffuscope
