#include "io/Import.h"

#include "Error.h"
#include "io/Csv.h"
#include "io/Npy.h"

#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace diffuscope {
namespace {

std::size_t columnNumber(const std::string& text, std::size_t count) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > count)
        throw InputError("There is no column \"" + text +
                         "\" in the NPY file; accepted are the numbers 1 to " + std::to_string(count) + ".");
    return number - 1;
}

std::vector<double> pointsOf(const NpyArray& array, std::string_view columns) {
    const std::size_t rows = array.shape[0];
    const std::size_t width = array.shape[1];
    if (rows == 0) throw InputError("The NPY file has no rows; accepted are rows of two numbers.");
    if (rows > largestTable)
        throw InputError("The NPY file has " + std::to_string(rows) + " rows; up to " +
                         std::to_string(largestTable) + " are accepted.");
    if (width < 2 || (width > 2 && columns.empty()))
        throw InputError("The NPY file has " + std::to_string(width) + (width == 1 ? " column" : " columns") +
                         "; two are accepted" +
                         (width > 2 ? ", or --columns a,b with numbers from 1." : "."));
    std::array<std::size_t, 2> picked{0, 1};
    if (!columns.empty()) {
        const auto wanted = columnPair(columns);
        for (std::size_t k = 0; k < 2; ++k) picked[k] = columnNumber(wanted[k], width);
    }
    std::vector<double> points;
    points.reserve(2 * rows);
    for (std::size_t i = 0; i < rows; ++i) {
        for (const std::size_t column : picked) {
            const double value = array.values[i * width + column];
            if (!std::isfinite(value) || std::abs(value) > 1e30)
                throw InputError("Row " + std::to_string(i + 1) + " of the NPY file holds " +
                                 std::to_string(value) + "; finite numbers up to 1e30 are accepted.");
            points.push_back(value);
        }
    }
    return points;
}

}  // namespace

bool namesFile(std::string_view dataset) {
    return dataset.find_first_of("./") != std::string_view::npos;
}

DataSet importPoints(std::string_view bytes, std::string_view columns) {
    if (bytes.starts_with("\x93NUMPY")) return normalised(pointsOf(readNpy(bytes), columns), {"x", "y"});
    const CsvTable table = readCsv(bytes, columns);
    return normalised(table.points, table.axes);
}

}  // namespace diffuscope
