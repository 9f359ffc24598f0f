#pragma once
#include "bench/Workload.h"
#include "data/DataSet.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/ReverseSampler.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace diffuscope {

/// The compute backend changes its kernels after thirty passes, one every eight: steps after which those that
/// stay are there.
constexpr int warmUpSteps = 100;

/// What a workload without a window runs on: the settings that were asked for, and a backend that has their
/// data, noise levels and a new network.
struct Machinery {
    Settings settings;
    std::shared_ptr<const DataSet> data;
    MlpLayout layout;
    std::unique_ptr<DenoiserBackend> backend;

    [[nodiscard]] BatchSettings batch() const;
};

/// `configure` sets what the workload is about. @throws UsageError where --set says otherwise; as check() and
/// makeBackend()
[[nodiscard]] std::shared_ptr<Machinery> machineryFor(const BenchJob& job,
                                                      const std::function<void(Settings&)>& configure);

/// Particles on their way through the whole reverse process.
class SamplingRun {
  public:
    SamplingRun(std::shared_ptr<Machinery> machinery, std::size_t particles);

    [[nodiscard]] std::size_t steps() const { return plan_.size(); }
    /// From noise to data. `report` hears the share that is done. @throws Interrupted
    void run(const std::function<void(double share)>& report);

  private:
    std::shared_ptr<Machinery> machinery_;
    std::vector<ReverseStep> plan_;
    std::vector<float> positions_, memory_;
};

/// Floating-point operations of the matrix products for one sample: two a weight forwards; training also the
/// weights' gradient, and the gradient of every layer's input but the first's.
[[nodiscard]] double forwardFlops(const MlpLayout& layout);
[[nodiscard]] double trainingFlops(const MlpLayout& layout);

/// measuredPeak() where the processor does the work, OpenGL in software included; that of a graphics card is
/// not known.
[[nodiscard]] std::optional<double> peakOf(const BackendDescription& description, const BenchJob& job);

/// Adds operations a second, the peak in GFLOP/s and the share of it to a line; null what is not known.
void addRate(nlohmann::ordered_json& line, double flopsPerSecond, std::optional<double> peak);

/// Of the CPU backend: those asked for, else all of the machine's.
[[nodiscard]] int threadsOf(const BenchJob& job);

}  // namespace diffuscope
