#include "Interrupt.h"
#include "PeakRate.h"
#include "bench/Workload.h"
#include "data/DataSet.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/ReverseSampler.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

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

struct Rate {
    double seconds;  ///< a step, or the whole sampling
    double flops;    ///< in those seconds
};

double middleOf(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

Rate measureTraining(DenoiserBackend& backend, const Settings& settings, const MlpLayout& layout,
                     const BenchJob& job) {
    const BatchSettings batch{settings.seed, settings.training.batch, settings.training.stratified,
                              settings.training.floorShare, settings.training.learningRate};
    const auto train = [&](int steps) {
        std::vector<float> losses(static_cast<std::size_t>(steps));
        const auto begin = Clock::now();
        backend.train(batch, losses);
        return secondsSince(begin);
    };
    (void)train(40);  // the compute backend changes its kernels after thirty passes
    // Rounds of a quarter of a second.
    const int steps = std::clamp(static_cast<int>(0.25 / std::max(train(5) / 5.0, 1e-7)), 1, 1'000'000);
    const int rounds = job.rounds > 0 ? job.rounds : 9;
    std::vector<double> seconds;
    for (int i = 0; i < rounds; ++i) {
        stopIfInterrupted();
        seconds.push_back(train(steps) / steps);
        job.progress.show(static_cast<double>(i) / rounds, "training");
    }
    return {middleOf(std::move(seconds)), trainingFlops(layout) * batch.batch};
}

Rate measureSampling(DenoiserBackend& backend, const Settings& settings, const MlpLayout& layout,
                     const DataSet& data, const BenchJob& job) {
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
    const int rounds = std::max(1, job.rounds);
    std::vector<double> seconds;
    for (int round = 0; round < rounds; ++round) {
        reverseStart(settings.seed, 0, positions);
        std::fill(memory.begin(), memory.end(), 0.0f);
        const auto begin = Clock::now();
        for (std::size_t i = 0; i < plan.size(); i += stepsAtOnce) {
            stopIfInterrupted();
            backend.reverse(std::span(plan).subspan(i, std::min(stepsAtOnce, plan.size() - i)), settings.seed,
                            0, positions, memory, {});
            job.progress.show((round + static_cast<double>(i) / static_cast<double>(plan.size())) / rounds,
                              "sampling");
        }
        seconds.push_back(secondsSince(begin));
    }
    const double flops = forwardFlops(layout) * particles * static_cast<double>(plan.size());
    return {middleOf(std::move(seconds)), flops};
}

void measureRate(const BenchJob& job, void (*configure)(Settings&), bool samples) {
    Settings settings;
    job.common.applyTo(settings);
    configure(settings);
    check(settings);
    const auto data = trainingData(settings.data, settings.seed);
    const auto backend = makeBackend(job.backend, job.common.threads);
    const NoiseSchedule schedule(settings.schedule);
    const MlpLayout layout = layoutOf(settings, *data);
    backend->setData(data->points, data->labels);
    backend->setLevels(noiseLevels(schedule, settings.network.conditioning),
                       lossTable(schedule, settings.training));
    backend->setState(initialState(layout, settings.seed));
    const Rate rate = samples ? measureSampling(*backend, settings, layout, *data, job)
                              : measureTraining(*backend, settings, layout, job);
    job.progress.clear();

    const BackendDescription& description = backend->description();
    const int machine = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const bool onProcessor =
        description.id == "cpu" || description.renderer.find("llvmpipe") != std::string::npos;
    const int threads = description.id == "cpu" && job.common.threads > 0 ? job.common.threads : machine;
    const double gflops = rate.flops / rate.seconds * 1e-9;
    nlohmann::ordered_json line = {{"workload", job.id},
                                   {"backend", description.id},
                                   {"renderer", description.renderer},
                                   {"threads", threads}};
    if (samples)
        line["seconds"] = rate.seconds;
    else
        line["steps_per_second"] = 1.0 / rate.seconds;
    line["gflops"] = gflops;
    // The processor's peak says nothing about a graphics card.
    const double peak = onProcessor ? measuredPeak(threads) : 0.0;
    line["peak_gflops"] = onProcessor ? nlohmann::ordered_json(peak) : nullptr;
    line["share_of_peak"] = onProcessor ? nlohmann::ordered_json(gflops / peak) : nullptr;
    job.print(line);
}

// W1 does at least the arithmetic of tiny-diffusion's default, batch 32 (15.8 MFLOP a step); W2 has four
// hidden layers of 128 and a batch of 2048; sample pushes 10,000 particles through W2's network, 1000 steps;
// default is what the window starts with, and takes --set.

void runW1(const BenchJob& job) {
    const auto configure = [](Settings& settings) {
        settings.network = {128, 6, Conditioning::LogSnr};
        settings.training.batch = 32;
    };
    measureRate(job, configure, false);
}

void runW2(const BenchJob& job) {
    const auto configure = [](Settings& settings) {
        settings.network = {128, 4, Conditioning::LogSnr};
        settings.training.batch = 2048;
    };
    measureRate(job, configure, false);
}

void runSample(const BenchJob& job) {
    const auto configure = [](Settings& settings) { settings.network = {128, 4, Conditioning::LogSnr}; };
    measureRate(job, configure, true);
}

void runDefault(const BenchJob& job) {
    measureRate(
        job, [](Settings&) {}, false);
}

}  // namespace

std::span<const Workload> rateWorkloads() {
    static constexpr Workload rows[] = {{"w1", Runs::ForEachBackend, runW1},
                                        {"w2", Runs::ForEachBackend, runW2},
                                        {"sample", Runs::ForEachBackend, runSample},
                                        {"default", Runs::ForEachBackend, runDefault}};
    return rows;
}

}  // namespace diffuscope
