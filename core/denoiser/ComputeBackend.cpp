#include "denoiser/ComputeBackend.h"

#include "Error.h"
#include "denoiser/ComputeShaders.h"
#include "denoiser/DeviceLayout.h"
#include "denoiser/IdealKernel.h"
#include "denoiser/StripNetwork.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/Noise.h"
#include "diffusion/Parametrisation.h"
#include "gpu/ComputeProgram.h"
#include "gpu/StorageBuffer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

namespace diffuscope {
namespace {

constexpr double beta1 = 0.9;
constexpr double beta2 = 0.999;
constexpr int largestBatch = 65536;
constexpr int lossesPerRead = 1024;                       // steps between two reads from the device
constexpr std::size_t frameBytes = std::size_t{1} << 22;  // of frames that wait on the device
constexpr int particlesPerUpload = 1 << 20;
constexpr double splatAdditions = 2e6;   // of one dispatch: some milliseconds on two cores
constexpr double productTerms = 1.25e8;  // likewise, multiplications of the largest product
constexpr std::size_t partialBytes = std::size_t{1} << 26;

int roundedUp(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

std::uint32_t lowWord(std::uint64_t seed) {
    return static_cast<std::uint32_t>(seed);
}
std::uint32_t highWord(std::uint64_t seed) {
    return static_cast<std::uint32_t>(seed >> 32);
}

/// The path's end that the step before left is where this step's stretch begins.
bool goesOn(const ReverseStep& before, const ReverseStep& step) {
    return before.noise != 0.0f && before.stretch.lap == step.stretch.lap &&
           before.stretch.low == step.stretch.high;
}

class ComputeBackend : public DenoiserBackend {
  public:
    ComputeBackend(std::string reason, std::unique_ptr<GlContext> context)
        : context_(std::move(context)), description_{"gpu", context_->renderer(), std::move(reason)} {
        setState(initialState({}, 1));
    }
    ~ComputeBackend() override { context_->use(); }  // the members let go of their memory on it

    const BackendDescription& description() const override { return description_; }

    void setData(std::span<const float> points, std::span<const std::int32_t> labels) override;
    using DenoiserBackend::setLevels;
    void setLevels(std::span<const NoiseLevel> levels, const LossTable& loss) override;
    void setState(const TrainingState& state) override;
    TrainingState state() const override;
    std::int64_t step() const override { return step_; }
    void train(const BatchSettings& settings, std::span<float> losses) override;
    void predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                 const Guidance& guidance) override;
    void reverse(std::span<const ReverseStep> steps, std::uint64_t seed, std::uint32_t firstParticle,
                 std::span<float> positions, std::span<float> memory, std::span<float> frames,
                 const Guidance& guidance) override;
    std::shared_ptr<const Denoiser> idealDenoiser(std::shared_ptr<const DataSet> data) override;
    void splat(std::span<const float> positions, const SplatView& view,
               std::span<std::uint32_t> accumulator) override;

  private:
    void trainStep(const BatchSettings& settings, int lossIndex);
    void drawBatch(const BatchSettings& settings, int first);
    void addGradient(int first, int batch);
    void update(const BatchSettings& settings, int lossIndex);
    void reserveTraining(int batch);
    StripWorkspace& reserveSampling(int count);
    void embed(StripWorkspace& work, float condition, int label);
    void ask(StripWorkspace& work, float condition, const Guidance& guidance);
    void bindParticles(StripWorkspace& work);
    void move(StripWorkspace& work, const ReverseStep& step, std::uint64_t seed, std::uint32_t firstParticle,
              bool highKnown, int frame, float nextCondition, const Guidance& guidance);
    [[nodiscard]] int largestChunk() const;

    std::unique_ptr<GlContext> context_;
    BackendDescription description_;

    ComputeProgram batch_{"batch.comp", shaderSource("batch.comp")};
    ComputeProgram loss_{"loss.comp", shaderSource("loss.comp")};
    ComputeProgram reduce_{"reduce.comp", shaderSource("reduce.comp")};
    ComputeProgram sum_{"sums.comp", shaderSource("sums.comp")};
    ComputeProgram adam_{"adam.comp", shaderSource("adam.comp")};
    ComputeProgram particle_{"particle.comp", shaderSource("particle.comp")};
    ComputeProgram splat_{"splat.comp", shaderSource("splat.comp")};
    StripNetwork network_;

    std::optional<DeviceLayout> layout_;
    std::int64_t step_ = 0;
    StorageBuffer parameters_, transposed_, places_, average_, moments_;
    StorageBuffer partials_, gradient_, sums_{2 * sizeof(float)};
    StorageBuffer targets_, losses_, stepLosses_{lossesPerRead * sizeof(float)};
    std::optional<StripWorkspace> training_, sampling_;
    StorageBuffer positions_, memory_, pathEnds_, frames_, anyOutput_;

    StorageBuffer points_, labels_, levels_, accumulator_, splatPositions_;
    std::uint32_t pointCount_ = 0;
    std::uint32_t levelCount_ = 0;
    bool labelled_ = false;
    bool separateNoise_ = false;
    std::unique_ptr<IdealKernel> ideal_;  // compiled when it is first asked for
};

class ComputeIdealDenoiser : public Denoiser {
  public:
    ComputeIdealDenoiser(IdealKernel& kernel, std::shared_ptr<const DataSet> data)
        : kernel_(kernel), data_(std::move(data)) {}
    void eps(std::span<const float> xt, const NoiseLevel& level, int label,
             std::span<float> eps) const override {
        kernel_.eps(data_, label, level, xt, eps);
    }

  private:
    IdealKernel& kernel_;
    std::shared_ptr<const DataSet> data_;
};

void ComputeBackend::setData(std::span<const float> points, std::span<const std::int32_t> labels) {
    context_->use();
    if (points.size_bytes() > context_->storageLimit())
        throw BackendError("the data do not fit into a buffer of " + description_.renderer);
    pointCount_ = static_cast<std::uint32_t>(points.size() / 2);
    points_ = StorageBuffer(points.size_bytes());
    points_.upload(points);
    labelled_ = !labels.empty();
    labels_ = StorageBuffer(std::max<std::size_t>(labels.size_bytes(), sizeof(std::int32_t)));
    if (labelled_) labels_.upload(labels);
    context_->check("taking data");
}

void ComputeBackend::setLevels(std::span<const NoiseLevel> levels, const LossTable& loss) {
    context_->use();
    const std::vector<float> rows = deviceLevels(levels, loss);
    separateNoise_ = loss.separateNoise;
    levelCount_ = static_cast<std::uint32_t>(levels.size());
    levels_ = StorageBuffer(rows.size() * sizeof(float));
    levels_.upload(std::span<const float>(rows));
    context_->check("taking noise levels");
}

void ComputeBackend::setState(const TrainingState& state) {
    context_->use();
    const std::size_t flat = state.layout.parameterCount();
    for (const auto* values : {&state.parameters, &state.average, &state.firstMoment, &state.secondMoment})
        if (values->size() != flat) throw std::logic_error("training state of another layout");
    if (!layout_ || layout_->mlp() != state.layout) {
        DeviceLayout layout(state.layout);
        if (layout.count() / 4 > context_->texelLimit())
            throw BackendError("a network of " + std::to_string(flat) + " parameters is too large for " +
                               description_.renderer);
        network_.setLayout(layout);
        layout_ = std::move(layout);
        training_.reset();
        sampling_.reset();
        const std::size_t bytes = static_cast<std::size_t>(layout_->count()) * sizeof(float);
        parameters_ = StorageBuffer(bytes);
        average_ = StorageBuffer(bytes);
        gradient_ = StorageBuffer(bytes);
        moments_ = StorageBuffer(2 * bytes);
        transposed_ = StorageBuffer(static_cast<std::size_t>(layout_->transposedCount()) * sizeof(float));
        places_ = StorageBuffer(bytes);
        places_.upload(std::span<const std::int32_t>(layout_->transposedPlaces()));
    }
    const std::vector<float> parameters = layout_->toDevice(state.parameters);
    const std::vector<std::int32_t> places = layout_->transposedPlaces();
    std::vector<float> transposed(static_cast<std::size_t>(layout_->transposedCount()));
    for (std::size_t i = 0; i < parameters.size(); ++i)
        transposed[static_cast<std::size_t>(places[i])] = parameters[i];
    const std::vector<float> first = layout_->toDevice(state.firstMoment);
    const std::vector<float> second = layout_->toDevice(state.secondMoment);
    std::vector<float> moments;
    for (std::size_t quad = 0; quad < first.size(); quad += 4) {
        moments.insert(moments.end(), &first[quad], &first[quad] + 4);
        moments.insert(moments.end(), &second[quad], &second[quad] + 4);
    }
    parameters_.upload(std::span<const float>(parameters));
    transposed_.upload(std::span<const float>(transposed));
    average_.upload(std::span<const float>(layout_->toDevice(state.average)));
    moments_.upload(std::span<const float>(moments));
    step_ = state.step;
    context_->check("taking the network");
}

TrainingState ComputeBackend::state() const {
    context_->use();
    const auto read = [this](const StorageBuffer& buffer) {
        std::vector<float> values(buffer.bytes() / sizeof(float));
        buffer.download(std::span<float>(values));
        return values;
    };
    const std::vector<float> moments = read(moments_);
    std::vector<float> first(moments.size() / 2);
    std::vector<float> second(moments.size() / 2);
    for (std::size_t i = 0; i < first.size(); ++i) {
        const std::size_t at = i / 4 * 8 + i % 4;
        first[i] = moments[at];
        second[i] = moments[at + 4];
    }
    TrainingState state{layout_->mlp(),
                        layout_->fromDevice(read(parameters_)),
                        layout_->fromDevice(read(average_)),
                        layout_->fromDevice(first),
                        layout_->fromDevice(second),
                        step_};
    context_->check("giving the network");
    return state;
}

/// Samples that one pass takes, so that buffers fit the device and no dispatch runs for long.
int ComputeBackend::largestChunk() const {
    const int width = std::max(layout_->width(), inputFeatures);
    const int texelRows = std::max(width + DeviceLayout::strip, layout_->widestColumns()) / 4;
    const auto partials =
        static_cast<int>(partialBytes / sizeof(float) / static_cast<std::size_t>(layout_->count()));
    const int samples =
        std::min({context_->software() ? 2048 : 8192, context_->texelLimit() / texelRows,
                  static_cast<int>(productTerms / width / width), partials * DeviceLayout::block});
    return std::max(samples / DeviceLayout::block, 1) * DeviceLayout::block;
}

void ComputeBackend::reserveTraining(int batch) {
    const int chunks = (batch + largestChunk() - 1) / largestChunk();
    const int samples = roundedUp((batch + chunks - 1) / chunks, DeviceLayout::block);
    if (training_ && training_->samples == samples &&
        losses_.bytes() >= sizeof(float) * static_cast<std::size_t>(chunks * samples))
        return;
    training_.reset();
    training_.emplace(*layout_, samples, true);
    const auto size = static_cast<std::size_t>(samples);
    targets_ = StorageBuffer(8 * sizeof(float) * size);
    losses_ = StorageBuffer(sizeof(float) * size * static_cast<std::size_t>(chunks));
    partials_ = StorageBuffer(sizeof(float) * size / DeviceLayout::block *
                              static_cast<std::size_t>(layout_->count()));
}

void ComputeBackend::train(const BatchSettings& settings, std::span<float> losses) {
    if (pointCount_ == 0 || levelCount_ == 0) throw std::logic_error("training without data or noise levels");
    if (settings.batch < 1 || settings.batch > largestBatch)
        throw InputError("a batch has 1 to " + std::to_string(largestBatch) + " samples");
    context_->use();
    reserveTraining(settings.batch);
    for (std::size_t done = 0; done < losses.size();) {
        const std::size_t count = std::min<std::size_t>(losses.size() - done, lossesPerRead);
        for (std::size_t i = 0; i < count; ++i) trainStep(settings, static_cast<int>(i));
        stepLosses_.download(losses.subspan(done, count));
        context_->check("training");
        done += count;
    }
}

void ComputeBackend::trainStep(const BatchSettings& settings, int lossIndex) {
    StripWorkspace& work = *training_;
    for (int first = 0; first < settings.batch; first += work.samples) {
        drawBatch(settings, first);
        network_.forward(*layout_, work, parameters_);
        work.output.bind(0);
        targets_.bind(1);
        losses_.bind(2);
        work.outputDelta.bind(3);
        work.outputColumns.bind(4);
        loss_.set("batch", settings.batch);
        loss_.set("first", first);
        loss_.set("columnCount", layout_->layers().back().columns);
        loss_.set("twoHeads", layout_->mlp().twoHeads ? 1 : 0);
        loss_.set("scale", 1.0f / static_cast<float>(settings.batch));
        loss_.dispatch(work.samples / 64);
        network_.backward(*layout_, work, transposed_, partials_);
        partials_.bind(0);
        gradient_.bind(1);
        reduce_.set("blocks", work.samples / DeviceLayout::block);
        reduce_.set("quads", layout_->count() / 4);
        reduce_.set("accumulate", first > 0 ? 1 : 0);
        reduce_.dispatch(layout_->count() / 128);
    }
    update(settings, lossIndex);
}

void ComputeBackend::drawBatch(const BatchSettings& settings, int first) {
    const bool floored = layout_->mlp().conditioning == Conditioning::LogSnr;
    const auto floorCount = static_cast<int>(std::lround(settings.floorShare * settings.batch));
    points_.bind(0);
    levels_.bind(1);
    training_->rows[0].bind(2);
    targets_.bind(3);
    labels_.bind(4);
    batch_.set("seedLow", lowWord(settings.seed));
    batch_.set("seedHigh", highWord(settings.seed));
    batch_.set("stream", static_cast<std::uint32_t>(Stream::Batch));
    batch_.set("extraStream", static_cast<std::uint32_t>(Stream::BatchExtra));
    batch_.set("dropBelow", classDropBelow);
    batch_.set("classes", labelled_ ? layout_->mlp().classes : 0);
    batch_.set("classQuads", layout_->classQuads());
    batch_.set("separateNoise", separateNoise_ ? 1 : 0);
    batch_.set("parametrisation", static_cast<int>(layout_->mlp().parametrisation));
    batch_.set("step", static_cast<std::uint32_t>(step_ + 1));
    batch_.set("batch", settings.batch);
    batch_.set("floorCount", floored ? floorCount : 0);
    batch_.set("first", first);
    batch_.set("samples", training_->samples);
    batch_.set("stratified", settings.stratified ? 1 : 0);
    batch_.set("pointCount", pointCount_);
    batch_.set("levelCount", levelCount_);
    batch_.dispatch(training_->samples / 64);
}

void ComputeBackend::update(const BatchSettings& settings, int lossIndex) {
    gradient_.bind(0);
    losses_.bind(1);
    sums_.bind(2);
    sum_.set("quads", layout_->count() / 4);
    sum_.set("lossCount", settings.batch);
    sum_.dispatch(1);

    ++step_;
    const auto n = static_cast<double>(step_);
    gradient_.bind(0);
    sums_.bind(1);
    places_.bind(2);
    parameters_.bind(3);
    transposed_.bind(4);
    moments_.bind(5);
    average_.bind(6);
    stepLosses_.bind(7);
    adam_.set("rate", static_cast<float>(settings.learningRate / (1.0 - std::pow(beta1, n))));
    adam_.set("rootScale", static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(beta2, n))));
    adam_.set("decay", static_cast<float>(std::min(0.999, (1.0 + n) / (10.0 + n))));
    adam_.set("perSample", 1.0f / static_cast<float>(settings.batch));
    adam_.set("stepIndex", lossIndex);
    adam_.dispatch(layout_->count() / 128);
}

StripWorkspace& ComputeBackend::reserveSampling(int count) {
    const int samples = std::min(roundedUp(std::max(count, 1), DeviceLayout::block), largestChunk());
    if (!sampling_ || sampling_->samples != samples) {
        sampling_.reset();
        sampling_.emplace(*layout_, samples, false);
        const auto size = static_cast<std::size_t>(samples) * 2 * sizeof(float);
        positions_ = StorageBuffer(size);
        memory_ = StorageBuffer(size);
        pathEnds_ = StorageBuffer(size);
        frames_ = StorageBuffer(std::max(size, frameBytes / size * size));
    }
    return *sampling_;
}

void ComputeBackend::bindParticles(StripWorkspace& work) {
    work.output.bind(0);
    positions_.bind(1);
    frames_.bind(2);
    work.rows[0].bind(3);
    memory_.bind(4);
    pathEnds_.bind(5);
    work.output.bind(6);
}

/// Writes the input of the particles where they are.
void ComputeBackend::embed(StripWorkspace& work, float condition, int label) {
    bindParticles(work);
    particle_.set("move", 0);
    particle_.set("classQuads", layout_->classQuads());
    particle_.set("label", label);
    particle_.set("samples", work.samples);
    particle_.set("nextCondition", condition);
    particle_.dispatch(work.samples / 64);
}

/// The network's output for the input that embed() or move() wrote for the class asked about, and, where
/// guidance needs it, for any class into anyOutput_.
void ComputeBackend::ask(StripWorkspace& work, float condition, const Guidance& guidance) {
    network_.forward(*layout_, work, average_);
    if (!guidance.both()) return;
    if (anyOutput_.bytes() != work.output.bytes()) anyOutput_ = StorageBuffer(work.output.bytes());
    std::swap(work.output, anyOutput_);
    embed(work, condition, anyClass);
    network_.forward(*layout_, work, average_);
    std::swap(work.output, anyOutput_);
}

void ComputeBackend::move(StripWorkspace& work, const ReverseStep& step, std::uint64_t seed,
                          std::uint32_t firstParticle, bool highKnown, int frame, float nextCondition,
                          const Guidance& guidance) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const Box open{{-infinity, -infinity}, {infinity, infinity}};
    const Box& box = step.clamp ? step.box : open;
    bindParticles(work);
    (guidance.both() ? anyOutput_ : work.output).bind(6);
    particle_.set("move", 1);
    particle_.set("classQuads", layout_->classQuads());
    particle_.set("label", guidance.asked());
    particle_.set("guided", guidance.both() ? 1 : 0);
    particle_.set("guidanceWeight", guidance.weight);
    particle_.set("samples", work.samples);
    particle_.set("seedLow", lowWord(seed));
    particle_.set("seedHigh", highWord(seed));
    particle_.set("stream", static_cast<std::uint32_t>(Stream::ReverseChain));
    particle_.set("lap", step.stretch.lap);
    particle_.set("lowCell", step.stretch.low.cell);
    particle_.set("lowFraction", step.stretch.low.fraction);
    particle_.set("highCell", step.stretch.high.cell);
    particle_.set("highFraction", step.stretch.high.fraction);
    particle_.set("highKnown", highKnown ? 1 : 0);
    particle_.set("stretchScale", step.stretch.scale);
    particle_.set("firstParticle", firstParticle);
    particle_.set("frameBase", frame * work.samples);
    const auto toX0 = conversion(layout_->mlp().parametrisation, Parametrisation::X0, step.level.sqrtAlphaBar,
                                 step.level.sqrtOneMinusAlphaBar);
    particle_.set("toX0", std::array<float, 2>{toX0.fromXt, toX0.fromValue});
    particle_.set("fromXt", step.fromXt);
    particle_.set("fromX0", step.fromX0);
    particle_.set("fromMemory", step.fromMemory);
    particle_.set("keepXt", step.keepXt);
    particle_.set("keepX0", step.keepX0);
    particle_.set("noise", step.noise);
    particle_.set("logRange", step.logRange);
    particle_.set("low", box.low);
    particle_.set("high", box.high);
    particle_.set("nextCondition", nextCondition);
    particle_.dispatch(work.samples / 64);
}

void ComputeBackend::predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                             const Guidance& guidance) {
    context_->use();
    const auto count = static_cast<int>(xt.size() / 2);
    StripWorkspace& work = reserveSampling(count);
    std::vector<float> rows(static_cast<std::size_t>(DeviceLayout::strip * work.samples));
    std::vector<float> anyRows(guidance.both() ? rows.size() : 0);
    const auto toEps = conversion(layout_->mlp().parametrisation, Parametrisation::Eps, level.sqrtAlphaBar,
                                  level.sqrtOneMinusAlphaBar);
    for (int first = 0; first < count; first += work.samples) {
        const auto at = static_cast<std::size_t>(first);
        const auto size = static_cast<std::size_t>(std::min(work.samples, count - first));
        positions_.upload(xt.subspan(2 * at, 2 * size));
        embed(work, level.condition, guidance.asked());
        ask(work, level.condition, guidance);
        work.output.download(std::span<float>(rows));
        if (guidance.both()) anyOutput_.download(std::span<float>(anyRows));
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t axis = 0; axis < 2; ++axis) {
                const std::size_t place = 2 * (at + i) + axis;
                float said = rows[DeviceLayout::strip * i + axis];
                if (guidance.both()) {
                    const float any = anyRows[DeviceLayout::strip * i + axis];
                    said = any + guidance.weight * (said - any);
                }
                eps[place] = toEps(xt[place], said);
            }
    }
    context_->check("predicting");
}

void ComputeBackend::reverse(std::span<const ReverseStep> steps, std::uint64_t seed,
                             std::uint32_t firstParticle, std::span<float> positions, std::span<float> memory,
                             std::span<float> frames, const Guidance& guidance) {
    if (steps.empty()) return;
    requireSecondHead(layout_->mlp(), steps);
    context_->use();
    const auto count = static_cast<int>(positions.size() / 2);
    StripWorkspace& work = reserveSampling(count);
    const auto rowSize = 2 * static_cast<std::size_t>(work.samples);
    const std::size_t waiting = frames_.bytes() / sizeof(float) / rowSize;
    std::vector<float> rows(frames.empty() ? 0 : std::min(waiting, steps.size()) * rowSize);
    const std::vector<float> nothing(memory.empty() ? rowSize : 0, 0.0f);
    for (int first = 0; first < count; first += work.samples) {
        const auto size = 2 * static_cast<std::size_t>(std::min(work.samples, count - first));
        const std::span<float> own = positions.subspan(2 * static_cast<std::size_t>(first), size);
        const std::span<float> ownMemory =
            memory.empty() ? memory : memory.subspan(2 * static_cast<std::size_t>(first), size);
        positions_.upload(std::span<const float>(own));
        memory_.upload(memory.empty() ? std::span<const float>(nothing).first(size)
                                      : std::span<const float>(ownMemory));
        embed(work, steps[0].level.condition, guidance.asked());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            ask(work, steps[i].level.condition, guidance);
            const std::size_t slot = i % waiting;
            move(work, steps[i], seed, firstParticle + static_cast<std::uint32_t>(first),
                 i > 0 && goesOn(steps[i - 1], steps[i]), static_cast<int>(slot),
                 steps[std::min(i + 1, steps.size() - 1)].level.condition, guidance);
            if (frames.empty() || (slot + 1 < waiting && i + 1 < steps.size())) continue;
            frames_.download(std::span<float>(rows).first((slot + 1) * rowSize));
            for (std::size_t row = 0; row <= slot; ++row)
                std::copy_n(
                    rows.begin() + static_cast<std::ptrdiff_t>(row * rowSize), size,
                    frames.begin() + static_cast<std::ptrdiff_t>((i - slot + row) * positions.size() +
                                                                 2 * static_cast<std::size_t>(first)));
        }
        positions_.download(own);
        if (!memory.empty()) memory_.download(ownMemory);
        context_->check("sampling");
    }
}

std::shared_ptr<const Denoiser> ComputeBackend::idealDenoiser(std::shared_ptr<const DataSet> data) {
    requireDenoiser(DenoiserKind::Ideal, *data);
    context_->use();
    if (!ideal_) ideal_ = std::make_unique<IdealKernel>(*context_);
    return std::make_shared<const ComputeIdealDenoiser>(*ideal_, std::move(data));
}

void ComputeBackend::splat(std::span<const float> positions, const SplatView& view,
                           std::span<std::uint32_t> accumulator) {
    context_->use();
    if (accumulator.size_bytes() > context_->storageLimit())
        throw BackendError("the picture does not fit into a buffer of " + description_.renderer);
    if (accumulator_.bytes() != std::max<std::size_t>(accumulator.size_bytes(), 16))
        accumulator_ = StorageBuffer(accumulator.size_bytes());
    accumulator_.upload(std::span<const std::uint32_t>(accumulator));
    const double additions = (2.0 * view.radius + 1.0) * (2.0 * view.radius + 1.0);
    const int perDispatch = std::max(1, static_cast<int>(splatAdditions / additions) / 64) * 64;
    splat_.set("width", view.width);
    splat_.set("height", view.height);
    splat_.set("centre", std::array<float, 2>{view.centreX, view.centreY});
    splat_.set("scale", view.scale);
    splat_.set("radius", view.radius);
    splat_.set("inverse", 1.0f / (view.radius * view.radius));
    splat_.set("unit", static_cast<float>(splatUnit));
    for (std::size_t done = 0; done < positions.size() / 2; done += particlesPerUpload) {
        const std::size_t size = std::min<std::size_t>(positions.size() / 2 - done, particlesPerUpload);
        if (splatPositions_.bytes() < 2 * size * sizeof(float))
            splatPositions_ = StorageBuffer(2 * size * sizeof(float));
        splatPositions_.upload(positions.subspan(2 * done, 2 * size));
        splatPositions_.bind(0);
        accumulator_.bind(1);
        splat_.set("count", static_cast<int>(size));
        for (int first = 0; first < static_cast<int>(size); first += perDispatch) {
            splat_.set("first", first);
            splat_.dispatch(roundedUp(std::min(perDispatch, static_cast<int>(size) - first), 64) / 64);
        }
    }
    accumulator_.download(accumulator);
    context_->check("splatting");
}

}  // namespace

std::unique_ptr<DenoiserBackend> makeComputeBackend(std::string reason, std::unique_ptr<GlContext> context) {
    context->use();
    return std::make_unique<ComputeBackend>(std::move(reason), std::move(context));
}

std::unique_ptr<DenoiserBackend> makeComputeBackend(std::string reason) {
    return makeComputeBackend(std::move(reason), std::make_unique<GlContext>());
}

}  // namespace diffuscope
