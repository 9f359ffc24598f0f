#include "Error.h"
#include "export/FilmFile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryFile>
#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace diffuscope {
namespace {

constexpr int paletteFrames = 24;
constexpr double mirrorBytes = 512.0 * 1024 * 1024;  // that ffmpeg may hold of a film's second half

struct Encoder {
    std::string_view format;
    const char* filter;     ///< of the frames, or empty
    const char* arguments;  ///< after it, separated by blanks
    double pixelBytes;      ///< of a filtered frame; 0: the film cannot be mirrored
};

/// Bit-exact flags leave out version strings, so that the same frames give the same file.
constexpr std::array<Encoder, 5> encoders{{
    {"mp4", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
     "-c:v libx264 -preset superfast -crf 23 "
     "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -movflags +faststart",
     1.5},
    {"webm", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
     "-c:v libvpx-vp9 -crf 32 -b:v 0 "
     "-deadline realtime -cpu-used 8 -row-mt 1 -tile-columns 1 -colorspace bt709",
     1.5},
    {"gif", "paletteuse=diff_mode=rectangle:dither=none", "-loop 0 -f gif", 0},
    {"apng", "", "-c:v apng -pix_fmt rgb24 -pred mixed -plays 0 -f apng", 4},
    {"webp", "", "-c:v libwebp_anim -quality 88 -compression_level 2 -loop 0 -f webp", 4},
}};

const Encoder& encoderOf(std::string_view format) {
    return *std::find_if(encoders.begin(), encoders.end(),
                         [format](const Encoder& one) { return one.format == format; });
}

InputError failed(const QString& path, const QString& reason) {
    return InputError(QStringLiteral("Cannot make \"%1\": %2.").arg(path, reason).toStdString());
}

/// A child process without an event loop: whoever waits, waits here.
class Child {
  public:
    Child(QString path, std::function<bool()> stopped)
        : path_(std::move(path)), stopped_(std::move(stopped)) {}
    ~Child() { end(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void start(const QString& program, const QStringList& arguments) {
        process_.setProcessChannelMode(QProcess::SeparateChannels);
        process_.start(program, arguments);
        if (!process_.waitForStarted())
            throw failed(path_,
                         QStringLiteral("the program %1 cannot be started (%2); on Debian it comes with the "
                                        "package ffmpeg")
                             .arg(program, process_.errorString()));
    }

    /// Returns when all is on its way, false when stopped. In pieces, so that the waiting bytes stay few.
    bool write(const char* bytes, qint64 size) {
        constexpr qint64 piece = 256 * 1024;
        for (qint64 at = 0; at < size; at += piece) {
            const qint64 part = std::min(piece, size - at);
            if (process_.write(bytes + at, part) != part) throw ended();
            while (process_.bytesToWrite() > 0) {
                if (stopped_()) return false;
                if (!process_.waitForBytesWritten(100) && process_.state() == QProcess::NotRunning)
                    throw ended();
            }
        }
        return true;
    }

    /// Closes the input and waits for a good end. Returns false when stopped.
    bool finish() {
        process_.closeWriteChannel();
        while (process_.state() != QProcess::NotRunning && !process_.waitForFinished(100))
            if (stopped_()) return false;
        if (process_.exitStatus() != QProcess::NormalExit || process_.exitCode() != 0) throw ended();
        return true;
    }

    void end() {
        if (process_.state() == QProcess::NotRunning) return;
        process_.kill();
        process_.waitForFinished();
    }

    [[nodiscard]] QByteArray output() { return process_.readAllStandardOutput(); }

  private:
    InputError ended() {
        process_.waitForFinished(2000);
        const QStringList lines =
            QString::fromUtf8(process_.readAllStandardError()).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        const QString words = lines.isEmpty() ? QStringLiteral("it gave no reason") : lines.last().trimmed();
        return failed(
            path_, QStringLiteral("%1 ended early: %2").arg(QFileInfo(process_.program()).fileName(), words));
    }

    QProcess process_;
    QString path_;
    std::function<bool()> stopped_;
};

QStringList rawInput(const FilmShape& shape) {
    return {QStringLiteral("-f"),
            QStringLiteral("rawvideo"),
            QStringLiteral("-pix_fmt"),
            QStringLiteral("bgr0"),
            QStringLiteral("-video_size"),
            QStringLiteral("%1x%2").arg(shape.size.width()).arg(shape.size.height()),
            QStringLiteral("-framerate"),
            QString::number(shape.framesPerSecond),
            QStringLiteral("-i"),
            QStringLiteral("pipe:0")};
}

QStringList commonArguments() {
    return {QStringLiteral("-hide_banner"), QStringLiteral("-nostdin"), QStringLiteral("-loglevel"),
            QStringLiteral("error"), QStringLiteral("-y")};
}

bool feed(Child& child, const QImage& frame) {
    return child.write(reinterpret_cast<const char*>(frame.constBits()), frame.sizeInBytes());
}

/// Length in milliseconds of an animated WebP, which ffprobe cannot read: the sum of its frames' durations
/// (the encoder joins equal frames). -1 when the chunks do not fill the file.
qint64 webpMilliseconds(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return -1;
    const QByteArray bytes = file.readAll();
    const auto number = [&bytes](qsizetype at, int width) {
        qint64 value = 0;
        for (int i = width; i-- > 0;) value = value * 256 + static_cast<unsigned char>(bytes[at + i]);
        return value;
    };
    if (bytes.size() < 12 || !bytes.startsWith("RIFF") || number(4, 4) + 8 != bytes.size()) return -1;
    qint64 milliseconds = 0;
    qsizetype at = 12;
    while (at + 8 <= bytes.size()) {
        const qint64 size = number(at + 4, 4);
        if (bytes.mid(at, 4) == "ANMF" && at + 24 <= bytes.size()) milliseconds += number(at + 20, 3);
        at += 8 + size + (size & 1);
    }
    return at == bytes.size() ? milliseconds : -1;
}

class EncodedFilm : public FilmFile {
  public:
    EncodedFilm(FilmShape shape, std::string_view format)
        : shape_(std::move(shape)), format_(format), child_(shape_.path, shape_.stopped) {
        const QFileInfo target(QFileInfo(shape_.path).absoluteFilePath());
        path_ = target.filePath();
        if (target.isDir()) throw failed(shape_.path, QStringLiteral("a folder has this name"));
        temporary_ = freeName(target);
        if (format_ == "gif" && !makePalette()) return;
        start();
    }

    ~EncodedFilm() override {
        child_.end();
        for (const QString& name : {temporary_, palette_})
            if (!name.isEmpty()) QFile::remove(name);
    }

    bool add(const QImage& frame) override { return started_ && feed(child_, frame); }

    bool finish() override {
        if (!started_ || !child_.finish()) return false;
        if (!complete()) return false;
        std::error_code error;
        std::filesystem::rename(temporary_.toStdString(), path_.toStdString(), error);
        if (error) throw failed(shape_.path, QString::fromStdString(error.message()));
        temporary_.clear();
        return true;
    }

  private:
    /// A name beside the target that nobody has. The file is made and removed again: so it is known that the
    /// folder can be written, and ffmpeg makes it with the user's ordinary permissions.
    [[nodiscard]] QString freeName(const QFileInfo& target) const {
        QTemporaryFile file(QStringLiteral("%1/.%2-XXXXXX.%3")
                                .arg(target.path(), target.completeBaseName(), target.suffix()));
        if (!file.open())
            throw failed(shape_.path, QStringLiteral("the folder \"%1\" cannot be written (%2)")
                                          .arg(target.path(), file.errorString()));
        return file.fileName();
    }

    /// From a few frames over the whole film; kept as a small image beside it. Returns false when stopped.
    bool makePalette() {
        palette_ = temporary_ + QStringLiteral(".png");
        Child child(shape_.path, shape_.stopped);
        child.start(QStringLiteral("ffmpeg"),
                    commonArguments() + rawInput(shape_) +
                        QStringList{QStringLiteral("-vf"), QStringLiteral("palettegen"),
                                    QStringLiteral("-update"), QStringLiteral("1"), palette_});
        const int count = std::min(paletteFrames, shape_.frames);
        for (int i = 0; i < count; ++i) {
            const QImage* frame =
                shape_.draw(static_cast<int>(static_cast<qint64>(i) * shape_.frames / count));
            if (!frame || !feed(child, *frame)) return false;
        }
        return child.finish();
    }

    void start() {
        QStringList arguments = commonArguments() + rawInput(shape_);
        // Not as image2, to which a % in the name is a pattern.
        if (!palette_.isEmpty())
            arguments += {QStringLiteral("-f"), QStringLiteral("png_pipe"), QStringLiteral("-i"), palette_};
        const Encoder& encoder = encoderOf(format_);
        const QString filter = QString::fromLatin1(encoder.filter);
        if (shape_.drawn != DrawnHalf::Both) {
            // The frame in the middle of an odd number is there once.
            const bool first = shape_.drawn == DrawnHalf::First;
            const QString others =
                first ? QStringLiteral("trim=end_frame=%1,").arg(shape_.frames / 2)
                      : QStringLiteral("trim=start_frame=%1,setpts=PTS-STARTPTS,").arg(shape_.frames % 2);
            arguments += {QStringLiteral("-lavfi"),
                          filter + (filter.isEmpty() ? QString() : QStringLiteral(",")) +
                              QStringLiteral("split[a][b];[b]") + others + QStringLiteral("reverse[c];") +
                              (first ? QStringLiteral("[a][c]concat") : QStringLiteral("[c][a]concat"))};
        } else if (!filter.isEmpty()) {
            arguments += {QStringLiteral("-lavfi"), filter};
        }
        arguments += QString::fromLatin1(encoder.arguments).split(QLatin1Char(' '));
        arguments += QString::fromLatin1("-map_metadata -1 -fflags +bitexact -flags:v +bitexact")
                         .split(QLatin1Char(' '));
        arguments += temporary_;
        child_.start(QStringLiteral("ffmpeg"), arguments);
        started_ = true;
    }

    /// ffmpeg ends with status 0 on a full disk for some formats, so the film is read back.
    /// Returns false when stopped.
    [[nodiscard]] bool complete() const {
        if (format_ == "webp") {
            const qint64 expected = qint64{1000} * shape_.frames / shape_.framesPerSecond;
            const qint64 found = webpMilliseconds(temporary_);
            if (std::abs(found - expected) > 1000 / shape_.framesPerSecond + 2)
                throw failed(shape_.path,
                             QStringLiteral("the file is incomplete (%1 of %2 ms)").arg(found).arg(expected));
            return true;
        }
        Child probe(shape_.path, shape_.stopped);
        probe.start(
            QStringLiteral("ffprobe"),
            {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-count_packets"),
             QStringLiteral("-select_streams"), QStringLiteral("v:0"), QStringLiteral("-show_entries"),
             QStringLiteral("stream=nb_read_packets"), QStringLiteral("-of"),
             QStringLiteral("default=nokey=1:noprint_wrappers=1"), temporary_});
        if (!probe.finish()) return false;
        const int found = probe.output().trimmed().toInt();
        if (found != shape_.frames)
            throw failed(
                shape_.path,
                QStringLiteral("the file is incomplete (%1 of %2 frames)").arg(found).arg(shape_.frames));
        return true;
    }

    FilmShape shape_;
    std::string_view format_;
    QString path_;
    QString temporary_;
    QString palette_;
    Child child_;
    bool started_ = false;
};

}  // namespace

bool canMirror(const FilmShape& shape, std::string_view format) {
    const double pixels = static_cast<double>(shape.size.width()) * shape.size.height();
    const double bytes =
        format == "png" ? 0.0 : encoderOf(format).pixelBytes * pixels * (shape.frames + 1) / 2;
    return shape.frames > 1 && bytes > 0.0 && bytes <= mirrorBytes;
}

std::unique_ptr<FilmFile> encodedFilm(FilmShape shape, std::string_view format) {
    return std::make_unique<EncodedFilm>(std::move(shape), format);
}

}  // namespace diffuscope
