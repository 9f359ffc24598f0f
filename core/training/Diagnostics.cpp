#include "training/Diagnostics.h"

#include "denoiser/PackedPass.h"
#include "diffusion/Noise.h"
#include "diffusion/Parametrisation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diffuscope {
namespace {

/// The draws of one bin, t not falling.
struct BinDraws {
    int tFrom;
    int tTo;
    std::vector<NoiseLevel> levels;
    std::vector<float> xt;   ///< (count, 2)
    std::vector<float> eps;  ///< (count, 2)
};

BinDraws drawBin(const DataSet& data, const NoiseSchedule& schedule, Conditioning conditioning, int bin,
                 int count, std::uint64_t seed) {
    const int bins = binsOf(schedule);
    BinDraws draws{schedule.steps() * bin / bins, schedule.steps() * (bin + 1) / bins, {}, {}, {}};
    const auto size = static_cast<std::uint32_t>(draws.tTo - draws.tFrom);
    for (int i = 0; i < count; ++i) {
        const auto words =
            philox(seed, Stream::Bins, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(bin));
        const std::int64_t within = std::int64_t{size} * i + indexBelow(words[1], size);
        const int t = draws.tFrom + 1 + static_cast<int>(within / count);
        const NoiseLevel level = noiseLevel(schedule, t, conditioning);
        const std::size_t point = indexBelow(words[0], static_cast<std::uint32_t>(data.size()));
        const auto eps = normalsOf(words[2], words[3]);
        draws.levels.push_back(level);
        for (std::size_t axis = 0; axis < 2; ++axis) {
            draws.xt.push_back(level.sqrtAlphaBar * data.points[2 * point + axis] +
                               level.sqrtOneMinusAlphaBar * eps[axis]);
            draws.eps.push_back(eps[axis]);
        }
    }
    return draws;
}

/// The network that is measured and the memory of its passes.
class Probe {
  public:
    explicit Probe(const TrainingState& state)
        : parametrisation_(state.layout.parametrisation), layout_(state.layout) {
        packed_.resize(layout_.size);
        transposed_.resize(layout_.size);
        gradients_.resize(layout_.size);
        pack(state.layout, layout_, state.average, packed_.data());
        transposeAll(layout_, packed_.data(), transposed_.data());
        scratch_.resize(layout_);
    }

    void measure(const BinDraws& draws, const std::function<void()>& checkpoint, BinReading& reading) {
        const auto count = static_cast<int>(draws.levels.size());
        double loss = 0.0;
        for (int first = 0; first < count; first += tileRows) {
            const int rows = std::min(tileRows, count - first);
            for (int row = 0; row < rows; ++row) {
                const auto i = static_cast<std::size_t>(first + row);
                scratch_.tile.x[row] = draws.xt[2 * i];
                scratch_.tile.y[row] = draws.xt[2 * i + 1];
                const NoiseLevel& level = draws.levels[i];
                const auto toEps = conversion(parametrisation_, Parametrisation::Eps, level.sqrtAlphaBar,
                                              level.sqrtOneMinusAlphaBar);
                scratch_.tile.base0[row] = draws.eps[2 * i] - toEps.fromXt * draws.xt[2 * i];
                scratch_.tile.base1[row] = draws.eps[2 * i + 1] - toEps.fromXt * draws.xt[2 * i + 1];
                scratch_.tile.gain[row] = toEps.fromValue;
                scratch_.tile.weight[row] = 1.0f;
                scratch_.tile.klWeight[row] = 0.0f;
                scratch_.tile.condition[row] = level.condition;
            }
            loss += trainTile(layout_, {packed_.data(), transposed_.data()}, scratch_, rows,
                              1.0f / static_cast<float>(count), gradients_.data(), first > 0);
            checkpoint();
        }
        double norm2 = 0.0;
        for (std::size_t i = 0; i < layout_.size; ++i) {
            const auto g = static_cast<double>(gradients_.data()[i]);
            norm2 += g * g;
        }
        reading.loss = loss / count;
        reading.gradientNorm = std::sqrt(norm2);
    }

  private:
    Parametrisation parametrisation_;
    PackedLayout layout_;
    FloatBuffer packed_, transposed_, gradients_;
    PassScratch scratch_;
};

}  // namespace

int binsOf(const NoiseSchedule& schedule) {
    return std::min(schedule.steps(), mostBins);
}

std::vector<BinReading> readBins(const TrainingState& state, const DataSet& data,
                                 const NoiseSchedule& schedule, int samplesPerBin, std::uint64_t seed,
                                 const std::function<void()>& checkpoint) {
    Probe probe(state);
    std::vector<BinReading> readings;
    for (int bin = 0; bin < binsOf(schedule); ++bin) {
        const BinDraws draws = drawBin(data, schedule, state.layout.conditioning, bin, samplesPerBin, seed);
        BinReading reading{static_cast<double>(draws.tFrom), static_cast<double>(draws.tTo), 0.0, 0.0,
                           std::numeric_limits<double>::quiet_NaN()};
        probe.measure(draws, checkpoint, reading);
        readings.push_back(reading);
    }
    return readings;
}

double irreducibleOfBin(const Denoiser& ideal, const DataSet& data, const NoiseSchedule& schedule, int bin,
                        int samplesPerBin, std::uint64_t seed, const std::function<void()>& checkpoint) {
    const BinDraws draws = drawBin(data, schedule, Conditioning::LogSnr, bin, samplesPerBin, seed);
    std::vector<float> found(draws.xt.size());
    const std::size_t count = draws.levels.size();
    for (std::size_t first = 0; first < count;) {
        const std::size_t most = std::min(count, first + ideal.piece());
        std::size_t end = first + 1;
        while (end < most && draws.levels[end] == draws.levels[first]) ++end;
        ideal.eps(std::span(draws.xt).subspan(2 * first, 2 * (end - first)), draws.levels[first], anyClass,
                  std::span(found).subspan(2 * first, 2 * (end - first)));
        first = end;
        checkpoint();
    }
    double sum = 0.0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double error = static_cast<double>(draws.eps[i]) - static_cast<double>(found[i]);
        sum += error * error;
    }
    return sum / static_cast<double>(count);
}

}  // namespace diffuscope
