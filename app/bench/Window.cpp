#include "Error.h"
#include "Interrupt.h"
#include "bench/Spread.h"
#include "bench/Workload.h"

#include <QCoreApplication>
#include <QProcess>
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace diffuscope {
namespace {

using nlohmann::ordered_json;

using Clock = std::chrono::steady_clock;

struct Said {
    ordered_json line;
    Clock::time_point started;  ///< the program that said it
};

/// Starts the program with its window, which measures itself under `row`'s settings and those asked for.
Said windowSays(const BenchJob& job, int rounds, const std::vector<std::string>& row) {
    QStringList arguments{"--measure", QString::fromStdString(std::string(job.id))};
    if (rounds > 0) arguments << "--rounds" << QString::number(rounds);
    const auto add = [&arguments](const char* option, const std::string& value) {
        if (!value.empty()) arguments << option << QString::fromStdString(value);
    };
    for (const std::string& assignment : row) add("--set", assignment);
    for (const std::string& assignment : job.common.assignments) add("--set", assignment);
    add("--seed", job.common.seed);
    add("--backend", job.common.backend);

    QProcess program;
    program.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    const auto started = Clock::now();
    program.start(QCoreApplication::applicationFilePath(), arguments);
    while (program.state() != QProcess::NotRunning && !program.waitForFinished(100)) {
        if (!interrupted()) continue;
        program.terminate();
        program.waitForFinished();
    }
    stopIfInterrupted();
    if (program.exitStatus() != QProcess::NormalExit || program.exitCode() != 0)
        throw InputError("The window could not be measured.");
    return {ordered_json::parse(program.readAllStandardOutput().toStdString()), started};
}

void print(const BenchJob& job, const ordered_json& said) {
    ordered_json line = {{"workload", job.id}};
    line.update(said);
    job.print(line);
}

/// Settings of one row of what is printed; alone where the user has set one of them.
using Variants = std::vector<std::vector<std::string>>;

bool setByUser(const BenchJob& job, const std::string& assignment) {
    const std::string id = assignment.substr(0, assignment.find('=') + 1);
    return std::any_of(job.common.assignments.begin(), job.common.assignments.end(),
                       [&id](const std::string& given) { return given.starts_with(id); });
}

void runVariants(const BenchJob& job, Variants variants, const std::string& doing) {
    for (const auto& variant : variants)
        if (std::any_of(variant.begin(), variant.end(),
                        [&job](const std::string& assignment) { return setByUser(job, assignment); })) {
            variants = {{}};
            break;
        }
    for (std::size_t i = 0; i < variants.size(); ++i) {
        job.progress.show(static_cast<double>(i) / static_cast<double>(variants.size()), doing);
        print(job, windowSays(job, job.rounds, variants[i]).line);
    }
}

/// DDPM as the window starts with it, and those whose whole cloud one waits for.
void runInteraction(const BenchJob& job) {
    runVariants(job,
                {{"sampler.kind=ddpm", "schedule.steps=1000"},
                 {"sampler.kind=ddpm", "schedule.steps=100"},
                 {"sampler.kind=ddim", "sampler.steps=50"}},
                "moving the slider");
}

/// Each size in a process of its own, whose memory is its own. Few steps, so that a million particles are
/// there soon: what a picture costs does not depend on them.
void runStage(const BenchJob& job) {
    const auto row = [](const char* particles) -> std::vector<std::string> {
        return {"schedule.steps=20", "sampler.kind=ddim", "sampler.steps=10", particles};
    };
    runVariants(job,
                {row("view.particles=10000"), row("view.particles=100000"), row("view.particles=1000000")},
                "watching the stage");
}

void runStart(const BenchJob& job) {
    const int starts = job.rounds > 0 ? job.rounds : 10;
    std::vector<double> shown;
    std::vector<double> moved;
    std::string platform;
    for (int i = 0; i < starts; ++i) {
        job.progress.show(static_cast<double>(i) / starts, "starting");
        const Said said = windowSays(job, 0, {});
        const auto since = [&said](const char* key) {
            const Clock::time_point then{std::chrono::nanoseconds(said.line.at(key).get<std::int64_t>())};
            return std::chrono::duration<double>(then - said.started).count();
        };
        shown.push_back(since("shown"));
        moved.push_back(since("moved"));
        platform = said.line.at("platform");
    }
    print(job, {{"platform", platform},
                {"starts", starts},
                {"shown_seconds", spreadOf(shown)},
                {"moving_seconds", spreadOf(moved)}});
}

}  // namespace

std::span<const Workload> windowWorkloads() {
    static constexpr Workload rows[] = {{"interaction", Runs::InAWindow, runInteraction},
                                        {"stage", Runs::InAWindow, runStage},
                                        {"start", Runs::InAWindow, runStart}};
    return rows;
}

}  // namespace diffuscope
