#include "Error.h"
#include "export/FilmFile.h"

#include <QBuffer>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRandomGenerator>
#include <algorithm>
#include <filesystem>
#include <utility>

namespace diffuscope {
namespace {

InputError cannotWrite(const QString& path, const QString& reason) {
    return InputError(QStringLiteral("Cannot write \"%1\": %2.").arg(path, reason).toStdString());
}

class FrameFolder : public FilmFile {
  public:
    explicit FrameFolder(FilmShape shape) : shape_(std::move(shape)) {
        const QFileInfo target(QDir::cleanPath(QFileInfo(shape_.path).absoluteFilePath()));
        path_ = target.filePath();
        if (target.exists() && !target.isDir())
            throw cannotWrite(shape_.path, QStringLiteral("frames need a folder, and a file has this name"));
        if (target.isDir() && !QDir(path_).isEmpty())
            throw cannotWrite(shape_.path, QStringLiteral("the folder exists and is not empty"));
        // One arg() for all: the name itself may hold a %1.
        temporary_ = QStringLiteral("%1/.%2-%3")
                         .arg(target.path(), target.fileName(),
                              QString::number(QRandomGenerator::global()->generate64(), 16));
        if (!QDir().mkdir(temporary_))
            throw cannotWrite(shape_.path,
                              QStringLiteral("no folder can be made in \"%1\"").arg(target.path()));
        digits_ = std::max(4, static_cast<int>(QString::number(shape_.frames).size()));
    }

    ~FrameFolder() override {
        if (!temporary_.isEmpty()) QDir(temporary_).removeRecursively();
    }

    bool add(const QImage& frame) override {
        QByteArray bytes;
        QBuffer buffer(&bytes);
        if (!buffer.open(QIODevice::WriteOnly) || !frame.save(&buffer, "png", 80))
            throw cannotWrite(shape_.path, QStringLiteral("a frame cannot be encoded as PNG"));
        QFile file(temporary_ +
                   QStringLiteral("/frame-%1.png").arg(++written_, digits_, 10, QLatin1Char('0')));
        if (!file.open(QIODevice::WriteOnly)) throw cannotWrite(shape_.path, file.errorString());
        if (file.write(bytes) != bytes.size() || !file.flush())
            throw cannotWrite(shape_.path, file.errorString() == QLatin1String("Unknown error")
                                               ? QStringLiteral("the disk may be full")
                                               : file.errorString());
        return !shape_.stopped();
    }

    bool finish() override {
        std::error_code error;
        std::filesystem::rename(temporary_.toStdString(), path_.toStdString(), error);
        if (error) throw cannotWrite(shape_.path, QString::fromStdString(error.message()));
        temporary_.clear();
        return true;
    }

  private:
    FilmShape shape_;
    QString path_;
    QString temporary_;
    int digits_ = 4;
    int written_ = 0;
};

}  // namespace

std::unique_ptr<FilmFile> frameFolder(FilmShape shape) {
    return std::make_unique<FrameFolder>(std::move(shape));
}

}  // namespace diffuscope
