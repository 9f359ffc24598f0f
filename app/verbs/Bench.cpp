#include "Error.h"
#include "Interrupt.h"
#include "PeakRate.h"
#include "Progress.h"
#include "data/DataSet.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/ReverseSampler.h"
#include "verbs/Verbs.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

namespace diffuscope {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Floating-point operations of the matrix products for one sample: two a weight forwards; training also the
/// weights' gradient, and the gradient of every layer's input but the first's.
double forwardFlops(const MlpLayout& layout) {
    double flops = 0.0;
    for (const MlpLayout::Layer& layer : layout.layers()) flops += 2.0 * layer.in * layer.out;
    return flops;
}
double trainingFlops(const MlpLayout& layout) {
    const MlpLayout::Layer first = layout.layers().front();
    return 3.0 * forwardFlops(layout) - 2.0 * first.in * first.out;
}

struct Workload {
    std::string_view id;
    /// W1 does at least the arithmetic of tiny-diffusion's default, batch 32 (15.8 MFLOP a step); W2 has four
    /// hidden layers of 128 and a batch of 2048; sample pushes 10,000 particles through W2's network, 1000
    /// steps; default is what the window starts with, and takes --set.
    void (*configure)(Settings&);
    bool samples;
};
constexpr Workload workloads[] = {
    {"w1",
     [](Settings& s) {
         s.network = {128, 6, Conditioning::LogSnr};
         s.training.batch = 32;
     },
     false},
    {"w2",
     [](Settings& s) {
         s.network = {128, 4, Conditioning::LogSnr};
         s.training.batch = 2048;
     },
     false},
    {"sample",
     [](Settings& s) {
         s.network = {128, 4, Conditioning::LogSnr};
     },
     true},
    {"default", [](Settings&) {}, false},
};

struct Rate {
    double seconds;  ///< a step, or the whole sampling
    double flops;    ///< in those seconds
};

Rate measureTraining(DenoiserBackend& backend, const Settings& settings, const MlpLayout& layout,
                     Progress& progress) {
    const BatchSettings batch{settings.seed, settings.training.batch, settings.training.stratified,
                              settings.training.floorShare, settings.training.learningRate};
    const auto train = [&](int steps) {
        std::vector<float> losses(static_cast<std::size_t>(steps));
        const auto begin = Clock::now();
        backend.train(batch, losses);
        return secondsSince(begin);
    };
    (void)train(40);  // the compute backend changes its kernels after thirty passes
    // Rounds of a quarter of a second; the median of nine.
    const int steps = std::clamp(static_cast<int>(0.25 / std::max(train(5) / 5.0, 1e-7)), 1, 1'000'000);
    std::vector<double> rounds;
    for (int i = 0; i < 9; ++i) {
        stopIfInterrupted();
        rounds.push_back(train(steps) / steps);
        progress.show(i / 9.0, "training");
    }
    std::nth_element(rounds.begin(), rounds.begin() + 4, rounds.end());
    return {rounds[4], trainingFlops(layout) * batch.batch};
}

Rate measureSampling(DenoiserBackend& backend, const Settings& settings, const MlpLayout& layout,
                     const DataSet& data, Progress& progress) {
    constexpr std::size_t particles = 10'000;
    constexpr std::size_t stepsAtOnce = 20;
    const NoiseSchedule schedule(settings.schedule);
    const auto plan =
        reversePlan(schedule, settings.sampler, settings.network.conditioning, clampBox(data.points));
    std::vector<float> positions(2 * particles);
    std::vector<float> memory(2 * particles);
    reverseStart(settings.seed, 0, positions);
    backend.reverse(std::span(plan).first(std::min(stepsAtOnce, plan.size())), settings.seed, 0, positions,
                    memory, {});
    reverseStart(settings.seed, 0, positions);
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < plan.size(); i += stepsAtOnce) {
        stopIfInterrupted();
        backend.reverse(std::span(plan).subspan(i, std::min(stepsAtOnce, plan.size() - i)), settings.seed, 0,
                        positions, memory, {});
        progress.show(static_cast<double>(i) / static_cast<double>(plan.size()), "sampling");
    }
    const double flops = forwardFlops(layout) * particles * static_cast<double>(plan.size());
    return {secondsSince(begin), flops};
}

void runWorkload(const Workload& workload, const CommonOptions& common, BackendKind kind) {
    Settings settings;
    common.applyTo(settings);
    workload.configure(settings);
    check(settings);
    const auto data = trainingData(settings.data, settings.seed);
    const auto backend = makeBackend(kind, common.threads);
    const NoiseSchedule schedule(settings.schedule);
    const MlpLayout layout = layoutOf(settings, *data);
    backend->setData(data->points, data->labels);
    backend->setLevels(noiseLevels(schedule, settings.network.conditioning),
                       lossTable(schedule, settings.training));
    backend->setState(initialState(layout, settings.seed));

    Progress progress(common.quiet);
    const Rate rate = workload.samples ? measureSampling(*backend, settings, layout, *data, progress)
                                       : measureTraining(*backend, settings, layout, progress);
    progress.clear();

    const BackendDescription& description = backend->description();
    const int machine = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const bool onProcessor =
        description.id == "cpu" || description.renderer.find("llvmpipe") != std::string::npos;
    const int threads = description.id == "cpu" && common.threads > 0 ? common.threads : machine;
    const double gflops = rate.flops / rate.seconds * 1e-9;
    nlohmann::ordered_json line = {{"workload", workload.id},
                                   {"backend", description.id},
                                   {"renderer", description.renderer},
                                   {"threads", threads}};
    if (workload.samples)
        line["seconds"] = rate.seconds;
    else
        line["steps_per_second"] = 1.0 / rate.seconds;
    line["gflops"] = gflops;
    // The processor's peak says nothing about a graphics card.
    const double peak = onProcessor ? measuredPeak(threads) : 0.0;
    line["peak_gflops"] = onProcessor ? nlohmann::ordered_json(peak) : nullptr;
    line["share_of_peak"] = onProcessor ? nlohmann::ordered_json(gflops / peak) : nullptr;
    std::cout << line.dump() << std::endl;
}

int bench(const CommonOptions& common, const std::string& wanted) {
    Settings settings;
    common.applyTo(settings);
    const bool known = std::any_of(std::begin(workloads), std::end(workloads),
                                   [&](const Workload& workload) { return workload.id == wanted; });
    if (!wanted.empty() && !known)
        throw UsageError("There is no workload \"" + wanted + "\"; known are w1, w2, sample and default.");
    for (const BackendKind kind : {BackendKind::Cpu, BackendKind::Gpu}) {
        if (settings.backend != BackendKind::Auto && settings.backend != kind) continue;
        for (const Workload& workload : workloads) {
            if (!wanted.empty() && workload.id != wanted) continue;
            try {
                runWorkload(workload, common, kind);
            } catch (const BackendError& error) {
                if (settings.backend != BackendKind::Auto) throw;
                std::cerr << "diffuscope: The GPU is left out: " << error.what() << '\n';
                return 0;
            }
        }
    }
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
    verb->add_option("--workload", options->workload, "w1, w2, sample or default (default: all)")
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
