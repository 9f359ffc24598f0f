#include "ImportedData.h"

#include "CommandLine.h"
#include "Error.h"
#include "Files.h"
#include "io/Import.h"
#include "scenes/Ink.h"

#include <string_view>

namespace diffuscope {

std::shared_ptr<const DataSet> importedData(const std::string& path, const std::string& columns,
                                            const Settings& settings) {
    constexpr std::string_view known[] = {"csv", "npy", "png", "jpg", "jpeg"};
    requireEnding(path, known);
    const bool picture = isPicture(QString::fromStdString(path));
    if (picture && !columns.empty())
        throw UsageError("--columns belongs to a table; " + path + " is a picture.");
    const std::string bytes = readFile(path);
    try {
        if (picture)
            return std::make_shared<const DataSet>(
                importPicture(QByteArray::fromStdString(bytes), settings.data.points, settings.seed));
        return std::make_shared<const DataSet>(importPoints(bytes, columns));
    } catch (const InputError& error) {
        throw InputError(path + ": " + error.what());
    }
}

}  // namespace diffuscope
