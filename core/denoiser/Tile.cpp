#include "denoiser/Tile.h"

#include "denoiser/InputFeatures.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diffuscope {
namespace {

void panelsOf(const TileRow* features, int count, float* panels, std::size_t stride) {
    for (int first = 0; first < count; first += panelWidth, panels += stride) {
        const int columns = std::min(panelWidth, count - first);
        for (int row = 0; row < tileRows; ++row) {
            for (int j = 0; j < columns; ++j) panels[row * panelWidth + j] = features[first + j][row];
            for (int j = columns; j < panelWidth; ++j) panels[row * panelWidth + j] = 0.0f;
        }
    }
}

void positionRows(const TileRow& x, const TileRow& y, TileRow* features) {
    for (int row = 0; row < tileRows; ++row) {
        positionInput(x.values[row], y.values[row], features->values + row, tileRows);
    }
}

void conditionRows(const TileRow& condition, TileRow* features) {
    for (int row = 0; row < tileRows; ++row) {
        conditionInput(condition.values[row], features->values + row, tileRows);
    }
}

}  // namespace

void philoxTile(std::uint64_t seed, Stream stream, std::uint32_t firstParticle, std::uint32_t step,
                WordTile& out) {
    for (std::uint32_t row = 0; row < tileRows; ++row) {
        std::uint32_t c0 = firstParticle + row;
        std::uint32_t c1 = step;
        std::uint32_t c2 = static_cast<std::uint32_t>(stream);
        std::uint32_t c3 = 0;
        std::uint32_t k0 = static_cast<std::uint32_t>(seed);
        std::uint32_t k1 = static_cast<std::uint32_t>(seed >> 32);
        for (int round = 0; round < 10; ++round) {
            const std::uint64_t a = std::uint64_t{c0} * 0xD2511F53u;
            const std::uint64_t b = std::uint64_t{c2} * 0xCD9E8D57u;
            c0 = static_cast<std::uint32_t>(b >> 32) ^ c1 ^ k0;
            c1 = static_cast<std::uint32_t>(b);
            c2 = static_cast<std::uint32_t>(a >> 32) ^ c3 ^ k1;
            c3 = static_cast<std::uint32_t>(a);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        out.words[0][row] = c0;
        out.words[1][row] = c1;
        out.words[2][row] = c2;
        out.words[3][row] = c3;
    }
}

void normalsTile(const std::uint32_t* first, const std::uint32_t* second, TileRow& z0, TileRow& z1) {
    for (int row = 0; row < tileRows; ++row) {
        // signed: vectors of unsigned integers have no conversion to float
        const float u = static_cast<float>(static_cast<std::int32_t>(first[row] >> 8) + 1) * 0x1p-24f;
        const float v = static_cast<float>(static_cast<std::int32_t>(second[row] >> 8) + 1) * 0x1p-24f;
        const float radius = std::sqrt(-2.0f * logOf(u));
        const SinCos angle = sinCosOf(2.0f * std::numbers::pi_v<float> * v);
        z0.values[row] = radius * angle.cos;
        z1.values[row] = radius * angle.sin;
    }
}

void drawTile(const BatchSettings& settings, Conditioning conditioning, std::span<const float> points,
              std::span<const NoiseLevel> levels, std::int64_t n, int first, int rows, NoisyTile& tile) {
    WordTile random;
    philoxTile(settings.seed, Stream::Batch, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(n),
               random);
    normalsTile(random.words[2], random.words[3], tile.eps0, tile.eps1);
    const int floorCount = conditioning == Conditioning::LogSnr
                               ? static_cast<int>(std::lround(settings.floorShare * settings.batch))
                               : 0;
    const auto count = static_cast<std::uint32_t>(points.size() / 2);
    const auto steps = static_cast<std::uint32_t>(levels.size());
    for (int row = 0; row < rows; ++row) {
        const int sample = first + row;
        const std::uint32_t word = random.words[1][row];
        NoiseLevel level;
        if (sample < floorCount) {
            const float u = settings.stratified ? (static_cast<float>(sample) + uniformOf(word)) /
                                                      static_cast<float>(floorCount)
                                                : uniformOf(word);
            const float lambda = -12.0f + 22.0f * u;
            level = {std::sqrt(logisticOf(lambda)), std::sqrt(logisticOf(-lambda)), lambda};
        } else {
            const std::uint32_t within = indexBelow(word, steps);
            const auto place = static_cast<std::uint32_t>(sample - floorCount);
            const auto places = static_cast<std::uint32_t>(settings.batch - floorCount);
            level = levels[settings.stratified ? (steps * place + within) / places : within];
        }
        const float* x0 =
            points.data() + 2 * static_cast<std::size_t>(indexBelow(random.words[0][row], count));
        tile.x[row] = level.sqrtAlphaBar * x0[0] + level.sqrtOneMinusAlphaBar * tile.eps0[row];
        tile.y[row] = level.sqrtAlphaBar * x0[1] + level.sqrtOneMinusAlphaBar * tile.eps1[row];
        tile.condition[row] = level.condition;
    }
}

void positionPanels(const TileRow& x, const TileRow& y, float* panels, std::size_t stride) {
    TileRow features[positionFeatures];
    positionRows(x, y, features);
    panelsOf(features, positionFeatures, panels, stride);
}

void conditionPanels(const TileRow& condition, float* panels, std::size_t stride) {
    TileRow features[inputFeatures] = {};
    conditionRows(condition, features + positionFeatures);
    panelsOf(features, inputFeatures, panels, stride);
}

void inputPanels(const NoisyTile& tile, float* panels, std::size_t stride) {
    TileRow features[inputFeatures];
    positionRows(tile.x, tile.y, features);
    conditionRows(tile.condition, features + positionFeatures);
    panelsOf(features, inputFeatures, panels, stride);
}

}  // namespace diffuscope
