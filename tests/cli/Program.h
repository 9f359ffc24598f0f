#pragma once
#include <QByteArray>
#include <QFile>
#include <QProcess>
#include <QProcessEnvironment>
#include <QStringList>
#include <QThread>
#include <csignal>

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
