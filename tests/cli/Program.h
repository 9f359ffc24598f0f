#pragma once
#include <QByteArray>
#include <QDir>
#include <QFile>
#include <QList>
#include <QProcess>
#include <QProcessEnvironment>
#include <QStringList>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <cmath>
#include <csignal>
#include <cstring>
#include <vector>

// What the tests of the command line share: the program run in a folder, and readers of what it writes.

/// "a b c" as arguments.
inline QStringList words(const QString& line) {
    return line.split(' ', Qt::SkipEmptyParts);
}

inline QByteArray bytesOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline void writeBytes(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
}

/// The numbers of an NPY file of version 1.0 and little-endian floats; none where its shape is another.
inline std::vector<float> floatsOf(const QByteArray& npy, const QByteArray& shape) {
    if (npy.size() < 10 || !npy.startsWith(QByteArray("\x93NUMPY\x01\x00", 8))) return {};
    const auto length = static_cast<unsigned char>(npy[8]) + 256 * static_cast<unsigned char>(npy[9]);
    const QByteArray header = npy.mid(10, length);
    if (!header.contains("'descr': '<f4'") || !header.contains("'shape': " + shape)) return {};
    std::vector<float> values(static_cast<std::size_t>(npy.size() - 10 - length) / sizeof(float));
    std::memcpy(values.data(), npy.constData() + 10 + length, values.size() * sizeof(float));
    return values;
}

/// The numbers of a table with a header, or none where a cell is not a finite number.
inline QList<double> numbersOf(const QByteArray& csv) {
    QList<double> numbers;
    for (const QByteArray& line : csv.trimmed().split('\n').mid(1))
        for (const QByteArray& cell : line.split(',')) {
            bool good = false;
            numbers.append(cell.toDouble(&good));
            if (!good || !std::isfinite(numbers.last())) return {};
        }
    return numbers;
}

/// What a run of the program left behind.
struct Result {
    int status;  ///< -1 when it crashed or did not end
    QByteArray out;
    QByteArray err;
};

/// The program in a folder of its own, without a display.
class Program {
  public:
    explicit Program(const QString& folder) {
        process_.setProgram(DIFFUSCOPE_PROGRAM);
        process_.setWorkingDirectory(folder);
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR"})
            environment.remove(name);
        process_.setProcessEnvironment(environment);
    }
    void set(const QString& name, const QString& value) {
        QProcessEnvironment environment = process_.processEnvironment();
        environment.insert(name, value);
        process_.setProcessEnvironment(environment);
    }
    void sendOutputTo(const QString& path) { process_.setStandardOutputFile(path); }

    Result run(const QStringList& arguments) {
        start(arguments);
        return finish();
    }
    void start(const QStringList& arguments) {
        process_.setArguments(arguments);
        process_.start();
        process_.waitForStarted();
    }
    Result finish() {
        const bool ended = process_.waitForFinished(120'000) && process_.exitStatus() == QProcess::NormalExit;
        return {ended ? process_.exitCode() : -1, process_.readAllStandardOutput(),
                process_.readAllStandardError()};
    }
    /// Sends the signal once the program catches it.
    void interrupt(int signal) {
        for (int i = 0; i < 1000 && !catches(signal); ++i) QThread::msleep(10);
        QThread::msleep(200);
        this->signal(signal);
    }
    void signal(int signal) { ::kill(static_cast<pid_t>(process_.processId()), signal); }

  private:
    [[nodiscard]] bool catches(int signal) const {
        QFile file("/proc/" + QString::number(process_.processId()) + "/status");
        if (!file.open(QIODevice::ReadOnly)) return false;
        for (const QByteArray& line : file.readAll().split('\n'))
            if (line.startsWith("SigCgt:"))
                return (line.mid(7).trimmed().toULongLong(nullptr, 16) >> (signal - 1) & 1) != 0;
        return false;
    }

    QProcess process_;
};

/// A test that runs the program in a folder of its own.
class InFolder {
  protected:
    [[nodiscard]] QString folder() const { return folder_.path(); }
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }
    [[nodiscard]] QStringList entries() const {
        return QDir(folder()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    }
    [[nodiscard]] Result run(const QString& line) const { return Program(folder()).run(words(line)); }

    /// Trains roll.diffuscope, of the Swiss roll for 40 steps, and table.diffuscope, of the table good.csv
    /// for 20; returns what the second said, or the first where it failed.
    [[nodiscard]] Result trainSessions() const {
        writeBytes(path("good.csv"), "width,height\n100,5\n104,5.5\n102,6\n101,5.25\n106,7\n103,4\n");
        const QString common =
            " --backend cpu --set network.width=16 --set network.depth=2 --set training.batch=64";
        const Result roll =
            run("train --dataset swiss-roll --steps 40 --out roll.diffuscope --set data.points=500" + common);
        if (roll.status != 0) return roll;
        return run("train --dataset good.csv --steps 20 --out table.diffuscope" + common);
    }

    /// Columns and a row of commands that are refused: `line` ends with `status`, and its sentence has
    /// `says`.
    static void refusalColumns() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("says");
    }
    static void refusalRow(const char* line, int status, const char* says) {
        QTest::newRow(line) << line << status << says;
    }
    /// Runs such a row: nothing goes to standard output, and the folder stays as it was.
    void checkRefusal(const QString& line, int status, const QString& says) const {
        const QStringList before = entries();
        const Result result = run(line);
        QVERIFY2(result.status == status, result.err);
        QVERIFY2(QString::fromUtf8(result.err).contains(says), result.err);
        QVERIFY(!result.err.isEmpty());
        QCOMPARE(result.out, QByteArray());
        QCOMPARE(entries(), before);
    }

  private:
    QTemporaryDir folder_;
};
