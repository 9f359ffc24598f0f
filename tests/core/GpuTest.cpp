#include "Error.h"
#include "denoiser/ComputeShaders.h"
#include "denoiser/Elementary.h"
#include "diffusion/Noise.h"
#include "gpu/ComputeProgram.h"
#include "gpu/GlContext.h"
#include "gpu/GpuProbe.h"
#include "gpu/StorageBuffer.h"

#include <QtTest>
#include <cmath>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

using namespace diffuscope;

/// The OpenGL wrapper, and the functions that every shader shares against their CPU twins.
class GpuTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { context_ = std::make_unique<GlContext>(); }
    void cleanupTestCase() { context_.reset(); }
    void rendererIsNamed();
    void probeAgreesAndLeavesTheContextCurrent();
    void contextOnAnotherThread();
    void buffersKeepWhatTheyTake();
    void badShadersAreRefused();
    void unknownUniformIsAProgrammingError();
    void lostContextIsReported();
    void glErrorIsReported();
    void philoxIsBitEqual();
    void uniformsAndIndicesAreBitEqual();
    void normalsAgree();
    void elementaryFunctionsAgree();

  private:
    /// Runs `body`, which computes `vec4 result` from `uint i`, for i = 0 … count - 1.
    static std::vector<float> evaluate(const std::string& body, int count);
    std::unique_ptr<GlContext> context_;
};

std::vector<float> GpuTest::evaluate(const std::string& body, int count) {
    ComputeProgram program("test", shaderLibrary() +
                                       "layout(local_size_x = 64) in;\n"
                                       "layout(std430, binding = 0) buffer Results { vec4 results[]; };\n"
                                       "void main() { uint i = gl_GlobalInvocationID.x; vec4 result;\n" +
                                       body + "\nresults[i] = result; }\n");
    std::vector<float> results(static_cast<std::size_t>(4 * count));
    StorageBuffer buffer(results.size() * sizeof(float));
    buffer.bind(0);
    program.dispatch(count / 64);
    buffer.download(std::span<float>(results));
    return results;
}

void GpuTest::rendererIsNamed() {
    QVERIFY(!context_->renderer().empty());
    QVERIFY(context_->texelLimit() >= 65536);
    QVERIFY(context_->storageLimit() >= std::size_t{1} << 24);
    QVERIFY(isSoftwareRenderer("llvmpipe (LLVM 15.0.6, 256 bits)"));
    QVERIFY(isSoftwareRenderer("softpipe"));
    QVERIFY(!isSoftwareRenderer("AMD Radeon RX 6600 (radeonsi, navi23)"));
}

void GpuTest::probeAgreesAndLeavesTheContextCurrent() {
    StorageBuffer buffer(64);
    const std::vector<float> values(16, 2.5f);
    buffer.upload(std::span<const float>(values));
    const GpuProbe probe = probeGpu();
    QVERIFY(probe.available);
    QCOMPARE(probe.renderer, context_->renderer());
    QCOMPARE(probe.software, context_->software());
    QVERIFY(probe.reason.empty());
    std::vector<float> back(16);
    buffer.download(std::span<float>(back));
    QCOMPARE(back, values);
}

void GpuTest::contextOnAnotherThread() {
    std::string renderer;
    std::thread([&] { renderer = GlContext().renderer(); }).join();
    QCOMPARE(renderer, context_->renderer());
    context_->check("nothing");
}

void GpuTest::buffersKeepWhatTheyTake() {
    std::vector<std::uint32_t> values(1000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint32_t>(i * 2654435761u);
    StorageBuffer buffer(values.size() * sizeof(std::uint32_t));
    std::vector<std::uint32_t> back(values.size(), 1);
    buffer.download(std::span<std::uint32_t>(back));
    QCOMPARE(back, std::vector<std::uint32_t>(values.size(), 0));
    buffer.upload(std::span<const std::uint32_t>(values));
    StorageBuffer moved = std::move(buffer);
    moved.download(std::span<std::uint32_t>(back));
    QCOMPARE(back, values);
    std::vector<std::uint32_t> part(10);
    moved.download(std::span<std::uint32_t>(part), 500);
    QCOMPARE(part[3], values[503]);
    moved.clear();
    moved.download(std::span<std::uint32_t>(back));
    QCOMPARE(back, std::vector<std::uint32_t>(values.size(), 0));
}

void GpuTest::badShadersAreRefused() {
    try {
        ComputeProgram("nonsense", "#version 430\nvoid main() { nonsense }\n");
        QFAIL("a bad shader compiled");
    } catch (const BackendError& error) {
        QVERIFY(QString(error.what()).contains("nonsense"));
        QVERIFY(QString(error.what()).contains("does not compile"));
    }
    QVERIFY_EXCEPTION_THROWN(ComputeProgram("unlinkable",
                                            "#version 430\nlayout(local_size_x = 64) in;\n"
                                            "void missing();\nvoid main() { missing(); }\n"),
                             BackendError);
    context_->check("after bad shaders");
}

void GpuTest::unknownUniformIsAProgrammingError() {
    ComputeProgram program("empty",
                           "#version 430\nlayout(local_size_x = 1) in;\nuniform int unused;\n"
                           "void main() {}\n");
    program.set("unused", 1);
    QVERIFY_EXCEPTION_THROWN(program.set("misspelt", 1), std::logic_error);
}

void GpuTest::lostContextIsReported() {
    GlContext lost;
    lost.check("before");
    lost.replaceResetStatus([] { return std::uint32_t{0x8253}; });  // GL_GUILTY_CONTEXT_RESET
    try {
        lost.check("the test's work");
        QFAIL("a lost context was not reported");
    } catch (const BackendError& error) {
        QVERIFY(QString(error.what()).contains("the test's work"));
    }
    context_->use();
    context_->check("the other context");
}

void GpuTest::glErrorIsReported() {
    StorageBuffer buffer(64);
    std::vector<float> beyond(100000);
    buffer.download(std::span<float>(beyond));  // GL_INVALID_VALUE
    QVERIFY_EXCEPTION_THROWN(context_->check("reading too far"), BackendError);
    context_->check("an error is reported once");
}

void GpuTest::philoxIsBitEqual() {
    constexpr int count = 4096;
    const std::uint64_t seed = 0x9E3779B97F4A7C15u;
    const std::vector<float> words = evaluate(
        "result = uintBitsToFloat(philox(uvec2(0x7F4A7C15u, 0x9E3779B9u), 6u, i * 2654435761u, "
        "i ^ 77u, i * 40503u));",
        count);
    int different = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto expected = philox(seed, Stream::Batch, i * 2654435761u, i ^ 77u, i * 40503u);
        different += std::memcmp(expected.data(), &words[4 * i], sizeof expected) != 0;
    }
    QCOMPARE(different, 0);
}

void GpuTest::uniformsAndIndicesAreBitEqual() {
    constexpr int count = 4096;
    // The second count is 1, but not as a literal: Mesa 22.3 folds umulExtended(x, 1u) into a high word of x.
    const std::vector<float> results = evaluate(
        "uint word = i * 1048583u + i; result = vec4(uniformOf(word), uniformOf(~word),"
        "uintBitsToFloat(indexBelow(word, 1000003u)), uintBitsToFloat(indexBelow(~word, i / 4096u + 1u)));",
        count);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t word = i * 1048583u + i;
        QCOMPARE(results[4 * i], uniformOf(word));
        QCOMPARE(results[4 * i + 1], uniformOf(~word));
        std::uint32_t index = 0;
        std::memcpy(&index, &results[4 * i + 2], sizeof index);
        QCOMPARE(index, indexBelow(word, 1000003u));
        std::memcpy(&index, &results[4 * i + 3], sizeof index);
        QCOMPARE(index, 0u);
    }
}

void GpuTest::normalsAgree() {
    constexpr int count = 8192;
    const std::vector<float> results = evaluate(
        "uvec4 w = philox(uvec2(3u, 0u), 5u, i, 9u); result = vec4(normalsOf(w.x, w.y),"
        "normalsOf(0xFFFFFFFFu, w.x).x, normalsOf(0u, i << 24).y);",
        count);
    float worst = 0.0f;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto words = philox(3, Stream::ReverseChain, i, 9);
        const auto z = normalsOf(words[0], words[1]);
        worst = std::max({worst, std::abs(results[4 * i] - z[0]), std::abs(results[4 * i + 1] - z[1])});
        QCOMPARE(results[4 * i + 2], 0.0f);  // uniform 1: radius 0
        QVERIFY(std::abs(results[4 * i + 3] - normalsOf(0, i << 24)[1]) < 4e-6f);
    }
    QVERIFY2(worst < 2e-6f, qPrintable(QString::number(static_cast<double>(worst))));
}

void GpuTest::elementaryFunctionsAgree() {
    constexpr int count = 8192;
    const std::vector<float> results = evaluate(
        "float x = (float(i) - 4096.0) * 0.0211; result = vec4(expOf(vec4(x)).x,"
        "logOf(abs(x) + 1e-7), sinCosOf(x));",
        count);
    for (int i = 0; i < count; ++i) {
        const float x = (static_cast<float>(i) - 4096.0f) * 0.0211f;
        const float* r = &results[static_cast<std::size_t>(4 * i)];
        const float e = expOf(x);
        const float l = logOf(std::abs(x) + 1e-7f);
        const SinCos w = sinCosOf(x);
        QVERIFY(std::abs(r[0] - e) <= 3e-7f * e);
        QVERIFY(std::abs(r[1] - l) <= 3e-7f * std::max(1.0f, std::abs(l)));
        QVERIFY(std::abs(r[2] - w.sin) <= 3e-7f);
        QVERIFY(std::abs(r[3] - w.cos) <= 3e-7f);
        // And the twins are right: against the library's double.
        const double exact = static_cast<double>(x);
        QVERIFY(std::abs(static_cast<double>(r[0]) / std::exp(std::clamp(exact, -87.0, 88.0)) - 1.0) < 5e-7);
        QVERIFY(std::abs(static_cast<double>(r[2]) - std::sin(exact)) < 5e-7);
    }
}

QTEST_GUILESS_MAIN(GpuTest)
#include "GpuTest.moc"
