#include "denoiser/DeviceNetwork.h"

#include "Error.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace diffuscope {
namespace {

constexpr double dispatchSeconds = 0.02;
constexpr std::size_t partialBytes = std::size_t{1} << 26;

std::vector<float> read(const StorageBuffer& buffer) {
    std::vector<float> values(buffer.bytes() / sizeof(float));
    buffer.download(std::span<float>(values));
    return values;
}

/// On a processor: about as long as compiling the strip kernels takes.
constexpr int loopPasses = 30;

}  // namespace

DeviceNetwork::DeviceNetwork(GlContext& context)
    : products(context.software() ? std::optional<int>(loopPasses) : std::nullopt), context_(context) {}

void DeviceNetwork::reserve(const MlpLayout& mlp) {
    DeviceLayout layout(mlp);
    if (layout.count() / 4 > context_.texelLimit())
        throw BackendError("a network of " + std::to_string(mlp.parameterCount()) +
                           " parameters is too large for " + context_.renderer());
    layout_ = std::move(layout);
    const std::size_t bytes = static_cast<std::size_t>(layout_->count()) * sizeof(float);
    parameters = StorageBuffer(bytes);
    average = StorageBuffer(bytes);
    firstMoment = StorageBuffer(bytes);
    secondMoment = StorageBuffer(bytes);
    transposed = StorageBuffer(static_cast<std::size_t>(layout_->transposedCount()) * sizeof(float));
    places = StorageBuffer(bytes);
    places.upload(std::span<const std::int32_t>(layout_->transposedPlaces()));
    measure();
    products.restart();
}

/// By the second of two passes: the first one compiles.
void DeviceNetwork::measure() {
    StripWorkspace work(*layout_, DeviceLayout::group, false);
    products.forward(*layout_, work, average);
    context_.finish();
    const auto begin = std::chrono::steady_clock::now();
    products.forward(*layout_, work, average);
    context_.finish();
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    double terms = 0.0;
    for (const DeviceLayout::Layer& layer : layout_->layers()) terms += double(layer.in) * layer.out;
    termsPerSecond_ = terms * work.samples / std::max(passed.count(), 1e-9);
}

bool DeviceNetwork::setState(const TrainingState& state) {
    const std::size_t flat = state.layout.parameterCount();
    for (const auto* values : {&state.parameters, &state.average, &state.firstMoment, &state.secondMoment})
        if (values->size() != flat) throw std::logic_error("training state of another layout");
    const bool another = !layout_ || mlp() != state.layout;
    if (another) reserve(state.layout);
    const std::vector<float> ordered = layout_->toDevice(state.parameters);
    const std::vector<std::int32_t> placeOf = layout_->transposedPlaces();
    std::vector<float> turned(static_cast<std::size_t>(layout_->transposedCount()));
    for (std::size_t i = 0; i < ordered.size(); ++i)
        turned[static_cast<std::size_t>(placeOf[i])] = ordered[i];
    parameters.upload(std::span<const float>(ordered));
    transposed.upload(std::span<const float>(turned));
    average.upload(std::span<const float>(layout_->toDevice(state.average)));
    firstMoment.upload(std::span<const float>(layout_->toDevice(state.firstMoment)));
    secondMoment.upload(std::span<const float>(layout_->toDevice(state.secondMoment)));
    step = state.step;
    context_.check("taking the network");
    return another;
}

TrainingState DeviceNetwork::state() const {
    TrainingState state{mlp(),
                        layout_->fromDevice(read(parameters)),
                        layout_->fromDevice(read(average)),
                        layout_->fromDevice(read(firstMoment)),
                        layout_->fromDevice(read(secondMoment)),
                        step};
    context_.check("giving the network");
    return state;
}

int DeviceNetwork::largestChunk() const {
    const int width = std::max(layout_->width(), layout_->layers().front().in);
    const int texelRows = (width + DeviceLayout::inputStrip) / 4;
    const auto partials =
        static_cast<int>(partialBytes / sizeof(float) / static_cast<std::size_t>(layout_->count()));
    const int blocks = std::min(partials, context_.texelLimit() / (layout_->count() / 4));
    const double timely = termsPerSecond_ * dispatchSeconds / width / width;
    const int most = context_.software() ? 2048 : 8192;
    const int samples = std::min({most, context_.texelLimit() / texelRows, blocks * DeviceLayout::group,
                                  static_cast<int>(std::min<double>(timely, most))});
    return std::max(samples / DeviceLayout::group, 1) * DeviceLayout::group;
}

}  // namespace diffuscope
