#include "denoiser/EigenTraining.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diffuscope {
namespace {

constexpr double beta1 = 0.9;
constexpr double beta2 = 0.999;
constexpr float epsilon = 1e-8f;

}  // namespace

void EigenTraining::setData(std::span<const float> points, std::span<const std::int32_t> labels) {
    data_.assign(points.begin(), points.end());
    labels_.assign(labels.begin(), labels.end());
}

void EigenTraining::setLevels(std::span<const NoiseLevel> levels, const LossTable& loss) {
    levels_.assign(levels.begin(), levels.end());
    loss_ = loss;
}

void EigenTraining::train(const BatchSettings& settings, std::span<float> losses) {
    if (data_.empty() || levels_.empty()) throw std::logic_error("training without data or noise levels");
    for (float& loss : losses) loss = step(settings);
}

/// Gradients are summed in slots: how many there are depends on the batch and the network alone, so that the
/// sums, and all that follows, are the same for any number of threads.
int EigenTraining::prepareSlots(int tiles) {
    constexpr std::size_t largest = std::size_t{1} << 24;  // floats in all slots together
    const std::size_t size = network_.layout.size;
    const auto affordable = static_cast<int>(std::max<std::size_t>(2, largest / size));
    const int slots = std::min({tiles, affordable, 16});
    gradients_.resize(static_cast<std::size_t>(slots) * size);
    slotLosses_.resize(static_cast<std::size_t>(slots));
    pieceNorms_.resize(network_.layout.pieces.size());
    return slots;
}

float EigenTraining::step(const BatchSettings& settings) {
    const PackedLayout& layout = network_.layout;
    const int tiles = (settings.batch + tileRows - 1) / tileRows;
    const int slots = prepareSlots(tiles);
    const float scale = 1.0f / static_cast<float>(settings.batch);
    const Weights weights{network_.parameters.data(), network_.transposed.data()};
    const BatchSource source{data_, labels_, levels_, loss_};
    const std::int64_t n = network_.step + 1;
    const bool shared = tiles == 1 && worthSharing();
    network_.pool.run(slots, [&](int slot, int worker) {
        PassScratch& scratch = network_.scratch[static_cast<std::size_t>(worker)];
        float* gradients = gradients_.data() + static_cast<std::size_t>(slot) * layout.size;
        double loss = 0.0;
        const int begin = static_cast<int>(std::int64_t{tiles} * slot / slots);
        const int end = static_cast<int>(std::int64_t{tiles} * (slot + 1) / slots);
        for (int tile = begin; tile < end; ++tile) {
            const int first = tile * tileRows;
            const int rows = std::min(tileRows, settings.batch - first);
            drawTile(settings, network_.mlp, source, n, first, rows, scratch.tile);
            if (shared)
                loss += trainTile(layout, weights, scratch, rows, scale, gradients, network_.pool);
            else
                loss += trainTile(layout, weights, scratch, rows, scale, gradients, tile > begin);
        }
        slotLosses_[static_cast<std::size_t>(slot)] = loss;
    });
    addSlots(slots);
    network_.step = n;
    update(adamStep(settings));
    network_.averageChanged();
    double loss = 0.0;
    for (const double slotLoss : slotLosses_) loss += slotLoss;
    return static_cast<float>(loss / settings.batch);
}

/// Whether a step of a single tile is long enough for the threads to meet after every layer: from three
/// layers of 128 on, as measured.
bool EigenTraining::worthSharing() const {
    constexpr std::size_t least = std::size_t{1} << 15;
    return network_.layout.size >= least;
}

/// body(piece, its index) for every piece of the parameters.
template <typename Body>
void EigenTraining::forEachPiece(const Body& body) {
    const PackedLayout& layout = network_.layout;
    const auto task = [&](int index, int) {
        body(layout.pieces[static_cast<std::size_t>(index)], static_cast<std::size_t>(index));
    };
    const auto count = static_cast<int>(layout.pieces.size());
    if (slotLosses_.size() > 1 || worthSharing()) {
        network_.pool.run(count, task);
    } else {
        for (int index = 0; index < count; ++index) task(index, 0);
    }
}

/// The sum over the slots into the first, and its squared norm piece by piece.
void EigenTraining::addSlots(int slots) {
    forEachPiece([&](const PackedLayout::Piece& piece, std::size_t index) {
        const auto count = static_cast<Eigen::Index>(piece.end - piece.begin);
        Eigen::Map<Eigen::ArrayXf> sum(gradients_.data() + piece.begin, count);
        for (int slot = 1; slot < slots; ++slot) {
            sum += Eigen::Map<const Eigen::ArrayXf>(
                gradients_.data() + static_cast<std::size_t>(slot) * network_.layout.size + piece.begin,
                count);
        }
        pieceNorms_[index] = static_cast<double>(sum.square().sum());
    });
}

EigenTraining::AdamStep EigenTraining::adamStep(const BatchSettings& settings) const {
    double norm2 = 0.0;
    for (const double piece : pieceNorms_) norm2 += piece;
    const auto n = static_cast<double>(network_.step);
    return {static_cast<float>(norm2 > 1.0 ? 1.0 / std::sqrt(norm2) : 1.0),
            static_cast<float>(settings.learningRate / (1.0 - std::pow(beta1, n))),
            static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(beta2, n))),
            static_cast<float>(std::min(0.999, (1.0 + n) / (10.0 + n)))};
}

void EigenTraining::update(const AdamStep& adam) {
    forEachPiece([&](const PackedLayout::Piece& piece, std::size_t) {
        const auto count = static_cast<Eigen::Index>(piece.end - piece.begin);
        const auto at = [&](FloatBuffer& buffer) {
            return Eigen::Map<Eigen::ArrayXf>(buffer.data() + piece.begin, count);
        };
        const auto g = at(gradients_) * adam.clip;
        auto m = at(network_.firstMoment);
        auto v = at(network_.secondMoment);
        auto p = at(network_.parameters);
        auto a = at(network_.averaged);
        m = static_cast<float>(beta1) * m + static_cast<float>(1.0 - beta1) * g;
        v = static_cast<float>(beta2) * v + static_cast<float>(1.0 - beta2) * g.square();
        p -= adam.rate * m / (v.sqrt() * adam.rootScale + epsilon);
        a = adam.decay * a + (1.0f - adam.decay) * p;
        if (piece.layer >= 0) {
            transposePanel(network_.layout.hidden[static_cast<std::size_t>(piece.layer)], piece.panel,
                           network_.parameters.data(), network_.transposed.data());
        }
    });
}

}  // namespace diffuscope
