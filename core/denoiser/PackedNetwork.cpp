#include "denoiser/PackedNetwork.h"

#include <algorithm>

namespace diffuscope {
namespace {

std::size_t product(int a, int b) {
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

/// Calls visit(flat index, packed index) for every parameter.
template <typename Visit>
void forEachParameter(const MlpLayout& mlp, const PackedLayout& layout, const Visit& visit) {
    const std::vector<MlpLayout::Layer> layers = mlp.layers();
    for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
        const MlpLayout::Layer& from = layers[l];
        const PackedLayout::Layer& to = layout.hidden[l];
        for (int out = 0; out < from.out; ++out) {
            for (int in = 0; in < from.in; ++in) {
                const std::size_t row = product(in / panelWidth, to.out) + static_cast<std::size_t>(out);
                visit(from.weight + product(out, from.in) + static_cast<std::size_t>(in),
                      to.weight + row * panelWidth + static_cast<std::size_t>(in % panelWidth));
            }
            visit(from.bias + static_cast<std::size_t>(out), to.bias + static_cast<std::size_t>(out));
        }
    }
    const MlpLayout::Layer& last = layers.back();
    for (int out = 0; out < last.out; ++out) {
        for (int in = 0; in < last.in; ++in) {
            visit(last.weight + product(out, last.in) + static_cast<std::size_t>(in),
                  layout.outputWeight + product(out, layout.lastWidth()) + static_cast<std::size_t>(in));
        }
        visit(last.bias + static_cast<std::size_t>(out), layout.outputBias + static_cast<std::size_t>(out));
    }
}

}  // namespace

void FloatBuffer::resize(std::size_t size) {
    if (size > capacity_) {
        data_.reset(new (alignment) float[size]);
        capacity_ = size;
    }
    size_ = size;
}

void FloatBuffer::fill(float value) {
    std::fill_n(data_.get(), size_, value);
}

PackedLayout::PackedLayout(const MlpLayout& mlp) : inputs(mlp.inputs()), outputs(mlp.outputs()) {
    constexpr std::size_t pieceSize = 4096;
    int in = padded(inputs);
    for (int l = 0; l < mlp.depth; ++l) {
        const int out = padded(mlp.width);
        hidden.push_back({in, out, size, 0});
        for (int panel = 0; panel < in / panelWidth; ++panel) {
            const std::size_t begin = size;
            size += product(panelWidth, out);
            pieces.push_back({begin, size, l, panel});
        }
        in = out;
    }
    // By their share of the way through a layer: so a thread of a shared tile updates, of every layer, what
    // it has made the gradient of.
    const auto way = [this](const Piece& piece) {
        return static_cast<double>(piece.panel) / hidden[static_cast<std::size_t>(piece.layer)].in;
    };
    std::stable_sort(pieces.begin(), pieces.end(),
                     [&way](const Piece& a, const Piece& b) { return way(a) < way(b); });
    const std::size_t rest = size;
    for (Layer& layer : hidden) {
        layer.bias = size;
        size += static_cast<std::size_t>(layer.out);
    }
    outputWeight = size;
    size += product(outputs, in);
    outputBias = size;
    size += panelWidth;  // the biases and their padding
    for (std::size_t begin = rest; begin < size; begin += pieceSize) {
        pieces.push_back({begin, std::min(begin + pieceSize, size), -1, 0});
    }
}

void pack(const MlpLayout& mlp, const PackedLayout& layout, std::span<const float> flat, float* packed) {
    std::fill_n(packed, layout.size, 0.0f);
    forEachParameter(mlp, layout, [&](std::size_t from, std::size_t to) { packed[to] = flat[from]; });
}

std::vector<float> unpack(const MlpLayout& mlp, const PackedLayout& layout, const float* packed) {
    std::vector<float> flat(mlp.parameterCount());
    forEachParameter(mlp, layout, [&](std::size_t to, std::size_t from) { flat[to] = packed[from]; });
    return flat;
}

void transposePanel(const PackedLayout::Layer& layer, int panel, const float* packed, float* transposed) {
    const float* from = packed + layer.weight + product(panel * panelWidth, layer.out);
    for (int block = 0; block < layer.out / panelWidth; ++block, from += panelWidth * panelWidth) {
        float* to = transposed + layer.weight + product(block * panelWidth, layer.in) +
                    product(panel * panelWidth, panelWidth);
        for (int in = 0; in < panelWidth; ++in) {
            for (int out = 0; out < panelWidth; ++out)
                to[in * panelWidth + out] = from[out * panelWidth + in];
        }
    }
}

void transposeAll(const PackedLayout& layout, const float* packed, float* transposed) {
    for (const PackedLayout::Layer& layer : layout.hidden) {
        for (int panel = 0; panel < layer.in / panelWidth; ++panel) {
            transposePanel(layer, panel, packed, transposed);
        }
    }
}

}  // namespace diffuscope
