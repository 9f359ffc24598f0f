#include "Files.h"

#include "CommandLine.h"
#include "Error.h"
#include "io/Csv.h"
#include "io/Npy.h"
#include "settings/Fields.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <algorithm>
#include <iostream>

namespace diffuscope {
namespace {

constexpr std::string_view tableEndings[] = {"csv", "npy"};

[[noreturn]] void refuse(const std::string& path, const QString& why) {
    throw InputError(path + ": " + why.toStdString());
}

QString reasonOf(const QFileDevice& file) {
    const QString words = file.errorString();
    // What Qt says when a write was cut short.
    return words == QLatin1String("Unknown error") ? QStringLiteral("the disk may be full") : words;
}

double mapped(const UnitMap& map, std::size_t i, float value) {
    return map.offset[i % 2] + map.scale[i % 2] * static_cast<double>(value);
}

std::string listOf(std::span<const std::string_view> endings) {
    std::string list;
    for (std::size_t i = 0; i < endings.size(); ++i) {
        if (i > 0) list += i + 1 == endings.size() ? " and " : ", ";
        list.append(".").append(endings[i]);
    }
    return list;
}

}  // namespace

std::string endingOf(const std::string& path) {
    return QFileInfo(QString::fromStdString(path)).suffix().toLower().toStdString();
}

std::string requireEnding(const std::string& path, std::span<const std::string_view> known) {
    std::string ending = endingOf(path);
    if (std::find(known.begin(), known.end(), ending) == known.end())
        throw UsageError(
            (ending.empty() ? path + " has no ending" : "The ending ." + ending + " is not known") +
            "; known are " + listOf(known) + ".");
    return ending;
}

void requireWritable(const std::string& path) {
    const QFileInfo file(QString::fromStdString(path));
    const QFileInfo folder(file.absolutePath());
    if (file.isDir()) refuse(path, "This is a folder.");
    if (!folder.isDir()) refuse(path, "There is no folder " + folder.filePath() + ".");
    if (!folder.isWritable()) refuse(path, "The folder " + folder.filePath() + " cannot be written to.");
}

std::string readFile(const std::string& path) {
    QFile file(QString::fromStdString(path));
    if (!file.open(QIODevice::ReadOnly)) refuse(path, file.errorString() + ".");
    const QByteArray bytes = file.readAll();
    if (file.error() != QFileDevice::NoError) refuse(path, file.errorString() + ".");
    return bytes.toStdString();
}

void writeFile(const std::string& path, std::string_view bytes) {
    QSaveFile file(QString::fromStdString(path));
    if (!file.open(QIODevice::WriteOnly)) refuse(path, file.errorString() + ".");
    // commit() would say yes after a write that a full disk cut short.
    const auto size = static_cast<qint64>(bytes.size());
    if (file.write(bytes.data(), size) != size || !file.flush()) {
        const QString why = reasonOf(file);
        file.cancelWriting();
        refuse(path, "It could not be written: " + why + ".");
    }
    if (!file.commit()) refuse(path, "It could not be written: " + reasonOf(file) + ".");
}

Session loadSession(const std::string& path) {
    try {
        ReadSession read = readSession(readFile(path));
        for (const std::string& warning : read.warnings)
            std::cerr << "diffuscope: " << path << ": " << warning << '\n';
        read.session.run.settings.backend = BackendKind::Auto;
        return std::move(read.session);
    } catch (const InputError& error) {
        const std::string what = error.what();
        throw InputError(what.starts_with(path) ? what : path + ": " + what);
    }
}

void requireFit(const Settings& settings, const SavedRun& saved, const std::string& path) {
    if (layoutOf(settings, *saved.data) != saved.state.layout)
        throw UsageError("The network of " + path + " is trained; its shape cannot be set.");
    for (const Field& field : fields())
        if (field.group == Group::Data && !sameValue(field, settings, saved.settings))
            throw UsageError(std::string(field.id) + " cannot be set here: the points are those of " + path +
                             ".");
    if (settings.network.conditioning == Conditioning::StepIndex &&
        settings.sampler.denoiser == DenoiserKind::Network && settings.schedule != saved.settings.schedule)
        std::cerr
            << "diffuscope: This network was told the step's index, so it is wrong for another schedule.\n";
}

PointsOutput::PointsOutput(std::string path, bool trajectories) : path_(std::move(path)), ending_("csv") {
    constexpr std::string_view arrays[] = {"npy"};
    if (path_.empty()) {
        if (trajectories) throw UsageError("Trajectories have three dimensions and need --out FILE.npy.");
        return;
    }
    ending_ = requireEnding(path_, tableEndings);
    if (trajectories && ending_ != arrays[0])
        throw UsageError("Trajectories have three dimensions, which ." + ending_ + " has not; use .npy.");
    requireWritable(path_);
}

void PointsOutput::write(std::vector<float> values, std::span<const std::size_t> shape, Units units,
                         const UnitMap& map) const {
    const bool maps = units == Units::Data && map != UnitMap{};
    std::string bytes;
    if (ending_ == "npy") {
        for (std::size_t i = 0; maps && i < values.size(); ++i)
            values[i] = static_cast<float>(mapped(map, i, values[i]));
        bytes = writeNpy(values, shape);
    } else if (maps) {
        std::vector<double> numbers(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) numbers[i] = mapped(map, i, values[i]);
        bytes = writeCsv(numbers, {"x", "y"});
    } else {
        bytes = writeCsv(values, {"x", "y"});
    }
    if (path_.empty())
        std::cout << bytes;
    else
        writeFile(path_, bytes);
}

Units unitsOf(const std::string& text) {
    if (text == "data") return Units::Data;
    if (text == "model") return Units::Model;
    throw UsageError("There are no units \"" + text + "\"; known are data and model.");
}

}  // namespace diffuscope
