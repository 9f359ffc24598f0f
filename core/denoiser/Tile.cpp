#include "denoiser/Tile.h"

#include "denoiser/InputFeatures.h"
#include "diffusion/Parametrisation.h"

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

/// The panels after those of `inputFeatures`.
void classPanels(const std::int32_t* label, int classes, float* panels, std::size_t stride) {
    static_assert(inputFeatures % panelWidth == 0);
    panels += inputFeatures / panelWidth * stride;
    for (int first = 0; first < classes; first += panelWidth, panels += stride)
        for (int row = 0; row < tileRows; ++row)
            for (int j = 0; j < panelWidth; ++j)
                panels[row * panelWidth + j] = label[row] == first + j ? 1.0f : 0.0f;
}

/// LossTable::floorWeights at lambda = -12 + 22 u.
float floorWeight(const LossTable& loss, float u) {
    const float place = u * static_cast<float>(LossTable::floorCells);
    const int cell = std::min(static_cast<int>(place), LossTable::floorCells - 1);
    const float low = loss.floorWeights[static_cast<std::size_t>(cell)];
    const float high = loss.floorWeights[static_cast<std::size_t>(cell) + 1];
    return low + (place - static_cast<float>(cell)) * (high - low);
}

void conditionRows(const TileRow& condition, TileRow* features) {
    for (int row = 0; row < tileRows; ++row) {
        conditionInput(condition.values[row], features->values + row, tileRows);
    }
}

}  // namespace

void drawTile(const BatchSettings& settings, const MlpLayout& layout, const BatchSource& source,
              std::int64_t n, int first, int rows, NoisyTile& tile) {
    WordTile random;
    TileRow eps0, eps1;
    philoxTile(settings.seed, Stream::Batch, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(n),
               random);
    normalsTile(random.words[2], random.words[3], eps0, eps1);
    const bool classes = layout.classes > 0 && !source.labels.empty();
    WordTile extra;
    TileRow step0, step1;
    if (classes || source.loss.separateNoise)
        philoxTile(settings.seed, Stream::BatchExtra, static_cast<std::uint32_t>(first),
                   static_cast<std::uint32_t>(n), extra);
    if (source.loss.separateNoise) normalsTile(extra.words[2], extra.words[3], step0, step1);
    const int floorCount = layout.conditioning == Conditioning::LogSnr
                               ? static_cast<int>(std::lround(settings.floorShare * settings.batch))
                               : 0;
    const auto count = static_cast<std::uint32_t>(source.points.size() / 2);
    const auto steps = static_cast<std::uint32_t>(source.levels.size());
    for (int row = 0; row < rows; ++row) {
        const int sample = first + row;
        const std::uint32_t word = random.words[1][row];
        NoiseLevel level;
        LevelLoss loss;
        float target0 = eps0[row];
        float target1 = eps1[row];
        if (sample < floorCount) {
            const float u = settings.stratified ? (static_cast<float>(sample) + uniformOf(word)) /
                                                      static_cast<float>(floorCount)
                                                : uniformOf(word);
            const float lambda = -12.0f + 22.0f * u;
            level = {std::sqrt(logisticOf(lambda)), std::sqrt(logisticOf(-lambda)), lambda};
            loss.weight = floorWeight(source.loss, u);
        } else {
            const std::uint32_t within = indexBelow(word, steps);
            const auto place = static_cast<std::uint32_t>(sample - floorCount);
            const auto places = static_cast<std::uint32_t>(settings.batch - floorCount);
            const std::uint32_t t = settings.stratified ? (steps * place + within) / places : within;
            level = source.levels[t];
            loss = source.loss.levels[t];
            if (source.loss.separateNoise) {
                const float ofStep = std::sqrt(loss.weight);
                const float before = std::sqrt(1.0f - loss.weight);
                eps0[row] = before * eps0[row] + ofStep * step0[row];
                eps1[row] = before * eps1[row] + ofStep * step1[row];
                target0 = step0[row] / ofStep;
                target1 = step1[row] / ofStep;
            }
        }
        const std::uint32_t point = indexBelow(random.words[0][row], count);
        const float* x0 = source.points.data() + 2 * static_cast<std::size_t>(point);
        tile.x[row] = level.sqrtAlphaBar * x0[0] + level.sqrtOneMinusAlphaBar * eps0[row];
        tile.y[row] = level.sqrtAlphaBar * x0[1] + level.sqrtOneMinusAlphaBar * eps1[row];
        tile.condition[row] = level.condition;
        const bool told = classes && extra.words[0][row] >= classDropBelow;
        tile.label[row] = told ? source.labels[point] : anyClass;
        const auto toEps = conversion(layout.parametrisation, Parametrisation::Eps, level.sqrtAlphaBar,
                                      level.sqrtOneMinusAlphaBar);
        tile.base0[row] = target0 - toEps.fromXt * tile.x[row];
        tile.base1[row] = target1 - toEps.fromXt * tile.y[row];
        tile.gain[row] = toEps.fromValue;
        tile.weight[row] = loss.weight;
        tile.klWeight[row] = loss.klWeight;
        tile.logRange[row] = loss.logRange;
        tile.meanFactor[row] = loss.meanFactor;
    }
}

void positionPanels(const TileRow& x, const TileRow& y, float* panels, std::size_t stride) {
    TileRow features[positionFeatures];
    positionRows(x, y, features);
    panelsOf(features, positionFeatures, panels, stride);
}

void conditionPanels(const NoisyTile& tile, int classes, float* panels, std::size_t stride) {
    TileRow features[inputFeatures] = {};
    conditionRows(tile.condition, features + positionFeatures);
    panelsOf(features, inputFeatures, panels, stride);
    classPanels(tile.label, classes, panels, stride);
}

void inputPanels(const NoisyTile& tile, int classes, float* panels, std::size_t stride) {
    TileRow features[inputFeatures];
    positionRows(tile.x, tile.y, features);
    conditionRows(tile.condition, features + positionFeatures);
    panelsOf(features, inputFeatures, panels, stride);
    classPanels(tile.label, classes, panels, stride);
}

}  // namespace diffuscope
