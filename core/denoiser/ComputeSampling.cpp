#include "denoiser/ComputeSampling.h"

#include "denoiser/DeviceWords.h"
#include "diffusion/Noise.h"
#include "diffusion/Parametrisation.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

namespace diffuscope {
namespace {

constexpr std::size_t frameBytes = std::size_t{1} << 22;  // of frames that wait on the device

/// The path's end that the step before left is where this step's stretch begins.
bool goesOn(const ReverseStep& before, const ReverseStep& step) {
    return before.noise != 0.0f && before.stretch.lap == step.stretch.lap &&
           before.stretch.low == step.stretch.high;
}

}  // namespace

StripWorkspace& ComputeSampling::reserve(int count) {
    const int samples = std::min(roundedUp(std::max(count, 1), DeviceLayout::group), network_.largestChunk());
    if (!work_ || work_->samples != samples) {
        work_.reset();
        work_.emplace(network_.layout(), samples, false);
        const auto size = static_cast<std::size_t>(samples) * 2 * sizeof(float);
        positions_ = StorageBuffer(size);
        memory_ = StorageBuffer(size);
        pathEnds_ = StorageBuffer(size);
        frames_ = StorageBuffer(std::max(size, frameBytes / size * size));
    }
    return *work_;
}

void ComputeSampling::bindParticles(StripWorkspace& work) {
    work.output.bind(0);
    positions_.bind(1);
    frames_.bind(2);
    work.rows[0].bind(3);
    memory_.bind(4);
    pathEnds_.bind(5);
    work.output.bind(6);
}

/// Writes the input of the particles where they are.
void ComputeSampling::embed(StripWorkspace& work, float condition, int label) {
    bindParticles(work);
    particle_.set("move", 0);
    particle_.set("classQuads", network_.layout().classQuads());
    particle_.set("label", label);
    particle_.set("rowQuads", work.rowQuads(0));
    particle_.set("nextCondition", condition);
    particle_.dispatch(work.samples / 64);
}

/// The network's output for the input that embed() or move() wrote for the class asked about, and, where
/// guidance needs it, for any class into anyOutput_.
void ComputeSampling::ask(StripWorkspace& work, float condition, const Guidance& guidance) {
    network_.products.forward(network_.layout(), work, network_.average);
    if (!guidance.both()) return;
    if (anyOutput_.bytes() != work.output.bytes()) anyOutput_ = StorageBuffer(work.output.bytes());
    std::swap(work.output, anyOutput_);
    embed(work, condition, anyClass);
    network_.products.forward(network_.layout(), work, network_.average);
    std::swap(work.output, anyOutput_);
}

void ComputeSampling::move(StripWorkspace& work, const ReverseStep& step, std::uint64_t seed,
                           std::uint32_t firstParticle, bool highKnown, int frame, float nextCondition,
                           const Guidance& guidance) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const Box open{{-infinity, -infinity}, {infinity, infinity}};
    const Box& box = step.clamp ? step.box : open;
    bindParticles(work);
    (guidance.both() ? anyOutput_ : work.output).bind(6);
    particle_.set("move", 1);
    particle_.set("classQuads", network_.layout().classQuads());
    particle_.set("label", guidance.asked());
    particle_.set("guided", guidance.both() ? 1 : 0);
    particle_.set("guidanceWeight", guidance.weight);
    particle_.set("rowQuads", work.rowQuads(0));
    particle_.set("seedLow", lowWord(seed));
    particle_.set("seedHigh", highWord(seed));
    particle_.set("stream", static_cast<std::uint32_t>(Stream::ReverseChain));
    particle_.set("lap", step.stretch.lap);
    particle_.set("lowCell", step.stretch.low.cell);
    particle_.set("lowFraction", step.stretch.low.fraction);
    particle_.set("highCell", step.stretch.high.cell);
    particle_.set("highFraction", step.stretch.high.fraction);
    particle_.set("highKnown", highKnown ? 1 : 0);
    particle_.set("stretchScale", step.stretch.scale);
    particle_.set("firstParticle", firstParticle);
    particle_.set("frameBase", frame * work.samples);
    const auto toX0 = conversion(network_.mlp().parametrisation, Parametrisation::X0, step.level.sqrtAlphaBar,
                                 step.level.sqrtOneMinusAlphaBar);
    particle_.set("toX0", std::array<float, 2>{toX0.fromXt, toX0.fromValue});
    particle_.set("fromXt", step.fromXt);
    particle_.set("fromX0", step.fromX0);
    particle_.set("fromMemory", step.fromMemory);
    particle_.set("keepXt", step.keepXt);
    particle_.set("keepX0", step.keepX0);
    particle_.set("noise", step.noise);
    particle_.set("logRange", step.logRange);
    particle_.set("low", box.low);
    particle_.set("high", box.high);
    particle_.set("nextCondition", nextCondition);
    particle_.dispatch(work.samples / 64);
}

void ComputeSampling::predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                              const Guidance& guidance) {
    const auto count = static_cast<int>(xt.size() / 2);
    StripWorkspace& work = reserve(count);
    std::vector<float> rows(static_cast<std::size_t>(DeviceLayout::strip * work.samples));
    std::vector<float> anyRows(guidance.both() ? rows.size() : 0);
    const auto toEps = conversion(network_.mlp().parametrisation, Parametrisation::Eps, level.sqrtAlphaBar,
                                  level.sqrtOneMinusAlphaBar);
    for (int first = 0; first < count; first += work.samples) {
        const auto at = static_cast<std::size_t>(first);
        const auto size = static_cast<std::size_t>(std::min(work.samples, count - first));
        positions_.upload(xt.subspan(2 * at, 2 * size));
        embed(work, level.condition, guidance.asked());
        ask(work, level.condition, guidance);
        work.output.download(std::span<float>(rows));
        if (guidance.both()) anyOutput_.download(std::span<float>(anyRows));
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t axis = 0; axis < 2; ++axis) {
                const std::size_t place = 2 * (at + i) + axis;
                const std::size_t from = inRows(axis, i, DeviceLayout::strip);
                float said = rows[from];
                if (guidance.both()) {
                    const float any = anyRows[from];
                    said = any + guidance.weight * (said - any);
                }
                eps[place] = toEps(xt[place], said);
            }
    }
    context_.check("predicting");
}

void ComputeSampling::reverse(std::span<const ReverseStep> steps, std::uint64_t seed,
                              std::uint32_t firstParticle, std::span<float> positions,
                              std::span<float> memory, std::span<float> frames, const Guidance& guidance) {
    if (steps.empty()) return;
    requireSecondHead(network_.mlp(), steps);
    const auto count = static_cast<int>(positions.size() / 2);
    StripWorkspace& work = reserve(count);
    const auto rowSize = 2 * static_cast<std::size_t>(work.samples);
    const std::size_t waiting = frames_.bytes() / sizeof(float) / rowSize;
    std::vector<float> rows(frames.empty() ? 0 : std::min(waiting, steps.size()) * rowSize);
    const std::vector<float> nothing(memory.empty() ? rowSize : 0, 0.0f);
    for (int first = 0; first < count; first += work.samples) {
        const auto size = 2 * static_cast<std::size_t>(std::min(work.samples, count - first));
        const std::span<float> own = positions.subspan(2 * static_cast<std::size_t>(first), size);
        const std::span<float> ownMemory =
            memory.empty() ? memory : memory.subspan(2 * static_cast<std::size_t>(first), size);
        positions_.upload(std::span<const float>(own));
        memory_.upload(memory.empty() ? std::span<const float>(nothing).first(size)
                                      : std::span<const float>(ownMemory));
        embed(work, steps[0].level.condition, guidance.asked());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            ask(work, steps[i].level.condition, guidance);
            const std::size_t slot = i % waiting;
            move(work, steps[i], seed, firstParticle + static_cast<std::uint32_t>(first),
                 i > 0 && goesOn(steps[i - 1], steps[i]), static_cast<int>(slot),
                 steps[std::min(i + 1, steps.size() - 1)].level.condition, guidance);
            if (frames.empty() || (slot + 1 < waiting && i + 1 < steps.size())) continue;
            frames_.download(std::span<float>(rows).first((slot + 1) * rowSize));
            for (std::size_t row = 0; row <= slot; ++row)
                std::copy_n(
                    rows.begin() + static_cast<std::ptrdiff_t>(row * rowSize), size,
                    frames.begin() + static_cast<std::ptrdiff_t>((i - slot + row) * positions.size() +
                                                                 2 * static_cast<std::size_t>(first)));
        }
        positions_.download(own);
        if (!memory.empty()) memory_.download(ownMemory);
        context_.check("sampling");
    }
}

}  // namespace diffuscope
