#include "denoiser/ComputeShaders.h"
#include "denoiser/DenoiserBackend.h"
#include "denoiser/DeviceLayout.h"
#include "denoiser/Elementary.h"
#include "denoiser/StripNetwork.h"
#include "diffusion/ForwardProcess.h"
#include "diffusion/Noise.h"
#include "diffusion/Parametrisation.h"
#include "diffusion/ReverseSampler.h"
#include "gpu/ComputeProgram.h"
#include "gpu/GlContext.h"
#include "gpu/StorageBuffer.h"

#include <QtTest>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

using namespace diffuscope;

namespace {

/// Reproducible values of about unit size.
std::vector<float> values(std::size_t count, std::uint32_t stream) {
    std::vector<float> result(count);
    for (std::size_t i = 0; i < count; ++i)
        result[i] = normalAt(77, Stream::Measure, static_cast<std::uint32_t>(i), stream)[0];
    return result;
}

StorageBuffer filled(std::span<const float> from) {
    StorageBuffer buffer(from.size_bytes());
    buffer.upload(from);
    return buffer;
}

std::vector<float> read(const StorageBuffer& buffer, std::size_t count) {
    std::vector<float> result(count);
    buffer.download(std::span<float>(result));
    return result;
}

std::size_t at(int feature, int sample, int features) {
    return inRows(static_cast<std::size_t>(feature), static_cast<std::size_t>(sample),
                  static_cast<std::size_t>(features));
}

double relative(std::span<const double> expected, std::span<const double> got) {
    double difference = 0.0;
    double norm = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        difference += (expected[i] - got[i]) * (expected[i] - got[i]);
        norm += expected[i] * expected[i];
    }
    return std::sqrt(difference / norm);
}

double silu(double z) {
    return z / (1.0 + std::exp(-z));
}
double slope(double z) {
    const double g = 1.0 / (1.0 + std::exp(-z));
    return g * (1.0 + z * (1.0 - g));
}

}  // namespace

/// Each compute shader alone against the same formula on the CPU.
class ComputeKernelsTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { context_ = std::make_unique<GlContext>(); }
    void cleanupTestCase() { context_.reset(); }
    void cleanup() { context_->check("the test"); }
    void layoutSurvivesTheRoundTrip_data();
    void layoutSurvivesTheRoundTrip();
    void batchIsDrawnAsDefined_data();
    void batchIsDrawnAsDefined();
    void productsOfAllPasses_data();
    void productsOfAllPasses();
    void lossAndItsDerivative_data();
    void lossAndItsDerivative();
    void partialsAreAdded();
    void sumsOfSquaresAndLosses();
    void adamStep_data();
    void adamStep();
    void particlesMove_data();
    void particlesMove();

  private:
    std::unique_ptr<GlContext> context_;
};

void ComputeKernelsTest::layoutSurvivesTheRoundTrip_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("depth");
    for (const int width : {8, 20, 64, 128, 129, 200, 300, 512})
        for (const int depth : {1, 3}) QTest::addRow("%d x %d", depth, width) << width << depth;
}

void ComputeKernelsTest::layoutSurvivesTheRoundTrip() {
    QFETCH(int, width);
    QFETCH(int, depth);
    const MlpLayout mlp{width, depth, Conditioning::LogSnr};
    const DeviceLayout layout(mlp);
    QVERIFY(layout.width() >= width && layout.width() < width + DeviceLayout::strip);
    QCOMPARE(layout.count() % 512, 0);
    std::vector<float> flat(mlp.parameterCount());
    for (std::size_t i = 0; i < flat.size(); ++i) flat[i] = static_cast<float>(i + 1);
    const std::vector<float> device = layout.toDevice(flat);
    QCOMPARE(layout.fromDevice(device), flat);
    QCOMPARE(std::count(device.begin(), device.end(), 0.0f),
             static_cast<std::ptrdiff_t>(device.size() - flat.size()));
    // Every weight above the first layer has one place of its own in the transposed copy.
    std::vector<int> taken(static_cast<std::size_t>(layout.transposedCount()), 0);
    for (const std::int32_t place : layout.transposedPlaces()) ++taken.at(static_cast<std::size_t>(place));
    for (std::size_t i = 0; i + DeviceLayout::strip < taken.size(); ++i) QCOMPARE(taken[i], 1);
}

void ComputeKernelsTest::batchIsDrawnAsDefined_data() {
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("floorCount");
    QTest::addColumn<bool>("stratified");
    QTest::addColumn<int>("points");
    QTest::addColumn<int>("steps");
    QTest::addColumn<int>("first");
    QTest::addColumn<LossKind>("loss");
    QTest::addColumn<Parametrisation>("parametrisation");
    QTest::addColumn<int>("classes");
    const auto row = [](const char* name, int batch, int floorCount, bool stratified, int points, int steps,
                        int first, LossKind loss = LossKind::Simple,
                        Parametrisation parametrisation = Parametrisation::Eps, int classes = 0) {
        QTest::newRow(name) << batch << floorCount << stratified << points << steps << first << loss
                            << parametrisation << classes;
    };
    row("default", 512, 51, true, 700, 1000, 0);
    row("independent", 512, 51, false, 700, 1000, 0);
    row("no floor, odd", 100, 0, true, 3, 50, 0);
    row("only floor", 100, 100, true, 3, 50, 0);
    row("one point, one step", 7, 1, true, 1, 1, 0);
    row("second half", 1000, 100, true, 700, 1000, 512);
    row("largest", 65536, 6554, true, 700, 10000, 65024);
    row("bound, v, classes", 512, 100, true, 700, 100, 0, LossKind::Bound, Parametrisation::V, 3);
    row("clean points, x0", 512, 200, true, 700, 1000, 0, LossKind::X0Space, Parametrisation::X0);
    row("four variables", 512, 51, true, 700, 1000, 0, LossKind::FourVariable);
    row("four variables, v, classes", 512, 51, false, 700, 1, 0, LossKind::FourVariable, Parametrisation::V,
        64);
    row("learned variance", 512, 51, true, 700, 50, 0, LossKind::LearnedVariance, Parametrisation::Eps, 9);
}

void ComputeKernelsTest::batchIsDrawnAsDefined() {
    QFETCH(int, batch);
    QFETCH(int, floorCount);
    QFETCH(bool, stratified);
    QFETCH(int, points);
    QFETCH(int, steps);
    QFETCH(int, first);
    constexpr int samples = 512;
    constexpr std::uint64_t seed = 0x123456789ABCDEFu;
    constexpr std::uint32_t step = 41;
    const std::vector<float> data = values(static_cast<std::size_t>(2 * points), 1);
    ScheduleSettings settings;
    settings.steps = steps;
    const NoiseSchedule schedule(settings);
    const auto levels = noiseLevels(schedule, Conditioning::LogSnr);
    QFETCH(LossKind, loss);
    QFETCH(Parametrisation, parametrisation);
    QFETCH(int, classes);
    const LossTable table = lossTable(schedule, {.loss = loss});
    const int inputCount = inputFeatures + (classes + 7) / 8 * 8;
    std::vector<std::int32_t> labels(static_cast<std::size_t>(points));
    for (std::size_t i = 0; classes > 0 && i < labels.size(); ++i)
        labels[i] = static_cast<std::int32_t>(i) % classes;

    ComputeProgram program("batch.comp", shaderSource("batch.comp"));
    const StorageBuffer pointBuffer = filled(data);
    const StorageBuffer levelBuffer = filled(deviceLevels(levels, table));
    const StorageBuffer inputs(static_cast<std::size_t>(samples * inputCount) * sizeof(float));
    const StorageBuffer targets(samples * 8 * sizeof(float));
    StorageBuffer labelBuffer(labels.size() * sizeof(std::int32_t));
    labelBuffer.upload(std::span<const std::int32_t>(labels));
    pointBuffer.bind(0);
    levelBuffer.bindTexels(0);
    inputs.bind(1);
    targets.bind(2);
    labelBuffer.bind(3);
    program.set("seedLow", static_cast<std::uint32_t>(seed));
    program.set("seedHigh", static_cast<std::uint32_t>(seed >> 32));
    program.set("stream", static_cast<std::uint32_t>(Stream::Batch));
    program.set("extraStream", static_cast<std::uint32_t>(Stream::BatchExtra));
    program.set("dropBelow", classDropBelow);
    program.set("classes", classes);
    program.set("classQuads", (inputCount - inputFeatures) / 4);
    program.set("separateNoise", table.separateNoise ? 1 : 0);
    program.set("parametrisation", static_cast<int>(parametrisation));
    program.set("step", step);
    program.set("batch", batch);
    program.set("floorCount", floorCount);
    program.set("first", first);
    program.set("rowQuads", inputCount / 4);
    program.set("stratified", stratified ? 1 : 0);
    program.set("pointCount", static_cast<std::uint32_t>(points));
    program.set("levelCount", static_cast<std::uint32_t>(steps));
    program.dispatch(samples / 64);
    const std::vector<float> gotInputs = read(inputs, static_cast<std::size_t>(samples * inputCount));
    const std::vector<float> gotTargets = read(targets, samples * 8);

    for (int sample = 0; sample < samples && first + sample < batch; ++sample) {
        const int i = first + sample;
        const auto words = philox(seed, Stream::Batch, static_cast<std::uint32_t>(i), step);
        const float* x0 = &data[2 * std::size_t{indexBelow(words[0], static_cast<std::uint32_t>(points))}];
        const auto extra = philox(seed, Stream::BatchExtra, static_cast<std::uint32_t>(i), step);
        auto eps = normalsOf(words[2], words[3]);
        auto target = eps;
        NoiseLevel level{};
        LevelLoss cost{};
        if (i < floorCount) {
            const float u =
                stratified ? (static_cast<float>(i) + uniformOf(words[1])) / static_cast<float>(floorCount)
                           : uniformOf(words[1]);
            level = noiseLevelOfLogSnr(-12.0 + 22.0 * static_cast<double>(u));
            const auto cell = static_cast<std::size_t>(std::min(u * 256.0f, 255.0f));
            cost.weight =
                table.floorWeights[cell] + (u * 256.0f - static_cast<float>(cell)) *
                                               (table.floorWeights[cell + 1] - table.floorWeights[cell]);
        } else {
            const auto t = static_cast<std::uint64_t>(steps);
            const std::uint64_t below = indexBelow(words[1], static_cast<std::uint32_t>(steps));
            const auto j = static_cast<std::uint64_t>(i - floorCount);
            const auto m = static_cast<std::uint64_t>(batch - floorCount);
            const std::uint64_t index = stratified ? (t * j + below) / m : below;
            level = levels.at(index);
            cost = table.levels.at(index);
            if (table.separateNoise) {
                const auto ofStep = normalsOf(extra[2], extra[3]);
                for (std::size_t axis = 0; axis < 2; ++axis) {
                    eps[axis] =
                        std::sqrt(1.0f - cost.weight) * eps[axis] + std::sqrt(cost.weight) * ofStep[axis];
                    target[axis] = ofStep[axis] / std::sqrt(cost.weight);
                }
            }
        }
        const std::size_t place = indexBelow(words[0], static_cast<std::uint32_t>(points));
        const int label = classes > 0 && extra[0] >= classDropBelow ? labels[place] : anyClass;
        const std::array<float, 2> xt{level.sqrtAlphaBar * x0[0] + level.sqrtOneMinusAlphaBar * eps[0],
                                      level.sqrtAlphaBar * x0[1] + level.sqrtOneMinusAlphaBar * eps[1]};
        std::vector<float> features(static_cast<std::size_t>(inputCount));
        inputOf(xt[0], xt[1], level.condition, features, label);
        for (int f = 0; f < inputCount; ++f) {
            const float got = gotInputs[at(f, sample, inputCount)];
            QVERIFY2(std::abs(got - features[static_cast<std::size_t>(f)]) < 1e-5f,
                     qPrintable(QString("sample %1 feature %2: %3, not %4")
                                    .arg(i)
                                    .arg(f)
                                    .arg(static_cast<double>(got))
                                    .arg(static_cast<double>(features[static_cast<std::size_t>(f)]))));
        }
        const auto toEps =
            conversion(parametrisation, Parametrisation::Eps, level.sqrtAlphaBar, level.sqrtOneMinusAlphaBar);
        const float* got = &gotTargets[8 * static_cast<std::size_t>(sample)];
        const auto near = [](float a, float b, float scale) { return std::abs(a - b) <= 4e-6f * scale; };
        for (std::size_t axis = 0; axis < 2; ++axis)
            QVERIFY(near(got[axis], target[axis] - toEps.fromXt * xt[axis],
                         1.0f + std::abs(target[axis]) + std::abs(toEps.fromXt * xt[axis])));
        QVERIFY(near(got[2], toEps.fromValue, std::abs(toEps.fromValue)));
        QVERIFY(near(got[3], cost.weight, cost.weight));
        QCOMPARE(got[4], cost.klWeight);
        QCOMPARE(got[5], cost.logRange);
        QCOMPARE(got[6], cost.meanFactor);
    }
}

void ComputeKernelsTest::productsOfAllPasses_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("depth");
    QTest::addColumn<int>("samples");
    QTest::addColumn<bool>("strips");
    for (const bool strips : {false, true}) {
        const char* kernels = strips ? "strips" : "loops";
        QTest::addRow("default, %s", kernels) << 128 << 3 << 256 << strips;
        QTest::addRow("odd, %s", kernels) << 20 << 1 << 128 << strips;
        QTest::addRow("wide, %s", kernels) << 200 << 2 << 128 << strips;  // longer sums than strips have
        QTest::addRow("many samples, %s", kernels) << 40 << 2 << 640 << strips;
    }
}

/// Forward, backward and gradient of a whole network in double.
void ComputeKernelsTest::productsOfAllPasses() {
    QFETCH(int, width);
    QFETCH(int, depth);
    QFETCH(int, samples);
    QFETCH(bool, strips);
    const MlpLayout mlp{width, depth, Conditioning::LogSnr};
    const auto layers = mlp.layers();
    std::vector<float> flat = values(mlp.parameterCount(), 2);
    for (float& p : flat) p *= 1.4f / std::sqrt(static_cast<float>(width));
    const std::vector<float> input = values(static_cast<std::size_t>(inputFeatures * samples), 3);
    const std::vector<float> delta = values(static_cast<std::size_t>(2 * samples), 4);

    const DeviceLayout layout(mlp);
    StripWorkspace work(layout, samples, true);
    StripNetwork network(strips ? std::optional<int>(0) : std::nullopt);
    const std::vector<float> parameters = layout.toDevice(flat);
    std::vector<float> transposed(static_cast<std::size_t>(layout.transposedCount()));
    const std::vector<std::int32_t> places = layout.transposedPlaces();
    for (std::size_t i = 0; i < parameters.size(); ++i)
        transposed[static_cast<std::size_t>(places[i])] = parameters[i];
    const int rowFeatures = 4 * work.rowQuads(0);
    std::vector<float> inputRows = read(work.rows[0], static_cast<std::size_t>(rowFeatures * samples));
    std::vector<float> deltaRows(static_cast<std::size_t>(DeviceLayout::strip * samples));
    for (int s = 0; s < samples; ++s) {
        for (int f = 0; f < inputFeatures; ++f)
            inputRows[at(f, s, rowFeatures)] = input[static_cast<std::size_t>(s * inputFeatures + f)];
        for (int o = 0; o < 2; ++o)
            deltaRows[at(o, s, DeviceLayout::strip)] = delta[static_cast<std::size_t>(2 * s + o)];
    }
    work.rows[0].upload(std::span<const float>(inputRows));
    work.outputDelta.upload(std::span<const float>(deltaRows));
    const StorageBuffer parameterBuffer = filled(parameters);
    const StorageBuffer transposedBuffer = filled(transposed);
    const int blocks = samples / DeviceLayout::group;
    const StorageBuffer partials(static_cast<std::size_t>(blocks * layout.count()) * sizeof(float));
    // Eight passes for each of six written-out kernels, which are mixed with the loops until then.
    for (int pass = 0; pass < (strips ? 48 : 1); ++pass) {
        network.forward(layout, work, parameterBuffer);
        network.backward(layout, work, transposedBuffer, partials);
    }

    const std::vector<float> output =
        read(work.output, static_cast<std::size_t>(DeviceLayout::strip * samples));
    const std::vector<float> sums = read(partials, static_cast<std::size_t>(blocks * layout.count()));
    std::vector<double> gotOutput, expectedOutput;
    for (int block = 0; block < blocks; ++block) {
        std::vector<double> gradient(flat.size(), 0.0);
        for (int s = block * DeviceLayout::group; s < (block + 1) * DeviceLayout::group; ++s) {
            std::vector<std::vector<double>> y{{}}, z;
            for (int f = 0; f < inputFeatures; ++f)
                y[0].push_back(static_cast<double>(input[static_cast<std::size_t>(s * inputFeatures + f)]));
            for (const auto& layer : layers) {
                z.emplace_back();
                for (int o = 0; o < layer.out; ++o) {
                    double sum = static_cast<double>(flat[layer.bias + static_cast<std::size_t>(o)]);
                    for (int i = 0; i < layer.in; ++i)
                        sum += static_cast<double>(
                                   flat[layer.weight + static_cast<std::size_t>(o * layer.in + i)]) *
                               y.back()[static_cast<std::size_t>(i)];
                    z.back().push_back(sum);
                }
                y.emplace_back();
                for (const double sum : z.back()) y.back().push_back(silu(sum));
            }
            std::vector<double> d(2);
            for (std::size_t o = 0; o < 2; ++o) {
                expectedOutput.push_back(z.back()[o]);
                gotOutput.push_back(
                    static_cast<double>(output[at(static_cast<int>(o), s, DeviceLayout::strip)]));
                d[o] = static_cast<double>(delta[static_cast<std::size_t>(2 * s) + o]);
            }
            for (std::size_t l = layers.size(); l-- > 0;) {
                const auto& layer = layers[l];
                std::vector<double> below(static_cast<std::size_t>(layer.in), 0.0);
                for (std::size_t o = 0; o < d.size(); ++o) {
                    gradient[layer.bias + o] += d[o];
                    for (std::size_t i = 0; i < below.size(); ++i) {
                        const std::size_t at = layer.weight + o * below.size() + i;
                        gradient[at] += d[o] * y[l][i];
                        below[i] += d[o] * static_cast<double>(flat[at]);
                    }
                }
                if (l > 0)
                    for (std::size_t i = 0; i < below.size(); ++i) below[i] *= slope(z[l - 1][i]);
                d = below;
            }
        }
        std::vector<float> device(static_cast<std::size_t>(layout.count()));
        for (std::size_t i = 0; i < device.size(); ++i)
            device[i] = sums[static_cast<std::size_t>(block) * device.size() + inPartial(i)];
        const std::vector<float> partial = layout.fromDevice(device);
        for (const auto& layer : layers) {
            const auto part = [&](const auto& from) {
                return std::vector<double>(
                    from.begin() + static_cast<std::ptrdiff_t>(layer.weight),
                    from.begin() + static_cast<std::ptrdiff_t>(layer.bias) + layer.out);
            };
            const double error = relative(part(gradient), part(partial));
            QVERIFY2(error < 2e-6, qPrintable(QString::number(error)));
        }
        // Padding gets no gradient, not even a rounding error.
        std::vector<float> padding = device;
        const std::vector<float> mask = layout.toDevice(std::vector<float>(flat.size(), 1.0f));
        for (std::size_t i = 0; i < padding.size(); ++i)
            if (mask[i] == 0.0f) QCOMPARE(padding[i], 0.0f);
    }
    QVERIFY2(relative(expectedOutput, gotOutput) < 1e-6,
             qPrintable(QString::number(relative(expectedOutput, gotOutput))));
}

void ComputeKernelsTest::lossAndItsDerivative_data() {
    QTest::addColumn<bool>("twoHeads");
    QTest::newRow("one head") << false;
    QTest::newRow("two heads") << true;
}

void ComputeKernelsTest::lossAndItsDerivative() {
    QFETCH(bool, twoHeads);
    constexpr int samples = 128;
    constexpr int batch = 200;
    constexpr int features = DeviceLayout::strip;
    const std::vector<float> outputs = values(features * samples, 5);
    std::vector<float> targets = values(8 * samples, 6);
    for (std::size_t i = 0; i < targets.size(); ++i)
        if (i % 8 > 2) targets[i] = std::abs(targets[i]);
    ComputeProgram program("loss.comp", shaderSource("loss.comp"));
    const StorageBuffer outputBuffer = filled(outputs);
    const StorageBuffer targetBuffer = filled(targets);
    const StorageBuffer losses(2 * samples * sizeof(float));
    const StorageBuffer rows(features * samples * sizeof(float));
    outputBuffer.bind(0);
    targetBuffer.bind(1);
    losses.bind(2);
    rows.bind(3);
    program.set("batch", batch);
    program.set("first", samples);
    program.set("twoHeads", twoHeads ? 1 : 0);
    program.set("scale", 1.0f / batch);
    program.dispatch(samples / 64);
    const auto gotLosses = read(losses, 2 * samples);
    const auto gotRows = read(rows, features * samples);
    for (std::size_t s = 0; s < samples; ++s) {
        const bool real = samples + s < batch;
        const auto wanted = [&](std::size_t i) { return static_cast<double>(targets[8 * s + i]); };
        const auto said = [&](std::size_t i) { return static_cast<double>(outputs[inRows(i, s, features)]); };
        const double gain = wanted(2), weight = wanted(3), kl = wanted(4), range = wanted(5),
                     factor = wanted(6);
        double loss = 0.0;
        std::array<double, features> slope{};
        for (std::size_t o = 0; o < 2; ++o) {
            const double error = gain * said(o) - wanted(o);
            loss += weight * error * error;
            slope[o] = 2.0 * weight * gain * error / batch;
            if (!twoHeads) continue;
            const double f = 1.0 / (1.0 + std::exp(-said(2 + o)));
            const double ratio = (1.0 + factor * error * error) * std::exp(-f * range);
            loss += kl * 0.5 * (f * range + ratio - 1.0);
            slope[2 + o] = kl * 0.5 * range * (1.0 - ratio) * f * (1.0 - f) / batch;
        }
        for (std::size_t o = 0; o < features; ++o) {
            const double got = static_cast<double>(gotRows[inRows(o, s, features)]);
            QVERIFY(std::abs(got - (real ? slope[o] : 0.0)) <= 1e-6 * (0.01 + std::abs(slope[o])));
        }
        QVERIFY(std::abs(static_cast<double>(gotLosses[samples + s]) - (real ? loss : 0.0)) <=
                1e-6 * (0.1 + loss));
        QCOMPARE(gotLosses[s], 0.0f);  // those of the samples before `first` are left alone
    }
}

void ComputeKernelsTest::partialsAreAdded() {
    constexpr std::size_t count = 256;
    constexpr std::size_t blocks = 5;
    const std::vector<float> partials = values(count * blocks, 7);
    const std::vector<float> before = values(count, 8);
    ComputeProgram program("reduce.comp", shaderSource("reduce.comp"));
    const StorageBuffer partialBuffer = filled(partials);
    for (const bool accumulate : {false, true}) {
        const StorageBuffer gradient = filled(before);
        partialBuffer.bindTexels(0);
        gradient.bind(0);
        program.set("blocks", static_cast<int>(blocks));
        program.set("quads", static_cast<int>(count / 4));
        program.set("accumulate", accumulate ? 1 : 0);
        program.dispatch(count / 128);
        const auto got = read(gradient, count);
        for (std::size_t i = 0; i < count; ++i) {
            float sum = accumulate ? before[i] : 0.0f;
            for (std::size_t b = 0; b < blocks; ++b) sum += partials[b * count + inPartial(i)];
            QCOMPARE(got[i], sum);  // the same order, so the same bits
        }
    }
}

void ComputeKernelsTest::sumsOfSquaresAndLosses() {
    constexpr std::size_t count = 128 * 301;
    constexpr std::size_t samples = 1001;
    const std::vector<float> gradient = values(count, 9);
    std::vector<float> losses = values(samples, 10);
    for (float& loss : losses) loss *= loss;
    ComputeProgram program("sums.comp", shaderSource("sums.comp"));
    const StorageBuffer gradientBuffer = filled(gradient);
    const StorageBuffer lossBuffer = filled(losses);
    const StorageBuffer sums(2 * sizeof(float));
    gradientBuffer.bindTexels(0);
    lossBuffer.bind(0);
    sums.bind(1);
    program.set("quads", static_cast<int>(count / 4));
    program.set("lossCount", static_cast<int>(samples));
    program.dispatch(1);
    const auto got = read(sums, 2);
    double squares = 0.0;
    for (const float g : gradient) squares += static_cast<double>(g) * static_cast<double>(g);
    double loss = 0.0;
    for (const float l : losses) loss += static_cast<double>(l);
    QVERIFY(std::abs(static_cast<double>(got[0]) / squares - 1.0) < 5e-7);
    QVERIFY(std::abs(static_cast<double>(got[1]) / loss - 1.0) < 5e-7);
}

void ComputeKernelsTest::adamStep_data() {
    QTest::addColumn<double>("norm");
    QTest::newRow("clipped") << 7.0;
    QTest::newRow("not clipped") << 0.25;
}

void ComputeKernelsTest::adamStep() {
    QFETCH(double, norm);
    constexpr std::size_t count = 1024;
    constexpr double rate = 2e-3, rootScale = 1.7, decay = 0.4;
    std::vector<float> gradient = values(count, 11);
    double squares = 0.0;
    for (const float g : gradient) squares += static_cast<double>(g) * static_cast<double>(g);
    for (float& g : gradient) g *= static_cast<float>(norm / std::sqrt(squares));
    const std::vector<float> parameters = values(count, 12);
    const std::vector<float> average = values(count, 13);
    std::vector<float> first = values(count, 14);
    std::vector<float> second = values(count, 15);
    for (float& m : first) m *= 0.01f;
    for (float& m : second) m = 0.01f * std::abs(m);
    std::vector<float> places(count);  // backwards, as integers
    for (std::size_t i = 0; i < count; ++i) {
        const auto place = static_cast<std::int32_t>(count - 1 - i);
        std::memcpy(&places[i], &place, sizeof place);
    }
    const std::vector<float> sums{static_cast<float>(norm * norm), 30.0f};
    ComputeProgram program("adam.comp", shaderSource("adam.comp"));
    const std::vector<std::vector<float>> contents{
        gradient, sums, places, parameters, std::vector<float>(count), first, second, average, {0, 0, 0, 0}};
    std::vector<StorageBuffer> buffers;
    for (std::size_t i = 0; i < contents.size(); ++i) {
        buffers.push_back(filled(contents[i]));
        if (i > 0) buffers.back().bind(static_cast<int>(i) - 1);
    }
    constexpr std::array<std::size_t, 5> texels{0, 3, 5, 6, 7};
    for (std::size_t unit = 0; unit < texels.size(); ++unit)
        buffers[texels[unit]].bindTexels(static_cast<int>(unit));
    program.set("rate", static_cast<float>(rate));
    program.set("rootScale", static_cast<float>(rootScale));
    program.set("decay", static_cast<float>(decay));
    program.set("perSample", 1.0f / 20.0f);
    program.set("stepIndex", 2);
    program.dispatch(count / 512);
    const auto gotParameters = read(buffers[3], count);
    const auto gotTransposed = read(buffers[4], count);
    const auto gotFirst = read(buffers[5], count);
    const auto gotSecond = read(buffers[6], count);
    const auto gotAverage = read(buffers[7], count);
    const double clip = std::min(1.0, 1.0 / norm);
    for (std::size_t i = 0; i < count; ++i) {
        const double g = clip * static_cast<double>(gradient[i]);
        const double m = 0.9 * static_cast<double>(first[i]) + 0.1 * g;
        const double v = 0.999 * static_cast<double>(second[i]) + 0.001 * g * g;
        const double p = static_cast<double>(parameters[i]) - rate * m / (std::sqrt(v) * rootScale + 1e-8);
        const double a = decay * static_cast<double>(average[i]) + (1.0 - decay) * p;
        const auto near = [](float got, double expected, double scale) {
            return std::abs(static_cast<double>(got) - expected) <= 3e-7 * scale;
        };
        QVERIFY(near(gotFirst[i], m, 0.03));
        QVERIFY(near(gotSecond[i], v, 0.03));
        QVERIFY(near(gotParameters[i], p, 1.0));
        QVERIFY(near(gotAverage[i], a, 1.0));
        QCOMPARE(gotTransposed[count - 1 - i], gotParameters[i]);
    }
    QCOMPARE(read(buffers[8], 4), (std::vector<float>{0, 0, 1.5f, 0}));
}

void ComputeKernelsTest::particlesMove_data() {
    QTest::addColumn<float>("noise");
    QTest::addColumn<bool>("clamp");
    QTest::addColumn<float>("logRange");
    QTest::newRow("noise, clamp") << 0.3f << true << 0.0f;
    QTest::newRow("noise, open") << 0.3f << false << 0.0f;
    QTest::newRow("no noise, clamp") << 0.0f << true << 0.0f;
    QTest::newRow("learned noise") << 0.3f << true << 1.7f;
}

void ComputeKernelsTest::particlesMove() {
    QFETCH(float, noise);
    QFETCH(bool, clamp);
    QFETCH(float, logRange);
    constexpr int samples = 128;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const ReverseStep step{.from = 37,
                           .to = 36,
                           .asked = 37,
                           .level = {0.4f, 0.9f, -1.6f},
                           .fromXt = 0.7f,
                           .fromX0 = 0.3f,
                           .fromMemory = -0.6f,
                           .keepXt = 1.2f,
                           .keepX0 = -0.4f,
                           .noise = noise,
                           .logRange = logRange,
                           .stretch = pathStretch(36, 37, 50, 3),
                           .clamp = clamp,
                           .box = {{-0.8f, -1.0f}, {0.9f, 1.1f}}};
    const std::vector<float> outputs = values(DeviceLayout::strip * samples, 15);
    const std::vector<float> positions = values(2 * samples, 16);
    const std::vector<float> memories = values(2 * samples, 17);
    ComputeProgram program("particle.comp", shaderSource("particle.comp"));
    const StorageBuffer outputBuffer = filled(outputs);
    const StorageBuffer positionBuffer = filled(positions);
    const StorageBuffer frames(4 * samples * sizeof(float));
    const StorageBuffer inputs(inputFeatures * samples * sizeof(float));
    const StorageBuffer memoryBuffer = filled(memories);
    const StorageBuffer pathEnds(2 * samples * sizeof(float));
    outputBuffer.bind(0);
    positionBuffer.bind(1);
    frames.bind(2);
    inputs.bind(3);
    memoryBuffer.bind(4);
    pathEnds.bind(5);
    outputBuffer.bind(6);
    program.set("move", 1);
    program.set("classQuads", 0);
    program.set("label", anyClass);
    program.set("guided", 0);
    program.set("toX0", std::array<float, 2>{1.0f / step.level.sqrtAlphaBar,
                                             -step.level.sqrtOneMinusAlphaBar / step.level.sqrtAlphaBar});
    program.set("rowQuads", inputFeatures / 4);
    program.set("seedLow", 5u);
    program.set("seedHigh", 6u);
    program.set("stream", static_cast<std::uint32_t>(Stream::ReverseChain));
    program.set("lap", step.stretch.lap);
    program.set("lowCell", step.stretch.low.cell);
    program.set("lowFraction", step.stretch.low.fraction);
    program.set("highCell", step.stretch.high.cell);
    program.set("highFraction", step.stretch.high.fraction);
    program.set("highKnown", 0);
    program.set("stretchScale", step.stretch.scale);
    program.set("firstParticle", 1000u);
    program.set("frameBase", samples);
    program.set("fromXt", step.fromXt);
    program.set("fromX0", step.fromX0);
    program.set("fromMemory", step.fromMemory);
    program.set("keepXt", step.keepXt);
    program.set("keepX0", step.keepX0);
    program.set("noise", noise);
    program.set("logRange", logRange);
    program.set("low", clamp ? step.box.low : std::array<float, 2>{-infinity, -infinity});
    program.set("high", clamp ? step.box.high : std::array<float, 2>{infinity, infinity});
    program.set("nextCondition", -1.5f);
    program.dispatch(samples / 64);
    const auto got = read(positionBuffer, 2 * samples);
    const auto gotFrames = read(frames, 4 * samples);
    const auto gotInputs = read(inputs, inputFeatures * samples);

    std::vector<float> eps(2 * samples);
    std::vector<float> shares(2 * samples);
    for (std::size_t i = 0; i < samples; ++i)
        for (std::size_t axis = 0; axis < 2; ++axis) {
            eps[2 * i + axis] = outputs[inRows(axis, i, DeviceLayout::strip)];
            shares[2 * i + axis] =
                1.0f / (1.0f + std::exp(-outputs[inRows(2 + axis, i, DeviceLayout::strip)]));
        }
    std::vector<float> expected = positions;
    std::vector<float> expectedMemory = memories;
    applyReverseStep(step, (std::uint64_t{6} << 32) + 5, 1000, eps, expected, expectedMemory, shares);
    const auto gotMemory = read(memoryBuffer, 2 * samples);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        QVERIFY(std::abs(got[i] - expected[i]) < 4e-6f);
        QVERIFY(std::abs(gotMemory[i] - expectedMemory[i]) < 2e-6f);
        QCOMPARE(gotFrames[i], 0.0f);
        QCOMPARE(gotFrames[2 * samples + i], got[i]);
    }
    for (int s = 0; s < samples; ++s) {
        std::vector<float> features(inputFeatures);
        inputOf(got[static_cast<std::size_t>(2 * s)], got[static_cast<std::size_t>(2 * s + 1)], -1.5f,
                features);
        for (int f = 0; f < inputFeatures; ++f)
            QVERIFY(std::abs(gotInputs[at(f, s, inputFeatures)] - features[static_cast<std::size_t>(f)]) <
                    2e-6f);
    }
}

QTEST_GUILESS_MAIN(ComputeKernelsTest)
#include "ComputeKernelsTest.moc"
