#include "Files.h"

#include "CommandLine.h"
#include "Error.h"
#include "io/Csv.h"
#include "io/Npy.h"

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
    const std::string ending = endingOf(path);
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
        const QString why = file.errorString();
        file.cancelWriting();
        refuse(path, "It could not be written: " + why + ".");
    }
    if (!file.commit()) refuse(path, "It could not be written: " + file.errorString() + ".");
}

Session loadSession(const std::string& path) {
    try {
        ReadSession read = readSession(readFile(path));
        for (const std::string& warning : read.warnings)
            std::cerr << "diffuscope: " << path << ": " << warning << '\n';
        return std::move(read.session);
    } catch (const InputError& error) {
        const std::string what = error.what();
        throw InputError(what.starts_with(path) ? what : path + ": " + what);
    }
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

void PointsOutput::write(std::span<const float> values, std::span<const std::size_t> shape) const {
    const std::string bytes = ending_ == "npy" ? writeNpy(values, shape) : writeCsv(values, {"x", "y"});
    if (!path_.empty()) {
        writeFile(path_, bytes);
        return;
    }
    std::cout << bytes << std::flush;
    if (!std::cout) throw InputError("Standard output could not be written to.");
}

Units unitsOf(const std::string& text) {
    if (text == "data") return Units::Data;
    if (text == "model") return Units::Model;
    throw UsageError("There are no units \"" + text + "\"; known are data and model.");
}

void toUnits(Units units, const UnitMap& map, std::span<float> points) {
    if (units == Units::Model || map == UnitMap{}) return;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const std::size_t axis = i % 2;
        points[i] = static_cast<float>(map.offset[axis] + map.scale[axis] * static_cast<double>(points[i]));
    }
}

}  // namespace diffuscope
