#include "denoiser/StripNetwork.h"

#include "denoiser/DeviceWords.h"

#include <algorithm>

namespace diffuscope {
namespace {

constexpr int strip = DeviceLayout::strip;
constexpr int longestStrip = 128;  // terms that are written out
constexpr int mostLanes = 512;
constexpr int compilationPause = 7;  // passes without one after a compilation
constexpr int gradientLanes = 32;
constexpr int gradientStrip = 8;

std::size_t floats(int features, int samples) {
    return sizeof(float) * static_cast<std::size_t>(features) * static_cast<std::size_t>(samples);
}

}  // namespace

StripWorkspace::StripWorkspace(const DeviceLayout& layout, int count, bool training)
    : samples(count), output(floats(strip, count)) {
    for (const DeviceLayout::Layer& layer : layout.layers()) {
        const int features = layer.in + DeviceLayout::inputStrip;
        std::vector<float> ones(static_cast<std::size_t>(features * count), 0.0f);
        for (int s = 0; s < count; ++s)
            ones[inRows(static_cast<std::size_t>(layer.in), static_cast<std::size_t>(s),
                        static_cast<std::size_t>(features))] = 1.0f;
        rows.emplace_back(floats(features, count));
        rows.back().upload(std::span<const float>(ones));
        rowQuads_.push_back(features / 4);
        // Sampling has no use for slopes, but the kernel writes them: one buffer takes them all.
        if (rows.size() > 1 && (training || slopes.empty())) slopes.emplace_back(floats(layer.in, count));
    }
    if (!training) return;
    for (StorageBuffer& buffer : deltaRows) buffer = StorageBuffer(floats(layout.width(), count));
    deltaColumns = StorageBuffer(floats(layout.width(), count));
    outputDelta = StorageBuffer(floats(strip, count));
}

bool StripNetwork::stripsServe(const DeviceLayout& layout) const {
    return loopPasses_ && layout.width() <= longestStrip && layout.layers().front().in <= longestStrip;
}

ComputeProgram* StripNetwork::compiled(std::unique_ptr<ComputeProgram>& kernel, const char* name,
                                       const std::function<std::string()>& source) {
    if (!kernel && passes_ > nextCompilation_) {
        kernel = std::make_unique<ComputeProgram>(name, source());
        nextCompilation_ = passes_ + compilationPause;
    }
    return kernel.get();
}

ComputeProgram* StripNetwork::stripOf(const StripKernel& kernel) {
    return compiled(strips_[kernel], "strip.comp", [&] { return stripSource(kernel); });
}

ComputeProgram* StripNetwork::gradientStripOf(int outputs) {
    return compiled(gradientStrips_[outputs], "gradient-strip.comp",
                    [&] { return gradientStripSource(outputs); });
}

bool StripNetwork::multiply(const Product& product, const DeviceLayout& layout, int samples) {
    int lanes = mostLanes;
    while (samples % lanes != 0) lanes /= 2;
    const int quads = product.mode == ProductMode::Output ? DeviceLayout::heads / 4 : strip / 4;
    ComputeProgram* written =
        stripsServe(layout) ? stripOf({product.mode, product.used, quads, lanes}) : nullptr;
    ComputeProgram& program = written ? *written : product_;
    program.set("aQuads", product.aQuads);
    program.set("rowQuads", product.rowQuads);
    program.set("slopeQuads", layout.width() / 4);
    program.set("weightBase", product.weights);
    program.set("bias", product.bias);
    if (written) {
        program.set("stripTerms", product.terms);
        program.dispatch(product.results / strip, samples / lanes);
        return true;
    }
    program.set("mode", static_cast<int>(product.mode));
    program.set("quads", product.terms / 4);
    program.dispatch(2 * product.results / strip, samples / DeviceLayout::group);
    return false;
}

// Every pass binds every texture: drivers compile a kernel anew for each combination of formats.

void StripNetwork::forward(const DeviceLayout& layout, StripWorkspace& work,
                           const StorageBuffer& parameters) {
    const auto& layers = layout.layers();
    ++passes_;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const DeviceLayout::Layer& layer = layers[l];
        const bool last = l + 1 == layers.size();
        (last ? work.output : work.rows[l + 1]).bind(0);
        work.slopes[std::min(l, work.slopes.size() - 1)].bind(1);
        work.rows[l].bindTexels(0);
        parameters.bindTexels(1);
        work.slopes.front().bindTexels(2);
        multiply({.mode = last ? ProductMode::Output : ProductMode::Hidden,
                  .terms = layer.in,
                  .used = layer.in,
                  .results = layer.out,
                  .aQuads = work.rowQuads(l),
                  .rowQuads = last ? strip / 4 : work.rowQuads(l + 1),
                  .weights = layer.weight / 4,
                  .bias = layer.bias / 4},
                 layout, work.samples);
    }
}

void StripNetwork::backward(const DeviceLayout& layout, StripWorkspace& work, const StorageBuffer& transposed,
                            const StorageBuffer& partials) {
    const auto& layers = layout.layers();
    const StorageBuffer* delta = &work.outputDelta;
    bool columns = false;
    for (std::size_t l = layers.size(); l-- > 0;) {
        gradient(layout, work, l, *delta, columns, partials);
        if (l == 0) return;
        const DeviceLayout::Layer& layer = layers[l];
        work.deltaRows[l % 2].bind(0);
        work.deltaColumns.bind(2);
        delta->bindTexels(0);
        transposed.bindTexels(1);
        work.slopes[l - 1].bindTexels(2);
        const bool fromOutput = l + 1 == layers.size();
        columns = multiply({.mode = ProductMode::Backward,
                            .terms = layer.out,
                            .used = fromOutput ? DeviceLayout::heads : layer.out,
                            .results = layer.in,
                            .aQuads = layer.out / 4,
                            .rowQuads = layout.width() / 4,
                            .weights = layer.transposed / 4,
                            .bias = 0},
                           layout, work.samples);
        delta = &work.deltaRows[l % 2];
    }
}

void StripNetwork::gradient(const DeviceLayout& layout, const StripWorkspace& work, std::size_t l,
                            const StorageBuffer& deltaRows, bool columns, const StorageBuffer& partials) {
    const DeviceLayout::Layer& layer = layout.layers()[l];
    const bool last = l + 1 == layout.layers().size();
    ComputeProgram* written = columns && layer.in % strip == 0 ? gradientStripOf(layer.out) : nullptr;
    ComputeProgram& program = written ? *written : gradient_;
    partials.bind(0);
    work.rows[l].bindTexels(0);
    (written ? work.deltaColumns : deltaRows).bindTexels(1);
    work.slopes.front().bindTexels(2);
    program.set("inputs", layer.in);
    program.set("inputQuads", work.rowQuads(l));
    program.set("weight", layer.weight / 4);
    program.set("bias", layer.bias / 4);
    program.set("quads", layout.count() / 4);
    const int blocks = work.samples / DeviceLayout::group;
    if (written) {
        program.dispatch(layer.in / strip, blocks);
        return;
    }
    // Most of the output layer's results are padding: those are not even computed.
    const int outputStrips = last ? 1 : layer.out / gradientStrip;
    program.set("outputStrips", outputStrips);
    program.set("deltaQuads", layer.out / 4);
    const int places = (layer.in / gradientStrip + 1) * outputStrips;
    program.dispatch(roundedUp(places, gradientLanes) / gradientLanes, blocks);
}

}  // namespace diffuscope
