#include "bench/Machinery.h"

#include "Error.h"
#include "Interrupt.h"
#include "PeakRate.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

namespace diffuscope {

BatchSettings Machinery::batch() const {
    return {settings.seed, settings.training.batch, settings.training.stratified,
            settings.training.floorShare, settings.training.learningRate};
}

std::shared_ptr<Machinery> machineryFor(const BenchJob& job,
                                        const std::function<void(Settings&)>& configure) {
    auto made = std::make_shared<Machinery>();
    Settings& settings = made->settings;
    job.common.applyTo(settings);
    configure(settings);
    check(settings);
    Settings asked = settings;
    job.common.applyTo(asked);
    if (!(asked == settings))
        throw UsageError("--set cannot set what workload " + std::string(job.id) + " sets itself.");
    made->data = trainingData(settings.data, settings.seed);
    made->layout = layoutOf(settings, *made->data);
    made->backend = makeBackend(job.backend, job.common.threads);
    const NoiseSchedule schedule(settings.schedule);
    made->backend->setData(made->data->points, made->data->labels);
    made->backend->setLevels(noiseLevels(schedule, settings.network.conditioning),
                             lossTable(schedule, settings.training));
    made->backend->setState(initialState(made->layout, settings.seed));
    return made;
}

SamplingRun::SamplingRun(std::shared_ptr<Machinery> machinery, std::size_t particles)
    : machinery_(std::move(machinery)), positions_(2 * particles), memory_(2 * particles) {
    const Settings& settings = machinery_->settings;
    plan_ = reversePlan(NoiseSchedule(settings.schedule), settings.sampler, settings.network.conditioning,
                        clampBox(machinery_->data->points));
}

void SamplingRun::run(const std::function<void(double share)>& report) {
    constexpr std::size_t stepsAtOnce = 20;
    const std::uint64_t seed = machinery_->settings.seed;
    reverseStart(seed, 0, positions_);
    std::fill(memory_.begin(), memory_.end(), 0.0f);
    for (std::size_t i = 0; i < plan_.size(); i += stepsAtOnce) {
        stopIfInterrupted();
        machinery_->backend->reverse(std::span(plan_).subspan(i, std::min(stepsAtOnce, plan_.size() - i)),
                                     seed, 0, positions_, memory_, {});
        report(static_cast<double>(i) / static_cast<double>(plan_.size()));
    }
}

double forwardFlops(const MlpLayout& layout) {
    double flops = 0.0;
    for (const MlpLayout::Layer& layer : layout.layers()) flops += 2.0 * layer.in * layer.out;
    return flops;
}
double trainingFlops(const MlpLayout& layout) {
    const MlpLayout::Layer first = layout.layers().front();
    return 3.0 * forwardFlops(layout) - 2.0 * first.in * first.out;
}

std::optional<double> peakOf(const BackendDescription& description, const BenchJob& job) {
    const bool onProcessor =
        description.id == "cpu" || description.renderer.find("llvmpipe") != std::string::npos;
    if (!onProcessor) return std::nullopt;
    return measuredPeak(threadsOf(job));
}

void addRate(nlohmann::ordered_json& line, double flopsPerSecond, std::optional<double> peak) {
    const double gflops = flopsPerSecond * 1e-9;
    line["gflops"] = gflops;
    line["peak_gflops"] = peak ? nlohmann::ordered_json(*peak) : nullptr;
    line["share_of_peak"] = peak ? nlohmann::ordered_json(gflops / *peak) : nullptr;
}

int threadsOf(const BenchJob& job) {
    return job.common.threads > 0 ? job.common.threads
                                  : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace diffuscope
