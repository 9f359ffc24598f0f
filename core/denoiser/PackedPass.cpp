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

Panels<const float> layerBiases(const PackedLayout& layout, const Weights& weights, std::size_t l) {
    return {weights.packed + layout.hidden[l].bias, panelWidth};
}
/// What layer `l` multiplies by: panels of 16 outputs.
Panels<const float> forwardWeights(const PackedLayout& layout, const Weights& weights, std::size_t l) {
    const PackedLayout::Layer& layer = layout.hidden[l];
    return {weights.transposed + layer.weight, weightPanel(1, layer.in)};
}
Panels<float> tilePanels(FloatBuffer& buffer) {
    return {buffer.data(), tilePanel};
}
Panels<const float> readPanels(const FloatBuffer& buffer) {
    return {buffer.data(), tilePanel};
}

/// Calls body(first panel, how many) for panels in groups of those that are best worked on at once.
struct InOrder {
    template <typename Body>
    void operator()(int panels, const Body& body) const {
        for (int first = 0; first < panels; first += panelGroup)
            body(first, std::min(panelGroup, panels - first));
    }
};
/// The same by all threads.
struct Shared {
    ThreadPool& pool;

    template <typename Body>
    void operator()(int panels, const Body& body) const {
        pool.run((panels + panelGroup - 1) / panelGroup, [&](int group, int) {
            const int first = group * panelGroup;
            body(first, std::min(panelGroup, panels - first));
        });
    }
};

/// `aPanels` panels of `in` -> activations of hidden layer `l`, with derivatives when `derive`.
template <typename Loop>
void hiddenLayer(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, std::size_t l,
                 const Panels<const float>& in, int aPanels, const Panels<const float>& bias, int rows,
                 bool derive, const Loop& loop) {
    const Panels<const float> w = forwardWeights(layout, weights, l);
    loop(layout.hidden[l].out / panelWidth, [&](int first, int panels) {
        const Panels<float> z = tilePanels(scratch.activations[l]).panel(first);
        multiplyPanels(in, aPanels, w.panel(first), bias.panel(first), z, panels, rows);
        for (int p = 0; p < panels; ++p) {
            float* values = z.panel(p).data;
            if (derive)
                siluWithDerivative(values, tilePanels(scratch.derivatives[l]).panel(first + p).data,
                                   elements(rows));
            else
                silu(values, elements(rows));
        }
    });
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

template <typename Loop>
void outputBackward(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                    float* gradients, bool accumulate, const Loop& loop) {
    const std::size_t l = layout.hidden.size() - 1;
    const float* outputs[4] = {scratch.out0.values, scratch.out1.values, scratch.head0.values,
                               scratch.head1.values};
    loop(layout.lastWidth() / panelWidth, [&](int first, int panels) {
        for (int p = first; p < first + panels; ++p) {
            const std::size_t at = panelOffset(p);
            const float* w[4] = {};
            float* g[4] = {};
            for (int o = 0; o < layout.outputs; ++o) {
                w[o] = weights.packed + outputRow(layout, o) + elements(p);
                g[o] = gradients + outputRow(layout, o) + elements(p);
            }
            outputLayerBackward(layout.outputs, scratch.activations[l].data() + at,
                                scratch.derivatives[l].data() + at, outputs, w, rows,
                                scratch.gradient.data() + at, g,
                                gradients + layout.hidden[l].bias + elements(p), accumulate);
        }
    });
}

/// Weight gradients of layer `l` from scratch.gradient, then scratch.gradient of the layer before.
template <typename Loop>
void hiddenBackward(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, std::size_t l,
                    int rows, float* gradients, bool accumulate, const Loop& loop) {
    const PackedLayout::Layer& layer = layout.hidden[l];
    const int outPanels = layer.out / panelWidth;
    const std::size_t stride = weightPanel(1, layer.out);
    const Panels<const float> in = readPanels(l == 0 ? scratch.input : scratch.activations[l - 1]);
    const Panels<const float> dz = readPanels(scratch.gradient);
    loop(layer.in / panelWidth, [&](int first, int panels) {
        const Panels<float> g = Panels<float>{gradients + layer.weight, stride}.panel(first);
        for (int p = 0; p < outPanels; ++p)
            outerPanels(dz.panel(p).data, in.panel(first), rows, g.row(p * panelWidth), panels, accumulate);
        if (l == 0) return;
        const Panels<float> before = tilePanels(scratch.gradientBefore).panel(first);
        const Panels<const float> w{weights.packed + layer.weight, stride};
        multiplyPanels(dz, outPanels, w.panel(first), {}, before, panels, rows);
        for (int p = 0; p < panels; ++p)
            scaleAndSum(before.panel(p).data, scratch.derivatives[l - 1].data() + panelOffset(first + p),
                        rows, gradients + layout.hidden[l - 1].bias + elements(first + p), accumulate);
    });
    std::swap(scratch.gradient, scratch.gradientBefore);
}

template <typename Loop>
double trainOn(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
               float scale, float* gradients, bool accumulate, const Loop& loop) {
    inputPanels(scratch.tile, layout.inputs - inputFeatures, scratch.input.data(), tilePanel);
    for (std::size_t l = 0; l < layout.hidden.size(); ++l) {
        hiddenLayer(layout, weights, scratch, l,
                    readPanels(l == 0 ? scratch.input : scratch.activations[l - 1]),
                    layout.hidden[l].in / panelWidth, layerBiases(layout, weights, l), rows, true, loop);
    }
    output(layout, weights, scratch, rows);
    const double loss = lossOf(layout, scratch, rows, scale, gradients + layout.outputBias, accumulate);
    outputBackward(layout, weights, scratch, rows, gradients, accumulate, loop);
    for (std::size_t l = layout.hidden.size(); l-- > 0;) {
        hiddenBackward(layout, weights, scratch, l, rows, gradients, accumulate, loop);
    }
    return loss;
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
    return trainOn(layout, weights, scratch, rows, scale, gradients, accumulate, InOrder());
}

double trainTile(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                 float scale, float* gradients, ThreadPool& pool) {
    return trainOn(layout, weights, scratch, rows, scale, gradients, false, Shared{pool});
}

void conditionBias(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                   float* panels, std::size_t stride) {
    conditionPanels(scratch.tile, layout.inputs - inputFeatures, scratch.input.data(), tilePanel);
    const PackedLayout::Layer& layer = layout.hidden.front();
    multiplyPanels(readPanels(scratch.input), layer.in / panelWidth, forwardWeights(layout, weights, 0),
                   layerBiases(layout, weights, 0), {panels, stride}, layer.out / panelWidth, rows);
}

void predictTile(const PackedLayout& layout, const Weights& weights, PassScratch& scratch, int rows,
                 const float* bias, std::size_t stride) {
    positionPanels(scratch.tile.x, scratch.tile.y, scratch.input.data(), tilePanel);
    hiddenLayer(layout, weights, scratch, 0, readPanels(scratch.input), padded(positionFeatures) / panelWidth,
                {bias, stride}, rows, false, InOrder());
    for (std::size_t l = 1; l < layout.hidden.size(); ++l) {
        hiddenLayer(layout, weights, scratch, l, readPanels(scratch.activations[l - 1]),
                    layout.hidden[l].in / panelWidth, layerBiases(layout, weights, l), rows, false,
                    InOrder());
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
