#include "denoiser/PackedPass.h"

#include "denoiser/InputFeatures.h"

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

void output(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows) {
    outputLayer(scratch.activations[layout.hidden.size() - 1].data(), tilePanel,
                layout.lastWidth() / panelWidth, weights.packed + layout.outputWeight,
                weights.packed + layout.outputBias, scratch.out0.values, scratch.out1.values, rows);
}

/// Residuals of the tile; scratch.out0, out1 become the loss's derivatives by the outputs.
double lossOf(PassScratch& scratch, int rows, float scale, float* biasGradient, bool accumulate) {
    double loss = 0.0;
    float sum0 = accumulate ? biasGradient[0] : 0.0f;
    float sum1 = accumulate ? biasGradient[1] : 0.0f;
    for (int row = 0; row < rows; ++row) {
        const float r0 = scratch.out0[row] - scratch.tile.eps0[row];
        const float r1 = scratch.out1[row] - scratch.tile.eps1[row];
        loss += static_cast<double>(r0 * r0 + r1 * r1);
        scratch.out0[row] = 2.0f * scale * r0;
        scratch.out1[row] = 2.0f * scale * r1;
        sum0 += scratch.out0[row];
        sum1 += scratch.out1[row];
    }
    std::fill_n(biasGradient, panelWidth, 0.0f);
    biasGradient[0] = sum0;
    biasGradient[1] = sum1;
    return loss;
}

void outputBackward(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                    float* gradients, bool accumulate) {
    const std::size_t l = layout.hidden.size() - 1;
    const int width = layout.lastWidth();
    for (int p = 0; p < width / panelWidth; ++p) {
        const std::size_t at = panelOffset(p);
        const std::size_t w0 = layout.outputWeight + elements(p);
        const std::size_t w1 = w0 + static_cast<std::size_t>(width);
        outputLayerBackward(scratch.activations[l].data() + at, scratch.derivatives[l].data() + at,
                            scratch.out0.values, scratch.out1.values, weights.packed + w0,
                            weights.packed + w1, rows, scratch.gradient.data() + at, gradients + w0,
                            gradients + w1, gradients + layout.hidden[l].bias + elements(p), accumulate);
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
    input.resize(static_cast<std::size_t>(padded(inputFeatures)) * tileRows);
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
    inputPanels(scratch.tile, scratch.input.data(), tilePanel);
    const float* in = scratch.input.data();
    for (std::size_t l = 0; l < layout.hidden.size(); ++l) {
        hiddenLayer(layout, weights, scratch, l, in, rows, true);
        in = scratch.activations[l].data();
    }
    output(layout, weights, scratch, rows);
    const double loss = lossOf(scratch, rows, scale, gradients + layout.outputBias, accumulate);
    outputBackward(layout, weights, scratch, rows, gradients, accumulate);
    for (std::size_t l = layout.hidden.size(); l-- > 0;) {
        hiddenBackward(layout, weights, scratch, l, rows, gradients, accumulate);
    }
    return loss;
}

void conditionBias(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                   float* panels, std::size_t stride) {
    conditionPanels(scratch.tile.condition, scratch.input.data(), tilePanel);
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

}  // namespace diffuscope
