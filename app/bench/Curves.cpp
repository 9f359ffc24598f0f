#include "Interrupt.h"
#include "PeakRate.h"
#include "bench/Machinery.h"
#include "bench/Spread.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <numbers>
#include <optional>
#include <vector>

namespace diffuscope {
namespace {

using Clock = std::chrono::steady_clock;

/// What is timed.
struct Unit {
    std::function<void()> once;
    BackendDescription backend;
    double flops;  ///< floating-point operations that it asks for
};

/// How the time of one unit grows with a number.
struct Curve {
    std::string_view id;
    std::string_view variable;
    std::vector<int> values;
    Unit (*prepare)(const BenchJob& job, int value);
    bool direct = true;  ///< all operations are done; else a faster way is taken round some of them
};

Unit trainingStep(const BenchJob& job, const std::function<void(Settings&)>& configure) {
    const auto made = machineryFor(job, configure);
    std::vector<float> losses(warmUpSteps);
    made->backend->train(made->batch(), losses);
    return {[made, batch = made->batch(), loss = std::vector<float>(1)]() mutable {
                made->backend->train(batch, loss);
            },
            made->backend->description(), trainingFlops(made->layout) * made->batch().batch};
}

Unit samplingRun(const BenchJob& job, int particles, int steps) {
    const auto made = machineryFor(job, [steps](Settings& settings) { settings.schedule.steps = steps; });
    const auto sampling = std::make_shared<SamplingRun>(made, static_cast<std::size_t>(particles));
    return {[sampling] { sampling->run([](double) {}); }, made->backend->description(),
            forwardFlops(made->layout) * particles * static_cast<double>(sampling->steps())};
}

std::vector<float> standardNormal(const Machinery& made, int count) {
    std::vector<float> positions(2 * static_cast<std::size_t>(count));
    reverseStart(made.settings.seed, 0, positions);
    return positions;
}

/// A standard normal cloud on a stage of 600 x 600 pixels. The weight of a pixel under a spot takes 8
/// operations.
Unit splatOnce(const BenchJob& job, int particles) {
    const auto made = machineryFor(job, [](Settings&) {});
    static constexpr SplatView view{600, 600, 0.0f, 0.0f, 100.0f, 2.5f};
    return {[made, positions = standardNormal(*made, particles),
             pixels = std::vector<std::uint32_t>(600 * 600)]() mutable {
                std::fill(pixels.begin(), pixels.end(), 0u);
                made->backend->splat(positions, view, pixels);
            },
            made->backend->description(),
            8.0 * particles * std::numbers::pi * double(view.radius) * double(view.radius)};
}

/// A thousand queries of the ideal denoiser at log-SNR 0. A pair of a query and a point takes 22 operations
/// where all pairs are summed: 8 up to the exponent, 8 for the exponential, 6 for the sums.
Unit idealQueries(const BenchJob& job, int points) {
    const auto made = machineryFor(job, [points](Settings& settings) { settings.data.points = points; });
    return {[made, denoiser = made->backend->idealDenoiser(made->data), xt = standardNormal(*made, 1000),
             eps = std::vector<float>(2 * 1000)]() mutable {
                denoiser->eps(xt, noiseLevelOfLogSnr(0.0), anyClass, eps);
            },
            made->backend->description(), 22.0 * 1000 * points};
}

const std::array<Curve, 6>& curves() {
    static const std::array<Curve, 6> rows{{
        {"batch",
         "batch",
         {32, 128, 512, 2048, 8192},
         [](const BenchJob& job, int value) {
             return trainingStep(job, [value](Settings& settings) { settings.training.batch = value; });
         }},
        {"width",
         "width",
         {16, 32, 64, 128, 256, 512},
         [](const BenchJob& job, int value) {
             return trainingStep(job, [value](Settings& settings) { settings.network.width = value; });
         }},
        {"particles",
         "particles",
         {10, 100, 1'000, 10'000, 100'000},
         [](const BenchJob& job, int value) { return samplingRun(job, value, 100); }},
        {"steps",
         "steps",
         {1, 10, 100, 1'000},
         [](const BenchJob& job, int value) { return samplingRun(job, 10'000, value); }},
        {"splat", "particles", {1'000, 10'000, 100'000, 1'000'000}, splatOnce},
        {"ideal", "points", {128, 1'024, 8'192, 65'536, 524'288}, idealQueries, false},
    }};
    return rows;
}

/// Seconds a unit: rounds of at least a twentieth of a second.
double secondsOf(const Unit& unit) {
    const auto begin = Clock::now();
    double seconds = 0.0;
    int count = 0;
    do {
        unit.once();
        ++count;
        seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    } while (seconds < 0.05);
    stopIfInterrupted();
    return seconds / count;
}

void runCurve(const BenchJob& job) {
    const Curve& curve =
        *std::find_if(curves().begin(), curves().end(), [&](const Curve& row) { return row.id == job.id; });
    const int rounds = job.rounds > 0 ? job.rounds : 5;
    std::vector<std::vector<double>> seconds(curve.values.size());
    // Round after round through all values: what the machine does meanwhile hits all of them.
    std::vector<Unit> units;
    for (const int value : curve.values) {
        units.push_back(curve.prepare(job, value));
        units.back().once();
    }
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < units.size(); ++i) {
            job.progress.show((round + static_cast<double>(i) / static_cast<double>(units.size())) / rounds,
                              std::string(curve.id));
            seconds[i].push_back(secondsOf(units[i]));
        }
    }
    const std::optional<double> peak = peakOf(units.front().backend, job);
    double before = 0.0;
    for (std::size_t i = 0; i < units.size(); ++i) {
        const double median = medianOf(std::move(seconds[i]));
        nlohmann::ordered_json line = {{"workload", curve.id},
                                       {"backend", units[i].backend.id},
                                       {std::string(curve.variable), curve.values[i]},
                                       {"rounds", rounds},
                                       {"seconds", median},
                                       {"exponent", nullptr}};
        if (i > 0)
            line["exponent"] = std::log(median / before) /
                               std::log(static_cast<double>(curve.values[i]) / curve.values[i - 1]);
        before = median;
        if (curve.direct)
            addRate(line, units[i].flops / median, peak);
        else
            line["direct_seconds_at_peak"] =
                peak ? nlohmann::ordered_json(units[i].flops / (*peak * 1e9)) : nullptr;
        job.print(line);
    }
}

void runMachine(const BenchJob& job) {
    const int threads = threadsOf(job);
    job.progress.show(0.0, std::string(job.id));
    job.print({{"workload", job.id},
               {"threads", threads},
               {"peak_gflops", measuredPeak(threads)},
               {"memory_gigabytes_per_second", measuredMemoryRate(threads)}});
}

}  // namespace

std::span<const Workload> curveWorkloads() {
    static const std::vector<Workload> rows = [] {
        std::vector<Workload> all{{"machine", Runs::Once, runMachine}};
        for (const Curve& curve : curves()) all.push_back({curve.id, Runs::Once, runCurve});
        return all;
    }();
    return rows;
}

}  // namespace diffuscope
