#include "Error.h"
#include "denoiser/DenoiserBackend.h"
#include "gpu/ComputeProgram.h"
#include "gpu/GlContext.h"
#include "gpu/GpuProbe.h"

#include <QtTest>
#include <cstdio>
#include <cstring>

using namespace diffuscope;

/// Each way to be without OpenGL 4.3, in a process of its own: the driver reads its environment once.
class GpuFaultsTest : public QObject {
    Q_OBJECT
  private slots:
    void withoutOpenGl_data();
    void withoutOpenGl();
    void withBadShader();

  private:
    struct Result {
        int exitCode;
        QStringList lines;
    };
    static Result child(const QString& what, const QStringList& assignments);
};

namespace {

constexpr int wrong = 7;

/// Prints the reasons of probe, backend and choice; fails when one of them finds a GPU.
int reportMissing() {
    const GpuProbe probe = probeGpu();
    if (probe.available) return wrong;
    std::printf("%s\n", probe.reason.c_str());
    try {
        static_cast<void>(makeComputeBackend("test"));
        return wrong;
    } catch (const BackendError& error) {
        std::printf("%s\n", error.what());
    }
    try {
        static_cast<void>(makeBackend(BackendKind::Gpu));
        return wrong;
    } catch (const BackendError& error) {
        std::printf("%s\n", error.what());
    }
    const auto fallback = makeBackend(BackendKind::Auto, 1);
    std::printf("%s\n%s\n", fallback->description().id.c_str(), fallback->description().reason.c_str());
    return 0;
}

int reportBadShader() {
    const GlContext context;
    try {
        ComputeProgram("broken", "#version 430\nlayout(local_size_x = 1) in;\nvoid main() { oops(; }\n");
        return wrong;
    } catch (const BackendError& error) {
        std::printf("%s\n", error.what());
    }
    return 0;
}

}  // namespace

GpuFaultsTest::Result GpuFaultsTest::child(const QString& what, const QStringList& assignments) {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const QString& assignment : assignments) {
        const qsizetype equals = assignment.indexOf('=');
        environment.insert(assignment.left(equals), assignment.mid(equals + 1));
    }
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(QCoreApplication::applicationFilePath(), {what});
    if (!process.waitForFinished(60000)) {
        process.kill();
        return {-1, {"hangs"}};
    }
    if (process.exitStatus() != QProcess::NormalExit) return {-1, {"crashed"}};
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()).split('\n')};
}

void GpuFaultsTest::withoutOpenGl_data() {
    QTest::addColumn<QStringList>("assignments");
    QTest::newRow("old version") << QStringList{"MESA_GL_VERSION_OVERRIDE=3.3"};
    QTest::newRow("no compute extension") << QStringList{"MESA_EXTENSION_OVERRIDE=-GL_ARB_compute_shader"};
    QTest::newRow("softpipe") << QStringList{"GALLIUM_DRIVER=softpipe"};
    QTest::newRow("softpipe that claims 4.5")
        << QStringList{"GALLIUM_DRIVER=softpipe", "MESA_GL_VERSION_OVERRIDE=4.5"};
    QTest::newRow("no driver") << QStringList{"LIBGL_DRIVERS_PATH=/nonexistent"};
    QTest::newRow("no EGL vendor") << QStringList{"__EGL_VENDOR_LIBRARY_FILENAMES=/nonexistent"};
}

void GpuFaultsTest::withoutOpenGl() {
    QFETCH(QStringList, assignments);
    const Result result = child("missing", assignments);
    QVERIFY2(result.exitCode == 0, qPrintable(result.lines.join(' ')));
    QVERIFY(result.lines.size() >= 5);
    for (int i = 0; i < 3; ++i) {
        QVERIFY2(result.lines[i].startsWith("no OpenGL 4.3 compute context"), qPrintable(result.lines[i]));
        QVERIFY2(result.lines[i].contains(": "), qPrintable(result.lines[i]));
    }
    QCOMPARE(result.lines[3], "cpu");
    QVERIFY2(result.lines[4].contains("no OpenGL 4.3 compute context"), qPrintable(result.lines[4]));
}

void GpuFaultsTest::withBadShader() {
    const Result result = child("bad-shader", {});
    QVERIFY2(result.exitCode == 0, qPrintable(result.lines.join(' ')));
    QVERIFY(result.lines[0].contains("'broken' does not compile"));
}

int main(int argc, char** argv) {
    if (argc == 2 && std::strcmp(argv[1], "missing") == 0) return reportMissing();
    if (argc == 2 && std::strcmp(argv[1], "bad-shader") == 0) return reportBadShader();
    QCoreApplication application(argc, argv);
    GpuFaultsTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "GpuFaultsTest.moc"
