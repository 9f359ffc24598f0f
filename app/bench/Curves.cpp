#include "Error.h"
#include "Interrupt.h"
#include "PeakRate.h"
#include "bench/Workload.h"
#include "data/DataSet.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/ReverseSampler.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>
#include <vector>

namespace diffuscope {
namespace {

using Clock = std::chrono::steady_clock;

/// What is timed.
struct Unit {
    std::function<void()> once;
    std::string backend;
};

/// How the time of one unit grows with a number.
struct Curve {
    std::string_view id;
    std::string_view variable;
    std::vector<int> values;
    Unit (*prepare)(const BenchJob& job, int value);
};

struct Machinery {
    Settings settings;
    std::shared_ptr<const DataSet> data;
    std::unique_ptr<DenoiserBackend> backend;
    std::vector<float> positions, memory, losses;
};

std::shared_ptr<Machinery> machinery(const BenchJob& job, const std::function<void(Settings&)>& configure) {
    auto made = std::make_shared<Machinery>();
    job.common.applyTo(made->settings);
    configure(made->settings);
    check(made->settings);
    Settings asked = made->settings;
    job.common.applyTo(asked);
    if (!(asked == made->settings))
        throw UsageError("--set cannot set what workload " + std::string(job.id) + " sets itself.");
    made->data = trainingData(made->settings.data, made->settings.seed);
    made->backend = makeBackend(job.backend, job.common.threads);
    return made;
}

Unit trainingStep(const BenchJob& job, const std::function<void(Settings&)>& configure) {
    const auto made = machinery(job, configure);
    const Settings& settings = made->settings;
    const NoiseSchedule schedule(settings.schedule);
    made->backend->setData(made->data->points, made->data->labels);
    made->backend->setLevels(noiseLevels(schedule, settings.network.conditioning),
                             lossTable(schedule, settings.training));
    made->backend->setState(initialState(layoutOf(settings, *made->data), settings.seed));
    made->losses.resize(1);
    const BatchSettings batch{settings.seed, settings.training.batch, settings.training.stratified,
                              settings.training.floorShare, settings.training.learningRate};
    return {[made, batch] { made->backend->train(batch, made->losses); }, made->backend->description().id};
}

Unit samplingRun(const BenchJob& job, int particles, int steps) {
    const auto made = machinery(job, [steps](Settings& settings) { settings.schedule.steps = steps; });
    const Settings& settings = made->settings;
    made->backend->setState(initialState(layoutOf(settings, *made->data), settings.seed));
    made->positions.resize(2 * static_cast<std::size_t>(particles));
    made->memory.resize(made->positions.size());
    const auto plan = reversePlan(NoiseSchedule(settings.schedule), settings.sampler,
                                  settings.network.conditioning, clampBox(made->data->points));
    const auto once = [made, plan] {
        constexpr std::size_t stepsAtOnce = 20;
        reverseStart(made->settings.seed, 0, made->positions);
        std::fill(made->memory.begin(), made->memory.end(), 0.0f);
        for (std::size_t i = 0; i < plan.size(); i += stepsAtOnce) {
            stopIfInterrupted();
            made->backend->reverse(std::span(plan).subspan(i, std::min(stepsAtOnce, plan.size() - i)),
                                   made->settings.seed, 0, made->positions, made->memory, {});
        }
    };
    return {once, made->backend->description().id};
}

/// A standard normal cloud on a stage of 600 x 600 pixels.
Unit splatOnce(const BenchJob& job, int particles) {
    const auto made = machinery(job, [](Settings&) {});
    made->positions.resize(2 * static_cast<std::size_t>(particles));
    reverseStart(made->settings.seed, 0, made->positions);
    static constexpr SplatView view{600, 600, 0.0f, 0.0f, 100.0f, 2.5f};
    const auto pixels = std::make_shared<std::vector<std::uint32_t>>(600 * 600);
    const auto once = [made, pixels] {
        std::fill(pixels->begin(), pixels->end(), 0u);
        made->backend->splat(made->positions, view, *pixels);
    };
    return {once, made->backend->description().id};
}

/// A thousand queries of the ideal denoiser at log-SNR 0.
Unit idealQueries(const BenchJob& job, int points) {
    const auto made = machinery(job, [points](Settings& settings) { settings.data.points = points; });
    made->positions.resize(2 * 1000);
    made->memory.resize(made->positions.size());
    reverseStart(made->settings.seed, 0, made->positions);
    const std::shared_ptr<const Denoiser> denoiser = made->backend->idealDenoiser(made->data);
    const NoiseLevel level = noiseLevelOfLogSnr(0.0);
    return {[made, denoiser, level] { denoiser->eps(made->positions, level, anyClass, made->memory); },
            made->backend->description().id};
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
        {"ideal", "points", {128, 1'024, 8'192, 65'536, 524'288}, idealQueries},
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
    double before = 0.0;
    for (std::size_t i = 0; i < units.size(); ++i) {
        const auto middle = seconds[i].begin() + static_cast<std::ptrdiff_t>(seconds[i].size() / 2);
        std::nth_element(seconds[i].begin(), middle, seconds[i].end());
        nlohmann::ordered_json line = {{"workload", curve.id},
                                       {"backend", units[i].backend},
                                       {std::string(curve.variable), curve.values[i]},
                                       {"rounds", rounds},
                                       {"seconds", *middle},
                                       {"exponent", nullptr}};
        if (i > 0)
            line["exponent"] = std::log(*middle / before) /
                               std::log(static_cast<double>(curve.values[i]) / curve.values[i - 1]);
        before = *middle;
        job.print(line);
    }
}

void runMachine(const BenchJob& job) {
    const int threads = job.common.threads > 0
                            ? job.common.threads
                            : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
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
