#include "denoiser/ComputeTraining.h"

#include "Error.h"
#include "denoiser/DeviceWords.h"
#include "diffusion/Noise.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace diffuscope {
namespace {

constexpr double beta1 = 0.9;
constexpr double beta2 = 0.999;
constexpr int largestBatch = 65536;

}  // namespace

void ComputeTraining::setData(std::span<const float> points, std::span<const std::int32_t> labels) {
    if (points.size_bytes() > context_.storageLimit())
        throw BackendError("the data do not fit into a buffer of " + context_.renderer());
    pointCount_ = static_cast<std::uint32_t>(points.size() / 2);
    points_ = StorageBuffer(points.size_bytes());
    points_.upload(points);
    labelled_ = !labels.empty();
    labels_ = StorageBuffer(std::max<std::size_t>(labels.size_bytes(), sizeof(std::int32_t)));
    if (labelled_) labels_.upload(labels);
    context_.check("taking data");
}

void ComputeTraining::setLevels(std::span<const NoiseLevel> levels, const LossTable& loss) {
    const std::vector<float> rows = deviceLevels(levels, loss);
    separateNoise_ = loss.separateNoise;
    levelCount_ = static_cast<std::uint32_t>(levels.size());
    levels_ = StorageBuffer(rows.size() * sizeof(float));
    levels_.upload(std::span<const float>(rows));
    context_.check("taking noise levels");
}

void ComputeTraining::reserve(int batch) {
    const int chunks = (batch + network_.largestChunk() - 1) / network_.largestChunk();
    const int samples = roundedUp((batch + chunks - 1) / chunks, DeviceLayout::group);
    if (work_ && work_->samples == samples &&
        losses_.bytes() >= sizeof(float) * static_cast<std::size_t>(chunks * samples))
        return;
    work_.reset();
    work_.emplace(network_.layout(), samples, true);
    const auto size = static_cast<std::size_t>(samples);
    targets_ = StorageBuffer(8 * sizeof(float) * size);
    losses_ = StorageBuffer(sizeof(float) * size * static_cast<std::size_t>(chunks));
    const std::size_t parameters = sizeof(float) * static_cast<std::size_t>(network_.layout().count());
    gradient_ = StorageBuffer(parameters);
    partials_ = StorageBuffer(size / DeviceLayout::group * parameters);
}

void ComputeTraining::train(const BatchSettings& settings, std::span<float> losses) {
    if (pointCount_ == 0 || levelCount_ == 0) throw std::logic_error("training without data or noise levels");
    if (settings.batch < 1 || settings.batch > largestBatch)
        throw InputError("a batch has 1 to " + std::to_string(largestBatch) + " samples");
    reserve(settings.batch);
    for (std::size_t done = 0; done < losses.size();) {
        const std::size_t count = std::min<std::size_t>(losses.size() - done, lossesPerRead);
        for (std::size_t i = 0; i < count; ++i) step(settings, static_cast<int>(i));
        stepLosses_.download(losses.subspan(done, count));
        context_.check("training");
        done += count;
    }
}

void ComputeTraining::step(const BatchSettings& settings, int lossIndex) {
    StripWorkspace& work = *work_;
    const DeviceLayout& layout = network_.layout();
    for (int first = 0; first < settings.batch; first += work.samples) {
        drawBatch(settings, first);
        network_.products.forward(layout, work, network_.parameters);
        work.output.bind(0);
        targets_.bind(1);
        losses_.bind(2);
        work.outputDelta.bind(3);
        loss_.set("batch", settings.batch);
        loss_.set("first", first);
        loss_.set("twoHeads", network_.mlp().twoHeads ? 1 : 0);
        loss_.set("scale", 1.0f / static_cast<float>(settings.batch));
        loss_.dispatch(work.samples / 64);
        network_.products.backward(layout, work, network_.transposed, partials_);
        partials_.bindTexels(0);
        gradient_.bind(0);
        reduce_.set("blocks", work.samples / DeviceLayout::group);
        reduce_.set("quads", layout.count() / 4);
        reduce_.set("accumulate", first > 0 ? 1 : 0);
        reduce_.dispatch(layout.count() / 128);
    }
    update(settings, lossIndex);
}

void ComputeTraining::drawBatch(const BatchSettings& settings, int first) {
    const bool floored = network_.mlp().conditioning == Conditioning::LogSnr;
    const auto floorCount = static_cast<int>(std::lround(settings.floorShare * settings.batch));
    points_.bind(0);
    levels_.bindTexels(0);
    work_->rows[0].bind(1);
    targets_.bind(2);
    labels_.bind(3);
    batch_.set("seedLow", lowWord(settings.seed));
    batch_.set("seedHigh", highWord(settings.seed));
    batch_.set("stream", static_cast<std::uint32_t>(Stream::Batch));
    batch_.set("extraStream", static_cast<std::uint32_t>(Stream::BatchExtra));
    batch_.set("dropBelow", classDropBelow);
    batch_.set("classes", labelled_ ? network_.mlp().classes : 0);
    batch_.set("classQuads", network_.layout().classQuads());
    batch_.set("separateNoise", separateNoise_ ? 1 : 0);
    batch_.set("parametrisation", static_cast<int>(network_.mlp().parametrisation));
    batch_.set("step", static_cast<std::uint32_t>(network_.step + 1));
    batch_.set("batch", settings.batch);
    batch_.set("floorCount", floored ? floorCount : 0);
    batch_.set("first", first);
    batch_.set("rowQuads", work_->rowQuads(0));
    batch_.set("stratified", settings.stratified ? 1 : 0);
    batch_.set("pointCount", pointCount_);
    batch_.set("levelCount", levelCount_);
    batch_.dispatch(work_->samples / 64);
}

void ComputeTraining::update(const BatchSettings& settings, int lossIndex) {
    gradient_.bindTexels(0);
    losses_.bind(0);
    sums_.bind(1);
    sum_.set("quads", network_.layout().count() / 4);
    sum_.set("lossCount", settings.batch);
    sum_.dispatch(1);

    ++network_.step;
    const auto n = static_cast<double>(network_.step);
    sums_.bind(0);
    network_.places.bind(1);
    network_.parameters.bind(2);
    network_.transposed.bind(3);
    network_.firstMoment.bind(4);
    network_.secondMoment.bind(5);
    network_.average.bind(6);
    stepLosses_.bind(7);
    network_.parameters.bindTexels(1);
    network_.firstMoment.bindTexels(2);
    network_.secondMoment.bindTexels(3);
    network_.average.bindTexels(4);
    adam_.set("rate", static_cast<float>(settings.learningRate / (1.0 - std::pow(beta1, n))));
    adam_.set("rootScale", static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(beta2, n))));
    adam_.set("decay", static_cast<float>(std::min(0.999, (1.0 + n) / (10.0 + n))));
    adam_.set("perSample", 1.0f / static_cast<float>(settings.batch));
    adam_.set("stepIndex", lossIndex);
    adam_.dispatch(network_.layout().count() / 512);
}

}  // namespace diffuscope
