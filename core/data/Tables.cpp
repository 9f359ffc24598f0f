#include "data/Tables.h"

#include "EmbeddedFiles.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace diffuscope {

std::string_view takeUntil(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

double numberIn(std::string_view cell) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc{} || end != cell.data() + cell.size())
        throw std::logic_error("an embedded table has the cell \"" + std::string(cell) + "\"");
    return value;
}

DataSet embeddedTable(std::string_view file) {
    std::string_view text = embeddedFile(file);
    std::string_view header = takeUntil(text, '\n');
    std::array<std::string, 2> axes;
    for (std::string& axis : axes) axis = takeUntil(header, ',');
    const bool labelled = !header.empty();

    std::vector<double> points;
    std::vector<std::int32_t> labels;
    std::vector<std::string> classes;
    while (!text.empty()) {
        std::string_view line = takeUntil(text, '\n');
        points.push_back(numberIn(takeUntil(line, ',')));
        points.push_back(numberIn(takeUntil(line, ',')));
        if (!labelled) continue;
        const auto known = std::find(classes.begin(), classes.end(), line);
        labels.push_back(static_cast<std::int32_t>(known - classes.begin()));
        if (known == classes.end()) classes.emplace_back(line);
    }
    DataSet set = normalised(points, axes);
    set.labels = std::move(labels);
    set.classes = std::move(classes);
    return set;
}

DataSet takeRows(const DataSet& table, std::span<const std::uint32_t> rows) {
    DataSet taken;
    taken.classes = table.classes;
    taken.units = table.units;
    taken.axes = table.axes;
    for (const std::size_t row : rows) {
        taken.points.push_back(table.points[2 * row]);
        taken.points.push_back(table.points[2 * row + 1]);
        if (!table.labels.empty()) taken.labels.push_back(table.labels[row]);
    }
    return taken;
}

DataSet drawRows(const DataSet& table, std::span<const std::uint32_t> rows, int count, std::uint64_t seed,
                 Stream stream) {
    std::vector<std::uint32_t> drawn;
    for (int i = 0; i < count; ++i) {
        const auto words = philox(seed, stream, static_cast<std::uint32_t>(i), 0);
        drawn.push_back(rows[indexBelow(words[0], static_cast<std::uint32_t>(rows.size()))]);
    }
    return takeRows(table, drawn);
}

}  // namespace diffuscope
