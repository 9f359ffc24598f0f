#include "Error.h"
#include "bench/Workload.h"
#include "verbs/Verbs.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

namespace diffuscope {
namespace {

std::vector<Workload> allWorkloads() {
    std::vector<Workload> workloads;
    for (const auto table : {rateWorkloads()}) workloads.insert(workloads.end(), table.begin(), table.end());
    return workloads;
}

/// "w1, w2 and sample".
std::string idsOf(const std::vector<Workload>& workloads, std::string_view last) {
    std::string ids;
    for (std::size_t i = 0; i < workloads.size(); ++i) {
        if (i > 0) ids += i + 1 == workloads.size() ? " " + std::string(last) + " " : ", ";
        ids += workloads[i].id;
    }
    return ids;
}

/// False where the backend was asked for by nobody and is not there.
bool runOnce(const Workload& workload, const CommonOptions& common, BackendKind kind, bool asked) {
    Progress progress(common.quiet);
    const auto print = [&progress](const nlohmann::ordered_json& line) {
        progress.clear();
        std::cout << line.dump() << std::endl;
    };
    try {
        workload.run({workload.id, common, kind, progress, print});
        return true;
    } catch (const BackendError& error) {
        if (asked) throw;
        progress.clear();
        std::cerr << "diffuscope: The GPU is left out: " << error.what() << '\n';
        return false;
    }
}

int bench(const CommonOptions& common, const std::string& wanted) {
    Settings settings;
    common.applyTo(settings);
    std::vector<Workload> workloads = allWorkloads();
    if (!wanted.empty()) {
        const std::string known = idsOf(workloads, "and");
        std::erase_if(workloads, [&](const Workload& workload) { return workload.id != wanted; });
        if (workloads.empty())
            throw UsageError("There is no workload \"" + wanted + "\"; known are " + known + ".");
    }
    const bool asked = settings.backend != BackendKind::Auto;
    for (const BackendKind kind : {BackendKind::Cpu, BackendKind::Gpu}) {
        if (asked && settings.backend != kind) continue;
        for (const Workload& workload : workloads)
            if (workload.runs == Runs::ForEachBackend && !runOnce(workload, common, kind, asked)) break;
    }
    for (const Workload& workload : workloads)
        if (workload.runs == Runs::Once) runOnce(workload, common, settings.backend, true);
    return 0;
}

}  // namespace

CLI::App* addBenchVerb(CLI::App& program, Run& run) {
    struct Options {
        CommonOptions common;
        std::string workload;
    };
    const auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand("bench", "Measure each backend beside the machine's peak");
    verb->add_option("--workload", options->workload, idsOf(allWorkloads(), "or") + " (default: all)")
        ->type_name("ID");
    addCommonOptions(*verb, options->common);
    verb->footer(
        "The peak is measured on the spot: fused multiply-adds in registers, on as many threads.\n"
        "Example: diffuscope bench --workload w2 --backend cpu");
    verb->callback(
        [options, &run] { run = [options] { return bench(options->common, options->workload); }; });
    return verb;
}

}  // namespace diffuscope
