#include "denoiser/PackedPass.h"

#include "denoiser/Elementary.h"
#include "denoiser/InputFeatures.h"
#include "diffusion/Parametrisation.h"

#include <algorithm>
#include <utility>

namespace diffuscope {
namespace {

constexpr std::size_t tilePanel = static_cast<std::size_t>(tileRows) * panelWidth;

std::size_t panelOffset(int panel) {
    return static_cast<std::size_t>(panel) * tilePanel;
}
std::size_t weightPanel(int panel, int rows) {
    return static_cast<std::size_t>(panel) * static_cast<std::size_t>(rows) * panelWidth;
}
std::size_t elements(int rows) {
    return static_cast<std::size_t>(rows) * panelWidth;
}

/// Hidden layer `l` of `in` -> scratch.activations[l], with derivatives when `derive`.
void hiddenLayer(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, std::size_t l,
                 const float* in, int rows, bool derive) {
    const PackedLayout::Layer& layer = layout.hidden[l];
    for (int p = 0; p < layer.out / panelWidth; ++p) {
        float* z = scratch.activations[l].data() + panelOffset(p);
        multiplyPanel(in, tilePanel, layer.in / panelWidth,
                      weights.transposed + layer.weight + weightPanel(p, layer.in),
                      weights.packed + layer.bias + p * panelWidth, z, rows);
        if (derive) {
            siluWithDerivative(z, scratch.derivatives[l].data() + panelOffset(p), elements(rows));
        } else {
            silu(z, elements(rows));
        }
    }
}

/// Weights of output `o` of the last layer.
std::size_t outputRow(const PackedLayout& layout, int o) {
    return layout.outputWeight + static_cast<std::size_t>(o) * static_cast<std::size_t>(layout.lastWidth());
}

void output(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows) {
    const auto pair = [&](int o, TileRow& first, TileRow& second) {
        outputLayer(scratch.activations[layout.hidden.size() - 1].data(), tilePanel,
                    layout.lastWidth() / panelWidth, weights.packed + outputRow(layout, o),
                    weights.packed + layout.outputBias + o, first.values, second.values, rows);
    };
    pair(0, scratch.out0, scratch.out1);
    if (layout.outputs > 2) pair(2, scratch.head0, scratch.head1);
}

/// The KL term of one axis without its weight, its derivative by the head in place of the head. (LevelLoss)
double klOf(float& head, float residual, float logRange, float meanFactor) {
    const float f = logisticOf(head);
    const float ratio = (1.0f + meanFactor * (residual * residual)) * expOf(-f * logRange);
    head = 0.5f * logRange * (1.0f - ratio) * f * (1.0f - f);
    return static_cast<double>(0.5f * (f * logRange + ratio - 1.0f));
}

/// The loss of the tile; the outputs become its derivatives by them.
double lossOf(const PackedLayout& layout, PassScratch& scratch, int rows, float scale, float* biasGradient,
              bool accumulate) {
    double loss = 0.0;
    float sums[4] = {};
    for (int o = 0; accumulate && o < layout.outputs; ++o) sums[o] = biasGradient[o];
    const NoisyTile& tile = scratch.tile;
    for (int row = 0; row < rows; ++row) {
        const float gain = tile.gain[row];
        const float weight = tile.weight[row];
        const float r0 = gain * scratch.out0[row] - tile.base0[row];
        const float r1 = gain * scratch.out1[row] - tile.base1[row];
        loss += static_cast<double>(weight * (r0 * r0 + r1 * r1));
        const float slope = 2.0f * scale * weight * gain;
        scratch.out0[row] = slope * r0;
        scratch.out1[row] = slope * r1;
        sums[0] += scratch.out0[row];
        sums[1] += scratch.out1[row];
        if (layout.outputs == 2) continue;
        const float klWeight = tile.klWeight[row];
        loss += static_cast<double>(klWeight) *
                (klOf(scratch.head0[row], r0, tile.logRange[row], tile.meanFactor[row]) +
                 klOf(scratch.head1[row], r1, tile.logRange[row], tile.meanFactor[row]));
        scratch.head0[row] *= scale * klWeight;
        scratch.head1[row] *= scale * klWeight;
        sums[2] += scratch.head0[row];
        sums[3] += scratch.head1[row];
    }
    std::fill_n(biasGradient, panelWidth, 0.0f);
    std::copy_n(sums, layout.outputs, biasGradient);
    return loss;
}

void outputBackward(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                    float* gradients, bool accumulate) {
    const std::size_t l = layout.hidden.size() - 1;
    const float* outputs[4] = {scratch.out0.values, scratch.out1.values, scratch.head0.values,
                               scratch.head1.values};
    for (int p = 0; p < layout.lastWidth() / panelWidth; ++p) {
        const std::size_t at = panelOffset(p);
        const float* w[4] = {};
        float* g[4] = {};
        for (int o = 0; o < layout.outputs; ++o) {
            w[o] = weights.packed + outputRow(layout, o) + elements(p);
            g[o] = gradients + outputRow(layout, o) + elements(p);
        }
        outputLayerBackward(layout.outputs, scratch.activations[l].data() + at,
                            scratch.derivatives[l].data() + at, outputs, w, rows,
                            scratch.gradient.data() + at, g, gradients + layout.hidden[l].bias + elements(p),
                            accumulate);
    }
}

/// Weight gradients of layer `l` from scratch.gradient, then scratch.gradient of the layer before.
void hiddenBackward(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, std::size_t l,
                    int rows, float* gradients, bool accumulate) {
    const PackedLayout::Layer& layer = layout.hidden[l];
    const int outPanels = layer.out / panelWidth;
    const float* in = l == 0 ? scratch.input.data() : scratch.activations[l - 1].data();
    for (int k = 0; k < layer.in / panelWidth; ++k) {
        float* g = gradients + layer.weight + weightPanel(k, layer.out);
        for (int p = 0; p < outPanels; ++p) {
            outerPanel(scratch.gradient.data() + panelOffset(p), in + panelOffset(k), rows,
                       g + weightPanel(p, panelWidth), accumulate);
        }
        if (l == 0) continue;
        float* before = scratch.gradientBefore.data() + panelOffset(k);
        multiplyPanel(scratch.gradient.data(), tilePanel, outPanels,
                      weights.packed + layer.weight + weightPanel(k, layer.out), nullptr, before, rows);
        scaleAndSum(before, scratch.derivatives[l - 1].data() + panelOffset(k), rows,
                    gradients + layout.hidden[l - 1].bias + elements(k), accumulate);
    }
    std::swap(scratch.gradient, scratch.gradientBefore);
}

}  // namespace

void PassScratch::resize(const PackedLayout& layout) {
    input.resize(static_cast<std::size_t>(layout.hidden.front().in) * tileRows);
    std::fill_n(tile.label, tileRows, anyClass);
    activations.resize(layout.hidden.size());
    derivatives.resize(layout.hidden.size());
    const std::size_t size = static_cast<std::size_t>(layout.lastWidth()) * tileRows;
    for (FloatBuffer& buffer : activations) buffer.resize(size);
    for (FloatBuffer& buffer : derivatives) buffer.resize(size);
    gradient.resize(size);
    gradientBefore.resize(size);
}

double trainTile(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                 float scale, float* gradients, bool accumulate) {
    inputPanels(scratch.tile, layout.inputs - inputFeatures, scratch.input.data(), tilePanel);
    const float* in = scratch.input.data();
    for (std::size_t l = 0; l < layout.hidden.size(); ++l) {
        hiddenLayer(layout, weights, scratch, l, in, rows, true);
        in = scratch.activations[l].data();
    }
    output(layout, weights, scratch, rows);
    const double loss = lossOf(layout, scratch, rows, scale, gradients + layout.outputBias, accumulate);
    outputBackward(layout, weights, scratch, rows, gradients, accumulate);
    for (std::size_t l = layout.hidden.size(); l-- > 0;) {
        hiddenBackward(layout, weights, scratch, l, rows, gradients, accumulate);
    }
    return loss;
}

void conditionBias(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                   float* panels, std::size_t stride) {
    conditionPanels(scratch.tile, layout.inputs - inputFeatures, scratch.input.data(), tilePanel);
    const PackedLayout::Layer& layer = layout.hidden.front();
    for (int p = 0; p < layer.out / panelWidth; ++p) {
        multiplyPanel(scratch.input.data(), tilePanel, layer.in / panelWidth,
                      weights.transposed + layer.weight + weightPanel(p, layer.in),
                      weights.packed + layer.bias + p * panelWidth,
                      panels + static_cast<std::size_t>(p) * stride, rows);
    }
}

void predictTile(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                 const float* bias, std::size_t stride) {
    positionPanels(scratch.tile.x, scratch.tile.y, scratch.input.data(), tilePanel);
    const PackedLayout::Layer& first = layout.hidden.front();
    for (int p = 0; p < first.out / panelWidth; ++p) {
        float* z = scratch.activations[0].data() + panelOffset(p);
        multiplyPanel(scratch.input.data(), tilePanel, padded(positionFeatures) / panelWidth,
                      weights.transposed + first.weight + weightPanel(p, first.in),
                      bias + static_cast<std::size_t>(p) * stride, z, rows);
        silu(z, elements(rows));
    }
    for (std::size_t l = 1; l < layout.hidden.size(); ++l) {
        hiddenLayer(layout, weights, scratch, l, scratch.activations[l - 1].data(), rows, false);
    }
    output(layout, weights, scratch, rows);
}

void predictionToEps(Parametrisation parametrisation, const NoiseLevel& level, PassScratch& scratch,
                     int rows) {
    if (parametrisation == Parametrisation::Eps) return;
    const auto toEps =
        conversion(parametrisation, Parametrisation::Eps, level.sqrtAlphaBar, level.sqrtOneMinusAlphaBar);
    for (int row = 0; row < rows; ++row) {
        scratch.out0[row] = toEps(scratch.tile.x[row], scratch.out0[row]);
        scratch.out1[row] = toEps(scratch.tile.y[row], scratch.out1[row]);
    }
}

}  // namespace diffuscope
