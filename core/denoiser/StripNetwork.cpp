#include "denoiser/StripNetwork.h"

#include <algorithm>

namespace diffuscope {
namespace {

enum Mode { hiddenLayer = 0, outputLayer = 1, backwardPass = 2, gradientPass = 3 };

constexpr int strip = DeviceLayout::strip;
constexpr int block = DeviceLayout::block;

std::size_t floats(int features, int samples) {
    return sizeof(float) * static_cast<std::size_t>(features) * static_cast<std::size_t>(samples);
}

}  // namespace

StripWorkspace::StripWorkspace(const DeviceLayout& layout, int count, bool training)
    : samples(count), output(floats(strip, count)), sums(floats(layout.width(), count)) {
    std::vector<float> ones(static_cast<std::size_t>(strip * count), 0.0f);
    for (std::size_t i = 0; i < ones.size(); i += strip) ones[i] = 1.0f;
    for (const DeviceLayout::Layer& layer : layout.layers()) {
        rows.emplace_back(floats(layer.in + strip, count));
        rows.back().upload(std::span<const float>(ones), static_cast<std::size_t>(layer.in * count));
        // Sampling has no use for slopes, but the kernel writes them: one buffer takes them all.
        if (rows.size() > 1 && (training || slopes.empty())) slopes.emplace_back(floats(layer.in, count));
    }
    if (!training) return;
    for (StorageBuffer& buffer : deltaRows) buffer = StorageBuffer(floats(layout.width(), count));
    for (StorageBuffer& buffer : deltaColumns) buffer = StorageBuffer(floats(layout.widestColumns(), count));
    outputDelta = StorageBuffer(floats(strip, count));
    outputColumns = StorageBuffer(floats(layout.layers().back().columns, count));
}

ComputeProgram& StripNetwork::program(const DeviceLayout& layout, int terms) {
    const bool hidden = terms == layout.segment();
    const StripKernel kernel{.terms = terms,
                             .lanes = layout.lanes(),
                             .segmented = hidden && layout.width() > layout.segment(),
                             .forward = hidden || terms == layout.layers().front().in,
                             .backward = hidden || terms == strip,
                             .gradient = terms == block};
    std::unique_ptr<ComputeProgram>& found = programs_[kernel];
    if (!found)
        found = std::make_unique<ComputeProgram>("strip of " + std::to_string(terms), stripSource(kernel));
    return *found;
}

void StripNetwork::setLayout(const DeviceLayout& layout) {
    for (const int terms : {layout.layers().front().in, layout.segment(), strip, block})
        static_cast<void>(program(layout, terms));
}

// Every pass binds every texture: drivers compile a kernel anew for each combination of formats.

void StripNetwork::forward(const DeviceLayout& layout, StripWorkspace& work,
                           const StorageBuffer& parameters) {
    const auto& layers = layout.layers();
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const DeviceLayout::Layer& layer = layers[l];
        const bool last = l + 1 == layers.size();
        const int terms = l == 0 ? layer.in : layout.segment();
        ComputeProgram& kernel = program(layout, terms);
        (last ? work.output : work.rows[l + 1]).bind(0);
        work.slopes[std::min(l, work.slopes.size() - 1)].bind(1);
        work.sums.bind(4);
        work.rows[l].bindTexels(0);
        parameters.bindTexels(1);
        work.slopes.front().bindTexels(2);
        kernel.set("mode", last ? outputLayer : hiddenLayer);
        kernel.set("weightStrip", 2 * layer.in);
        kernel.set("weightBlock", 0);
        kernel.set("aPair", 2 * work.samples);
        kernel.set("aBlock", 0);
        kernel.set("bias", layer.bias / 4);
        kernel.set("samples", work.samples);
        for (int segment = 0; segment * terms < layer.in; ++segment) {
            kernel.set("segment", segment);
            kernel.set("weightBase", layer.weight / 4 + 2 * terms * segment);
            kernel.set("aBase", terms / strip * segment * 2 * work.samples);
            kernel.dispatch(work.samples / layout.lanes(), layer.out / strip);
        }
    }
}

void StripNetwork::backward(const DeviceLayout& layout, StripWorkspace& work, const StorageBuffer& transposed,
                            const StorageBuffer& partials) {
    const auto& layers = layout.layers();
    const StorageBuffer* rows = &work.outputDelta;
    const StorageBuffer* columns = &work.outputColumns;
    for (std::size_t l = layers.size(); l-- > 0;) {
        gradient(layout, work, l, *columns, partials);
        if (l == 0) return;
        const DeviceLayout::Layer& layer = layers[l];
        const int terms = std::min(layer.out, layout.segment());
        ComputeProgram& kernel = program(layout, terms);
        work.deltaRows[l % 2].bind(0);
        work.deltaColumns[l % 2].bind(2);
        work.sums.bind(4);
        rows->bindTexels(0);
        transposed.bindTexels(1);
        work.slopes[l - 1].bindTexels(2);
        kernel.set("mode", backwardPass);
        kernel.set("weightStrip", 2 * layer.out);
        kernel.set("weightBlock", 0);
        kernel.set("aPair", 2 * work.samples);
        kernel.set("aBlock", 0);
        kernel.set("samples", work.samples);
        kernel.set("columnCount", layers[l - 1].columns);
        for (int segment = 0; segment * terms < layer.out; ++segment) {
            kernel.set("segment", segment);
            kernel.set("weightBase", layer.transposed / 4 + 2 * terms * segment);
            kernel.set("aBase", terms / strip * segment * 2 * work.samples);
            kernel.dispatch(work.samples / layout.lanes(), layer.in / strip);
        }
        rows = &work.deltaRows[l % 2];
        columns = &work.deltaColumns[l % 2];
    }
}

void StripNetwork::gradient(const DeviceLayout& layout, StripWorkspace& work, std::size_t l,
                            const StorageBuffer& columns, const StorageBuffer& partials) {
    const DeviceLayout::Layer& layer = layout.layers()[l];
    ComputeProgram& kernel = program(layout, block);
    partials.bind(3);
    work.sums.bind(4);
    columns.bindTexels(0);
    work.rows[l].bindTexels(1);
    work.slopes.front().bindTexels(2);
    kernel.set("mode", gradientPass);
    kernel.set("segment", 0);
    kernel.set("weightBase", 0);
    kernel.set("weightStrip", 2 * work.samples);
    kernel.set("weightBlock", 2 * block);
    kernel.set("aBase", 0);
    kernel.set("aPair", 2 * layer.columns);
    kernel.set("aBlock", 2 * layer.columns * (block / strip));
    kernel.set("samples", 0);
    kernel.set("inputs", layer.in);
    kernel.set("outputs", layer.out);
    kernel.set("gradientWeight", layer.weight);
    kernel.set("gradientBias", layer.bias);
    kernel.set("parameterCount", layout.count());
    kernel.dispatch(layer.columns / layout.lanes(), layer.in / strip + 1, work.samples / block);
}

}  // namespace diffuscope
