#include "Interrupt.h"
#include "bench/Machinery.h"
#include "bench/Spread.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

namespace diffuscope {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Rate {
    double seconds;  ///< a step, or the whole sampling
    double flops;    ///< in those seconds
};

Rate measureTraining(Machinery& machinery, const BenchJob& job) {
    const BatchSettings batch = machinery.batch();
    const auto train = [&](int steps) {
        std::vector<float> losses(static_cast<std::size_t>(steps));
        const auto begin = Clock::now();
        machinery.backend->train(batch, losses);
        return secondsSince(begin);
    };
    (void)train(warmUpSteps);
    // Rounds of a quarter of a second.
    const int steps = std::clamp(static_cast<int>(0.25 / std::max(train(5) / 5.0, 1e-7)), 1, 1'000'000);
    const int rounds = job.rounds > 0 ? job.rounds : 9;
    std::vector<double> seconds;
    for (int i = 0; i < rounds; ++i) {
        stopIfInterrupted();
        seconds.push_back(train(steps) / steps);
        job.progress.show(static_cast<double>(i) / rounds, "training");
    }
    return {medianOf(std::move(seconds)), trainingFlops(machinery.layout) * batch.batch};
}

Rate measureSampling(const std::shared_ptr<Machinery>& machinery, const BenchJob& job) {
    constexpr std::size_t particles = 10'000;
    SamplingRun(machinery, particles / 10).run([](double) {});
    SamplingRun sampling(machinery, particles);
    const int rounds = std::max(1, job.rounds);
    std::vector<double> seconds;
    for (int round = 0; round < rounds; ++round) {
        const auto begin = Clock::now();
        sampling.run([&](double share) { job.progress.show((round + share) / rounds, "sampling"); });
        seconds.push_back(secondsSince(begin));
    }
    const double flops = forwardFlops(machinery->layout) * particles * static_cast<double>(sampling.steps());
    return {medianOf(std::move(seconds)), flops};
}

void measureRate(const BenchJob& job, void (*configure)(Settings&), bool samples) {
    const auto machinery = machineryFor(job, configure);
    const Rate rate = samples ? measureSampling(machinery, job) : measureTraining(*machinery, job);
    job.progress.clear();

    const BackendDescription& description = machinery->backend->description();
    nlohmann::ordered_json line = {{"workload", job.id},
                                   {"backend", description.id},
                                   {"renderer", description.renderer},
                                   {"threads", threadsOf(job)}};
    if (samples)
        line["seconds"] = rate.seconds;
    else
        line["steps_per_second"] = 1.0 / rate.seconds;
    addRate(line, rate.flops / rate.seconds, peakOf(description, job));
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
