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
