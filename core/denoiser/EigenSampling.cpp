#include "denoiser/EigenSampling.h"

#include "denoiser/Elementary.h"
#include "diffusion/BrownianPath.h"
#include "diffusion/Parametrisation.h"

#include <algorithm>
#include <limits>

namespace diffuscope {
namespace {

/// applyReverseStep() of a tile, along one axis, from what the network says.
void stepAxis(const ReverseStep& step, const Conversion<float>& toX0, float low, float high,
              const TileRow& said, const TileRow& z, TileRow& memory, TileRow& x) {
    for (int row = 0; row < tileRows; ++row) {
        const float from = x.values[row];
        const float m = memory.values[row];
        float x0 = toX0(from, said.values[row]);
        x0 = x0 < low ? low : x0;
        x0 = high < x0 ? high : x0;
        x.values[row] =
            step.fromXt * from + step.fromX0 * x0 + step.noise * z.values[row] + step.fromMemory * m;
        memory.values[row] = step.keepXt * from + step.keepX0 * x0;
    }
}

/// z becomes exp(f logRange / 2) z, f being the share that the second head says.
void widenNoise(float logRange, const TileRow& head, TileRow& z) {
    for (int row = 0; row < tileRows; ++row)
        z.values[row] *= expOf(0.5f * logRange * logisticOf(head.values[row]));
}

void readRows(const float* from, int rows, TileRow& x, TileRow& y) {
    for (int row = 0; row < rows; ++row) {
        x[row] = from[2 * row];
        y[row] = from[2 * row + 1];
    }
}

void writeRows(const TileRow& x, const TileRow& y, int rows, float* to) {
    for (int row = 0; row < rows; ++row) {
        to[2 * row] = x[row];
        to[2 * row + 1] = y[row];
    }
}

}  // namespace

/// biases_ for `count` noise levels, level i's condition being conditionAt(i).
template <typename ConditionAt>
void EigenSampling::conditionBiases(int count, const Guidance& guidance, const ConditionAt& conditionAt) {
    weights_ = network_.average();
    const PackedLayout& layout = network_.layout;
    const int label = guidance.asked() < network_.mlp.classes ? guidance.asked() : anyClass;
    biasRows_ = guidance.both() ? 2 * count : count;
    biases_.resize(static_cast<std::size_t>(biasRows_) * static_cast<std::size_t>(layout.hidden.front().out));
    network_.pool.run((biasRows_ + tileRows - 1) / tileRows, [&](int task, int worker) {
        PassScratch& scratch = network_.scratch[static_cast<std::size_t>(worker)];
        const int first = task * tileRows;
        const int rows = std::min(tileRows, biasRows_ - first);
        for (int row = 0; row < rows; ++row) {
            scratch.tile.condition[row] = conditionAt((first + row) % count);
            scratch.tile.label[row] = first + row < count ? label : anyClass;
        }
        conditionBias(layout, weights_, scratch, rows, biases_.data() + first * panelWidth,
                      static_cast<std::size_t>(biasRows_) * panelWidth);
    });
}

/// The output for scratch.tile.x, y at the level-th of the levels that conditionBiases() was given. The
/// second head is that of the class.
void EigenSampling::predictGuided(const Guidance& guidance, std::size_t level, PassScratch& scratch,
                                  int rows) const {
    const PackedLayout& layout = network_.layout;
    const std::size_t stride = static_cast<std::size_t>(biasRows_) * panelWidth;
    const float* asked = biases_.data() + level * panelWidth;
    if (!guidance.both()) {
        predictTile(layout, weights_, scratch, rows, asked, stride);
        return;
    }
    predictTile(layout, weights_, scratch, rows, asked + stride / 2, stride);
    const TileRow any0 = scratch.out0;
    const TileRow any1 = scratch.out1;
    predictTile(layout, weights_, scratch, rows, asked, stride);
    for (int row = 0; row < rows; ++row) {
        scratch.out0[row] = any0[row] + guidance.weight * (scratch.out0[row] - any0[row]);
        scratch.out1[row] = any1[row] + guidance.weight * (scratch.out1[row] - any1[row]);
    }
}

/// Rows of a tile when `count` particles are shared among the threads: few particles make smaller tiles,
/// which changes no result.
int EigenSampling::rowsOfTile(int count) const {
    const int block = rowsAtOnce();
    const int threads = network_.pool.size();
    const int share = (count + threads - 1) / threads;
    return std::clamp((share + block - 1) / block * block, block, tileRows);
}

void EigenSampling::predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                            const Guidance& guidance) {
    if (xt.empty()) return;
    conditionBiases(1, guidance, [&](int) { return level.condition; });
    const auto count = static_cast<int>(xt.size() / 2);
    const int tile = rowsOfTile(count);
    network_.pool.run((count + tile - 1) / tile, [&](int task, int worker) {
        PassScratch& scratch = network_.scratch[static_cast<std::size_t>(worker)];
        const int first = task * tile;
        const int rows = std::min(tile, count - first);
        const std::size_t at = 2 * static_cast<std::size_t>(first);
        readRows(xt.data() + at, rows, scratch.tile.x, scratch.tile.y);
        predictGuided(guidance, 0, scratch, rows);
        predictionToEps(network_.mlp.parametrisation, level, scratch, rows);
        writeRows(scratch.out0, scratch.out1, rows, eps.data() + at);
    });
}

void EigenSampling::reverse(std::span<const ReverseStep> steps, std::uint64_t seed,
                            std::uint32_t firstParticle, std::span<float> positions, std::span<float> memory,
                            std::span<float> frames, const Guidance& guidance) {
    if (steps.empty()) return;
    requireSecondHead(network_.mlp, steps);
    conditionBiases(static_cast<int>(steps.size()), guidance,
                    [&](int i) { return steps[static_cast<std::size_t>(i)].level.condition; });
    const Run run{steps, seed, firstParticle, positions, memory, frames, guidance};
    const auto count = static_cast<int>(positions.size() / 2);
    const int tile = rowsOfTile(count);
    network_.pool.run((count + tile - 1) / tile, [&](int task, int worker) {
        const int first = task * tile;
        reverseTile(run, first, std::min(tile, count - first),
                    network_.scratch[static_cast<std::size_t>(worker)]);
    });
}

void EigenSampling::reverseTile(const Run& run, int first, int rows, PassScratch& scratch) const {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const Parametrisation parametrisation = network_.mlp.parametrisation;
    const std::size_t at = 2 * static_cast<std::size_t>(first);
    NoisyTile& tile = scratch.tile;
    PathTile path(run.seed, Stream::ReverseChain, run.firstParticle + static_cast<std::uint32_t>(first));
    TileRow z0{};
    TileRow z1{};
    TileRow memory0{};
    TileRow memory1{};
    readRows(run.positions.data() + at, rows, tile.x, tile.y);
    if (!run.memory.empty()) readRows(run.memory.data() + at, rows, memory0, memory1);
    for (std::size_t i = 0; i < run.steps.size(); ++i) {
        const ReverseStep& step = run.steps[i];
        predictGuided(run.guidance, i, scratch, rows);
        const auto toX0 = conversion(parametrisation, Parametrisation::X0, step.level.sqrtAlphaBar,
                                     step.level.sqrtOneMinusAlphaBar);
        if (step.noise != 0.0f) path.normals(step.stretch, z0, z1);
        if (step.logRange != 0.0f) {
            widenNoise(step.logRange, scratch.head0, z0);
            widenNoise(step.logRange, scratch.head1, z1);
        }
        const Box box = step.clamp ? step.box : Box{{-infinity, -infinity}, {infinity, infinity}};
        stepAxis(step, toX0, box.low[0], box.high[0], scratch.out0, z0, memory0, tile.x);
        stepAxis(step, toX0, box.low[1], box.high[1], scratch.out1, z1, memory1, tile.y);
        if (!run.frames.empty())
            writeRows(tile.x, tile.y, rows, run.frames.data() + i * run.positions.size() + at);
    }
    writeRows(tile.x, tile.y, rows, run.positions.data() + at);
    if (!run.memory.empty()) writeRows(memory0, memory1, rows, run.memory.data() + at);
}

}  // namespace diffuscope
