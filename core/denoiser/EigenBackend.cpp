#include "denoiser/DenoiserBackend.h"
#include "denoiser/Elementary.h"
#include "denoiser/PackedPass.h"
#include "denoiser/ThreadPool.h"
#include "diffusion/BrownianPath.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/Parametrisation.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>

namespace diffuscope {
namespace {

constexpr double beta1 = 0.9;
constexpr double beta2 = 0.999;
constexpr float epsilon = 1e-8f;

const char* vectorUnit() {
#if defined(EIGEN_VECTORIZE_AVX2)
    return "AVX2";
#elif defined(EIGEN_VECTORIZE_SSE2)
    return "SSE2";
#elif defined(EIGEN_VECTORIZE_NEON)
    return "NEON";
#else
    return "no vectors";
#endif
}

/// Numbers of one training step.
struct AdamStep {
    float clip;       ///< factor of the gradient
    float rate;       ///< learning rate / (1 - beta1^n)
    float rootScale;  ///< 1 / sqrt(1 - beta2^n)
    float decay;      ///< of the average
};

class EigenBackend : public DenoiserBackend {
  public:
    EigenBackend(int threads, std::string reason)
        : pool_(threads), scratch_(static_cast<std::size_t>(pool_.size())) {
        const std::string count = pool_.size() == 1 ? "1 thread" : std::to_string(pool_.size()) + " threads";
        description_ = {"cpu", "Eigen, " + count + ", " + vectorUnit(), std::move(reason)};
        EigenBackend::setState(initialState({}, 1));
    }

    const BackendDescription& description() const override { return description_; }

    void setData(std::span<const float> points, std::span<const std::int32_t> labels) override {
        data_.assign(points.begin(), points.end());
        labels_.assign(labels.begin(), labels.end());
    }
    using DenoiserBackend::setLevels;
    void setLevels(std::span<const NoiseLevel> levels, const LossTable& loss) override {
        levels_.assign(levels.begin(), levels.end());
        loss_ = loss;
    }

    void setState(const TrainingState& state) override;
    TrainingState state() const override;
    std::int64_t step() const override { return step_; }

    void train(const BatchSettings& settings, std::span<float> losses) override;
    void predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                 const Guidance& guidance) override;
    void reverse(std::span<const ReverseStep> steps, std::uint64_t seed, std::uint32_t firstParticle,
                 std::span<float> positions, std::span<float> memory, std::span<float> frames,
                 const Guidance& guidance) override;
    std::shared_ptr<const Denoiser> idealDenoiser(std::shared_ptr<const DataSet> data) override {
        if (!ideal_ || idealData_ != data) ideal_ = diffuscope::idealDenoiser(data, pool_);
        idealData_ = std::move(data);
        return ideal_;
    }
    void splat(std::span<const float> positions, const SplatView& view,
               std::span<std::uint32_t> accumulator) override {
        diffuscope::splat(positions, view, accumulator);
    }

  private:
    float trainStep(const BatchSettings& settings);
    int prepareSlots(int tiles);
    AdamStep adamStep(const BatchSettings& settings);
    void addSlots(int slots);
    void update(const AdamStep& adam);
    template <typename Body>
    void forEachPiece(const Body& body);
    Weights average();
    template <typename ConditionAt>
    void conditionBiases(int count, const Guidance& guidance, const ConditionAt& conditionAt);
    void predictGuided(const Guidance& guidance, std::size_t level, PassScratch& scratch, int rows) const;
    void reverseTile(std::span<const ReverseStep> steps, std::uint64_t seed, std::uint32_t firstParticle,
                     int first, int rows, std::span<float> positions, std::span<float> memory,
                     std::span<float> frames, const Guidance& guidance, PassScratch& scratch) const;
    int samplingRows(int count) const;

    ThreadPool pool_;
    BackendDescription description_;
    std::shared_ptr<const DataSet> idealData_;
    std::shared_ptr<const Denoiser> ideal_;  // of them
    std::vector<float> data_;
    std::vector<std::int32_t> labels_;
    std::vector<NoiseLevel> levels_;
    LossTable loss_;

    MlpLayout mlp_;
    PackedLayout layout_;
    std::int64_t step_ = 0;
    FloatBuffer parameters_, transposed_, average_, averageTransposed_, firstMoment_, secondMoment_;
    bool averageCurrent_ = false;  // averageTransposed_ belongs to average_

    FloatBuffer gradients_;  // one set per slot
    std::vector<double> slotLosses_;
    std::vector<double> pieceNorms_;
    std::vector<PassScratch> scratch_;  // one per thread
    // The first layer's bias for each noise level and the class asked about, then, where guidance needs it,
    // for each and any class; in panels of biasRows_ rows.
    FloatBuffer biases_;
    int biasRows_ = 0;
};

void EigenBackend::setState(const TrainingState& state) {
    mlp_ = state.layout;
    layout_ = PackedLayout(mlp_);
    const auto take = [this](const std::vector<float>& flat, FloatBuffer& packed) {
        if (flat.size() != mlp_.parameterCount()) throw std::logic_error("training state of another layout");
        packed.resize(layout_.size);
        pack(mlp_, layout_, flat, packed.data());
    };
    take(state.parameters, parameters_);
    take(state.average, average_);
    take(state.firstMoment, firstMoment_);
    take(state.secondMoment, secondMoment_);
    transposed_.resize(layout_.size);
    averageTransposed_.resize(layout_.size);
    transposeAll(layout_, parameters_.data(), transposed_.data());
    averageCurrent_ = false;
    step_ = state.step;
    pieceNorms_.resize(layout_.pieces.size());
    for (PassScratch& scratch : scratch_) scratch.resize(layout_);
}

TrainingState EigenBackend::state() const {
    const auto give = [this](const FloatBuffer& packed) { return unpack(mlp_, layout_, packed.data()); };
    return {mlp_, give(parameters_), give(average_), give(firstMoment_), give(secondMoment_), step_};
}

void EigenBackend::train(const BatchSettings& settings, std::span<float> losses) {
    if (data_.empty() || levels_.empty()) throw std::logic_error("training without data or noise levels");
    for (float& loss : losses) loss = trainStep(settings);
}

/// Gradients are summed in slots: how many there are depends on the batch and the network alone, so that the
/// sums, and all that follows, are the same for any number of threads.
int EigenBackend::prepareSlots(int tiles) {
    constexpr std::size_t largest = std::size_t{1} << 24;  // floats in all slots together
    const auto affordable = static_cast<int>(std::max<std::size_t>(2, largest / layout_.size));
    const int slots = std::min({tiles, affordable, 16});
    gradients_.resize(static_cast<std::size_t>(slots) * layout_.size);
    slotLosses_.resize(static_cast<std::size_t>(slots));
    return slots;
}

float EigenBackend::trainStep(const BatchSettings& settings) {
    const int tiles = (settings.batch + tileRows - 1) / tileRows;
    const int slots = prepareSlots(tiles);
    const float scale = 1.0f / static_cast<float>(settings.batch);
    const Weights weights{parameters_.data(), transposed_.data()};
    const BatchSource source{data_, labels_, levels_, loss_};
    const std::int64_t n = step_ + 1;
    pool_.run(slots, [&](int slot, int worker) {
        PassScratch& scratch = scratch_[static_cast<std::size_t>(worker)];
        float* gradients = gradients_.data() + static_cast<std::size_t>(slot) * layout_.size;
        double loss = 0.0;
        const int begin = static_cast<int>(std::int64_t{tiles} * slot / slots);
        const int end = static_cast<int>(std::int64_t{tiles} * (slot + 1) / slots);
        for (int tile = begin; tile < end; ++tile) {
            const int first = tile * tileRows;
            const int rows = std::min(tileRows, settings.batch - first);
            drawTile(settings, mlp_, source, n, first, rows, scratch.tile);
            loss += trainTile(layout_, weights, scratch, rows, scale, gradients, tile > begin);
        }
        slotLosses_[static_cast<std::size_t>(slot)] = loss;
    });
    addSlots(slots);
    step_ = n;
    update(adamStep(settings));
    averageCurrent_ = false;
    double loss = 0.0;
    for (const double slotLoss : slotLosses_) loss += slotLoss;
    return static_cast<float>(loss / settings.batch);
}

/// body(piece, its index) for every piece of the parameters. Where a step is short, waking the other threads
/// costs more than they save.
template <typename Body>
void EigenBackend::forEachPiece(const Body& body) {
    constexpr std::size_t worthSharing = std::size_t{1} << 17;
    const auto task = [&](int index, int) {
        body(layout_.pieces[static_cast<std::size_t>(index)], static_cast<std::size_t>(index));
    };
    const auto count = static_cast<int>(layout_.pieces.size());
    if (slotLosses_.size() > 1 || layout_.size > worthSharing) {
        pool_.run(count, task);
    } else {
        for (int index = 0; index < count; ++index) task(index, 0);
    }
}

/// The sum over the slots into the first, and its squared norm piece by piece.
void EigenBackend::addSlots(int slots) {
    forEachPiece([&](const PackedLayout::Piece& piece, std::size_t index) {
        const auto count = static_cast<Eigen::Index>(piece.end - piece.begin);
        Eigen::Map<Eigen::ArrayXf> sum(gradients_.data() + piece.begin, count);
        for (int slot = 1; slot < slots; ++slot) {
            sum += Eigen::Map<const Eigen::ArrayXf>(
                gradients_.data() + static_cast<std::size_t>(slot) * layout_.size + piece.begin, count);
        }
        pieceNorms_[index] = static_cast<double>(sum.square().sum());
    });
}

AdamStep EigenBackend::adamStep(const BatchSettings& settings) {
    double norm2 = 0.0;
    for (const double piece : pieceNorms_) norm2 += piece;
    const auto n = static_cast<double>(step_);
    return {static_cast<float>(norm2 > 1.0 ? 1.0 / std::sqrt(norm2) : 1.0),
            static_cast<float>(settings.learningRate / (1.0 - std::pow(beta1, n))),
            static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(beta2, n))),
            static_cast<float>(std::min(0.999, (1.0 + n) / (10.0 + n)))};
}

void EigenBackend::update(const AdamStep& adam) {
    forEachPiece([&](const PackedLayout::Piece& piece, std::size_t) {
        const auto count = static_cast<Eigen::Index>(piece.end - piece.begin);
        const auto at = [&](FloatBuffer& buffer) {
            return Eigen::Map<Eigen::ArrayXf>(buffer.data() + piece.begin, count);
        };
        const auto g = at(gradients_) * adam.clip;
        auto m = at(firstMoment_);
        auto v = at(secondMoment_);
        auto p = at(parameters_);
        auto a = at(average_);
        m = static_cast<float>(beta1) * m + static_cast<float>(1.0 - beta1) * g;
        v = static_cast<float>(beta2) * v + static_cast<float>(1.0 - beta2) * g.square();
        p -= adam.rate * m / (v.sqrt() * adam.rootScale + epsilon);
        a = adam.decay * a + (1.0f - adam.decay) * p;
        if (piece.layer >= 0) {
            transposePanel(layout_.hidden[static_cast<std::size_t>(piece.layer)], piece.panel,
                           parameters_.data(), transposed_.data());
        }
    });
}

Weights EigenBackend::average() {
    if (!averageCurrent_) transposeAll(layout_, average_.data(), averageTransposed_.data());
    averageCurrent_ = true;
    return {average_.data(), averageTransposed_.data()};
}

/// biases_ for `count` noise levels, level i's condition being conditionAt(i).
template <typename ConditionAt>
void EigenBackend::conditionBiases(int count, const Guidance& guidance, const ConditionAt& conditionAt) {
    const Weights weights = average();
    const int label = guidance.asked() < mlp_.classes ? guidance.asked() : anyClass;
    biasRows_ = guidance.both() ? 2 * count : count;
    biases_.resize(static_cast<std::size_t>(biasRows_) *
                   static_cast<std::size_t>(layout_.hidden.front().out));
    pool_.run((biasRows_ + tileRows - 1) / tileRows, [&](int task, int worker) {
        PassScratch& scratch = scratch_[static_cast<std::size_t>(worker)];
        const int first = task * tileRows;
        const int rows = std::min(tileRows, biasRows_ - first);
        for (int row = 0; row < rows; ++row) {
            scratch.tile.condition[row] = conditionAt((first + row) % count);
            scratch.tile.label[row] = first + row < count ? label : anyClass;
        }
        conditionBias(layout_, weights, scratch, rows, biases_.data() + first * panelWidth,
                      static_cast<std::size_t>(biasRows_) * panelWidth);
    });
}

/// The output for scratch.tile.x, y at the level-th of the levels that conditionBiases() was given. The
/// second head is that of the class.
void EigenBackend::predictGuided(const Guidance& guidance, std::size_t level, PassScratch& scratch,
                                 int rows) const {
    const Weights weights{average_.data(), averageTransposed_.data()};
    const std::size_t stride = static_cast<std::size_t>(biasRows_) * panelWidth;
    const float* asked = biases_.data() + level * panelWidth;
    if (!guidance.both()) {
        predictTile(layout_, weights, scratch, rows, asked, stride);
        return;
    }
    predictTile(layout_, weights, scratch, rows, asked + stride / 2, stride);
    const TileRow any0 = scratch.out0;
    const TileRow any1 = scratch.out1;
    predictTile(layout_, weights, scratch, rows, asked, stride);
    for (int row = 0; row < rows; ++row) {
        scratch.out0[row] = any0[row] + guidance.weight * (scratch.out0[row] - any0[row]);
        scratch.out1[row] = any1[row] + guidance.weight * (scratch.out1[row] - any1[row]);
    }
}

/// Rows of a tile when `count` particles are shared among the threads: few particles make smaller tiles,
/// which changes no result.
int EigenBackend::samplingRows(int count) const {
    constexpr int block = 6;
    const int share = (count + pool_.size() - 1) / pool_.size();
    return std::clamp((share + block - 1) / block * block, block, tileRows);
}

void EigenBackend::predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                           const Guidance& guidance) {
    if (xt.empty()) return;
    conditionBiases(1, guidance, [&](int) { return level.condition; });
    const auto count = static_cast<int>(xt.size() / 2);
    const int tile = samplingRows(count);
    pool_.run((count + tile - 1) / tile, [&](int task, int worker) {
        PassScratch& scratch = scratch_[static_cast<std::size_t>(worker)];
        const int first = task * tile;
        const int rows = std::min(tile, count - first);
        const std::size_t at = 2 * static_cast<std::size_t>(first);
        for (int row = 0; row < rows; ++row) {
            scratch.tile.x[row] = xt[at + 2 * static_cast<std::size_t>(row)];
            scratch.tile.y[row] = xt[at + 2 * static_cast<std::size_t>(row) + 1];
        }
        predictGuided(guidance, 0, scratch, rows);
        predictionToEps(mlp_.parametrisation, level, scratch, rows);
        for (int row = 0; row < rows; ++row) {
            eps[at + 2 * static_cast<std::size_t>(row)] = scratch.out0[row];
            eps[at + 2 * static_cast<std::size_t>(row) + 1] = scratch.out1[row];
        }
    });
}

void EigenBackend::reverse(std::span<const ReverseStep> steps, std::uint64_t seed,
                           std::uint32_t firstParticle, std::span<float> positions, std::span<float> memory,
                           std::span<float> frames, const Guidance& guidance) {
    if (steps.empty()) return;
    requireSecondHead(mlp_, steps);
    conditionBiases(static_cast<int>(steps.size()), guidance,
                    [&](int i) { return steps[static_cast<std::size_t>(i)].level.condition; });
    const auto count = static_cast<int>(positions.size() / 2);
    const int tile = samplingRows(count);
    pool_.run((count + tile - 1) / tile, [&](int task, int worker) {
        const int first = task * tile;
        reverseTile(steps, seed, firstParticle, first, std::min(tile, count - first), positions, memory,
                    frames, guidance, scratch_[static_cast<std::size_t>(worker)]);
    });
}

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

void EigenBackend::reverseTile(std::span<const ReverseStep> steps, std::uint64_t seed,
                               std::uint32_t firstParticle, int first, int rows, std::span<float> positions,
                               std::span<float> memory, std::span<float> frames, const Guidance& guidance,
                               PassScratch& scratch) const {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const std::size_t at = 2 * static_cast<std::size_t>(first);
    NoisyTile& tile = scratch.tile;
    PathTile path(seed, Stream::ReverseChain, firstParticle + static_cast<std::uint32_t>(first));
    TileRow z0{};
    TileRow z1{};
    TileRow memory0{};
    TileRow memory1{};
    readRows(positions.data() + at, rows, tile.x, tile.y);
    if (!memory.empty()) readRows(memory.data() + at, rows, memory0, memory1);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const ReverseStep& step = steps[i];
        predictGuided(guidance, i, scratch, rows);
        const auto toX0 = conversion(mlp_.parametrisation, Parametrisation::X0, step.level.sqrtAlphaBar,
                                     step.level.sqrtOneMinusAlphaBar);
        if (step.noise != 0.0f) path.normals(step.stretch, z0, z1);
        if (step.logRange != 0.0f) {
            widenNoise(step.logRange, scratch.head0, z0);
            widenNoise(step.logRange, scratch.head1, z1);
        }
        const Box box = step.clamp ? step.box : Box{{-infinity, -infinity}, {infinity, infinity}};
        stepAxis(step, toX0, box.low[0], box.high[0], scratch.out0, z0, memory0, tile.x);
        stepAxis(step, toX0, box.low[1], box.high[1], scratch.out1, z1, memory1, tile.y);
        if (!frames.empty()) writeRows(tile.x, tile.y, rows, frames.data() + i * positions.size() + at);
    }
    writeRows(tile.x, tile.y, rows, positions.data() + at);
    if (!memory.empty()) writeRows(memory0, memory1, rows, memory.data() + at);
}

}  // namespace

std::unique_ptr<DenoiserBackend> makeEigenBackend(int threads, std::string reason) {
    return std::make_unique<EigenBackend>(threads, std::move(reason));
}

}  // namespace diffuscope
