#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "denoiser/Guidance.h"
#include "denoiser/Mlp.h"
#include "diffusion/Loss.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/ReverseSampler.h"
#include "particles/Splat.h"
#include "settings/Choice.h"
#include "settings/Settings.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace diffuscope {

struct BackendDescription {
    std::string id;        ///< "cpu" or "gpu"
    std::string renderer;  ///< "Eigen, 2 threads, AVX2" or OpenGL's GL_RENDERER
    std::string reason;    ///< why this one runs, a sentence
};

/// What a batch is drawn from, and how. Steps are counted from 1: n = step() + 1. Sample i of step n takes
/// philox(seed, Batch, i, n):
///   - word 0: the data point, indexBelow(word, N);
///   - word 1: the noise level. The first F = round(floorShare * batch) samples draw lambda = -12 + 22 u, the
///     others t uniform over the schedule. With j of M the sample's place among the F or the rest:
///     u = (j + uniformOf(word)) / M, and t - 1 = (T j + indexBelow(word, T)) / M in whole numbers, which is
///     floor(T (j + word 2^-32) / M) without rounding; not stratified: u = uniformOf(word) and
///     t - 1 = indexBelow(word, T). With conditioning on the step index F = 0;
///   - words 2 and 3: eps = normalsOf(word 2, word 3).
/// Where the network has inputs for classes, or the loss separates the noises, there is also
/// philox(seed, BatchExtra, i, n):
///   - word 0: the network is not told the class where it is below classDropBelow, a tenth of 2^32;
///   - words 2 and 3: eps_t = normalsOf(word 2, word 3). The eps above is then eps-bar_{t-1}, and both
///   together
///     are sqrt(1 - c^2) eps-bar_{t-1} + c eps_t with c^2 = the level's weight. Not for samples of the floor.
constexpr std::uint32_t classDropBelow = 429496730;

struct BatchSettings {
    std::uint64_t seed = 1;
    int batch = 512;
    bool stratified = true;
    double floorShare = 0.1;
    double learningRate = 1e-3;
};

/// Where the network lives and works. Used from one thread, the one that made it; a ComputeBackend's GL
/// context belongs to that thread. Step n: the gradient g of the batch's mean loss, times
/// min(1, 1/|g|); Adam with beta1 0.9, beta2 0.999, epsilon 1e-8 (added to the root of the bias-corrected v);
/// then the average takes decay * average + (1 - decay) * parameters, decay = min(0.999, (1 + n)/(10 + n)).
/// @throws BackendError from any member when the device is lost.
class DenoiserBackend {
  public:
    virtual ~DenoiserBackend() = default;
    [[nodiscard]] virtual const BackendDescription& description() const = 0;

    /// Points (N, 2) that batches are drawn from, and their classes (N) or nothing; levels of t = 1…T and
    /// what the samples of each cost.
    virtual void setData(std::span<const float> points, std::span<const std::int32_t> labels = {}) = 0;
    virtual void setLevels(std::span<const NoiseLevel> levels, const LossTable& loss) = 0;
    void setLevels(std::span<const NoiseLevel> levels) {
        setLevels(levels, LossTable::simple(levels.size()));
    }

    virtual void setState(const TrainingState& state) = 0;
    [[nodiscard]] virtual TrainingState state() const = 0;
    [[nodiscard]] virtual std::int64_t step() const = 0;

    /// `losses.size()` training steps; each loss is the batch's weighted mean before that step.
    virtual void train(const BatchSettings& settings, std::span<float> losses) = 0;

    /// eps-hat of the averaged weights under guidance, with one evaluation of the network where that
    /// suffices. `xt` and `eps` (count, 2).
    virtual void predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                         const Guidance& guidance = {}) = 0;

    /// Runs particles firstParticle … through `steps` with the averaged weights, `positions` (count, 2) in
    /// place. `memory` (count, 2) is what the steps before left, and takes what these leave; empty where
    /// nothing came before and nothing follows. `frames` (steps.size(), count, 2) takes the positions after
    /// every step, or is empty. A guided step evaluates the network twice where guidance.both(). x0hat comes
    /// from the network's output directly: by way of eps-hat the digits of an x_0 would be lost.
    virtual void reverse(std::span<const ReverseStep> steps, std::uint64_t seed, std::uint32_t firstParticle,
                         std::span<float> positions, std::span<float> memory, std::span<float> frames,
                         const Guidance& guidance = {}) = 0;

    /// The free function idealDenoiser() where this backend works: for its thread, while it lives. Asked
    /// again for the same data it costs nothing.
    [[nodiscard]] virtual std::shared_ptr<const Denoiser> idealDenoiser(
        std::shared_ptr<const DataSet> data) = 0;

    /// As the free function splat(): the same integers.
    virtual void splat(std::span<const float> positions, const SplatView& view,
                       std::span<std::uint32_t> accumulator) = 0;
};

/// What reverse() demands: no step takes its variance from a network that says none.
void requireSecondHead(const MlpLayout& layout, std::span<const ReverseStep> steps);

/// Rows of `list backends`: auto, cpu, gpu.
[[nodiscard]] std::span<const Choice> backends();

/// The CPU backend. `threads` 0: as many as the machine has. Results do not depend on it.
[[nodiscard]] std::unique_ptr<DenoiserBackend> makeEigenBackend(int threads, std::string reason);

/// The OpenGL 4.3 compute backend on a context of its own, current on this thread.
/// @throws BackendError with the reason where there is none.
[[nodiscard]] std::unique_ptr<DenoiserBackend> makeComputeBackend(std::string reason);

/// What `kind` asks for. Auto: compute where the renderer is hardware, else Eigen, with the reason in the
/// description. @throws BackendError only for BackendKind::Gpu.
[[nodiscard]] std::unique_ptr<DenoiserBackend> makeBackend(BackendKind kind, int threads = 0);

}  // namespace diffuscope
