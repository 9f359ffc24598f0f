#include "sweep/SweepTable.h"

#include "Error.h"
#include "io/Text.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace diffuscope {
namespace {

constexpr std::string_view numberColumn = "combination";
constexpr std::string_view fromColumn = "from";
constexpr std::size_t columnsBefore = 2;  // the measures' numbers: the training's, and from

std::string shortest(double value) {
    char buffer[40];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, end};
}

bool isNumber(const std::string& text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

std::size_t positionOf(const std::string& text, const std::string& where) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0 ||
        number > SweepGrid::mostCombinations)
        throw InputError(where + " begins with " + quote(text) + ", not with the number of a combination.");
    return number;
}

std::string lineName(const std::string& file, std::size_t line) {
    return file + ": line " + std::to_string(line);
}

bool isMeasured(const std::string& column) {
    for (const MeasureRow& row : measures())
        for (const MeasuredNumber& number : row.numbers)
            if (number.key == column) return true;
    return false;
}

/// How many of a file's columns say which combination it is, its number included; 0 where it is no file of a
/// sweep.
std::size_t knownColumns(const Cells& header) {
    if (header.front() != numberColumn) return 0;
    std::size_t numbers = 0;
    while (numbers < header.size() && isMeasured(header[header.size() - 1 - numbers])) ++numbers;
    const std::size_t others = header.size() - numbers;
    return numbers > 0 && others > columnsBefore + 1 && header[others - 1] == fromColumn
               ? others - columnsBefore
               : 0;
}

/// The lines after the header. @throws InputError for a line of another length, or one without numbers
void requireRow(const Cells& cells, const Cells& header, std::size_t known, const std::string& where) {
    if (cells.size() != header.size())
        throw InputError(where + " has " + std::to_string(cells.size()) + " cells where the header has " +
                         std::to_string(header.size()) + ".");
    (void)positionOf(cells.front(), where);
    for (std::size_t k = known; k < header.size(); ++k)
        if (header[k] != fromColumn && !isNumber(cells[k]))
            throw InputError(where + " holds " + quote(cells[k]) + " for a number.");
}

/// "3, 4, 7": at most ten of them.
std::string listOf(const std::vector<std::size_t>& numbers) {
    constexpr std::size_t most = 10;
    std::string list;
    for (std::size_t i = 0; i < std::min(most, numbers.size()); ++i)
        list += (i > 0 ? ", " : "") + std::to_string(numbers[i]);
    return numbers.size() > most ? list + " …" : list;
}

void requireNone(const std::vector<std::size_t>& missing, std::size_t total) {
    if (!missing.empty())
        throw InputError(std::to_string(missing.size()) + " of " + std::to_string(total) +
                         " combinations are missing: " + listOf(missing) +
                         ". Run their shards again: they go on where they stopped.");
}

}  // namespace

std::string csvLine(std::span<const std::string> cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += ',';
        if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
            line += cells[i];
            continue;
        }
        line += '"';
        for (const char c : cells[i]) {
            if (c == '"') line += '"';
            line += c;
        }
        line += '"';
    }
    return line + '\n';
}

std::vector<Cells> csvLines(std::string_view text) {
    std::vector<Cells> lines;
    Cells cells(1);
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            const bool twice = c == '"' && i + 1 < text.size() && text[i + 1] == '"';
            if (c == '"' && !twice) {
                quoted = false;
                continue;
            }
            cells.back() += c;
            i += twice ? 1 : 0;
        } else if (c == '"') {
            if (!cells.back().empty())
                throw InputError("Line " + std::to_string(lines.size() + 1) +
                                 " has a quotation mark within a cell.");
            quoted = true;
        } else if (c == ',') {
            cells.emplace_back();
        } else if (c == '\n') {
            lines.push_back(std::move(cells));
            cells.assign(1, {});
        } else if (c != '\r') {
            cells.back() += c;
        }
    }
    return lines;
}

SweepTable::SweepTable(const SweepGrid& grid) : grid_(grid), rows_(grid.combinations().size()) {
    columns_ = grid.columns();
    columns_.insert(columns_.begin(), std::string(numberColumn));
    known_ = columns_.size();
    columns_.emplace_back(grid.combinations().front().seconds > 0.0 ? "steps" : "seconds");
    columns_.emplace_back(fromColumn);
    for (const Measure measure : grid.measures())
        for (const MeasuredNumber& number : measures()[static_cast<std::size_t>(measure)].numbers)
            columns_.emplace_back(number.key);
}

void SweepTable::read(std::string_view text, const std::string& name) {
    // A run that was killed at once may have left a piece of the header.
    if (text.find('\n') == std::string_view::npos && header().starts_with(text)) return;
    std::vector<Cells> lines;
    try {
        lines = csvLines(text);
    } catch (const InputError& error) {
        throw InputError(name + ": " + error.what());
    }
    if (lines.empty() || lines.front() != columns_)
        throw InputError(name +
                         " has other columns than this sweep: it is of another grid. Give another --out.");
    std::map<Cells, std::size_t> places;
    for (std::size_t i = 0; i < rows_.size(); ++i) places.emplace(grid_.combinations()[i].texts, i);
    for (std::size_t i = 1; i < lines.size(); ++i) {
        Cells& cells = lines[i];
        const std::string where = lineName(name, i + 1);
        requireRow(cells, columns_, known_, where);
        const auto known = places.find(Cells(cells.begin() + 1, cells.begin() + std::ptrdiff_t(known_)));
        if (known == places.end()) throw InputError(where + " is not of this grid. Give another --out.");
        if (rows_[known->second])
            throw InputError(where + " repeats combination " + std::to_string(known->second + 1) + ".");
        cells.front() = std::to_string(known->second + 1);
        rows_[known->second] = std::move(cells);
    }
}

std::string SweepTable::add(std::size_t combination, double training, const Evaluation& evaluation) {
    Cells cells = grid_.combinations()[combination].texts;
    cells.insert(cells.begin(), std::to_string(combination + 1));
    cells.push_back(shortest(training));
    cells.push_back(evaluation.from);
    for (const Measure measure : grid_.measures())
        for (const MeasuredNumber& number : measures()[static_cast<std::size_t>(measure)].numbers)
            cells.push_back(shortest(number.of(evaluation)));
    std::string line = csvLine(cells);
    rows_[combination] = std::move(cells);
    return line;
}

std::size_t SweepTable::size() const {
    return static_cast<std::size_t>(
        std::count_if(rows_.begin(), rows_.end(), [](const auto& row) { return row.has_value(); }));
}

void SweepTable::requireAll() const {
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (!rows_[i]) missing.push_back(i + 1);
    requireNone(missing, rows_.size());
}

std::string SweepTable::text() const {
    std::string text = header();
    for (const auto& row : rows_)
        if (row) text += csvLine(*row);
    return text;
}

std::string mergeSweep(std::span<const SweepPart> parts) {
    struct Row {
        const SweepPart* part;
        Cells cells;
    };
    Cells header;
    std::size_t knownOnes = 0;
    std::map<std::size_t, Row> rows;
    std::map<Cells, std::size_t> numbers;  // of the settings
    for (const SweepPart& part : parts) {
        std::vector<Cells> lines;
        try {
            lines = csvLines(part.text);
        } catch (const InputError& error) {
            throw InputError(part.name + ": " + error.what());
        }
        if (lines.empty() || knownColumns(lines.front()) == 0)
            throw InputError(part.name + " is not the result of a sweep.");
        if (header.empty()) header = lines.front();
        knownOnes = knownColumns(header);
        if (lines.front() != header)
            throw InputError(part.name + " has other columns than " + parts.front().name +
                             ": they are of different grids.");
        for (std::size_t i = 1; i < lines.size(); ++i) {
            Cells& cells = lines[i];
            requireRow(cells, header, knownOnes, lineName(part.name, i + 1));
            const std::size_t number = positionOf(cells.front(), part.name);
            const Cells known(cells.begin() + 1, cells.begin() + std::ptrdiff_t(knownOnes));
            const auto [same, fresh] = rows.emplace(number, Row{&part, std::move(cells)});
            const auto [place, other] = numbers.emplace(known, number);
            const std::string both = same->second.part->name + " and " + part.name;
            if (other != fresh || place->second != number)
                throw InputError(both + " are of different grids: they disagree on what combination " +
                                 std::to_string(number) + " is.");
            if (!fresh)
                throw InputError("Combination " + std::to_string(number) + " is twice in " + both + ".");
        }
    }
    // Every grid is full: its size is the product of how many values each column has.
    std::size_t total = rows.empty() ? 0 : 1;
    for (std::size_t k = 1; k < knownOnes; ++k) {
        if (header[k].starts_with("trained.")) continue;  // follows from the others
        std::set<std::string> values;
        for (const auto& [number, row] : rows) values.insert(row.cells[k]);
        total = std::min(total * std::max<std::size_t>(1, values.size()), 10 * SweepGrid::mostCombinations);
    }
    if (!rows.empty()) total = std::max(total, rows.rbegin()->first);
    std::vector<std::size_t> missing;
    for (std::size_t number = 1; number <= total; ++number)
        if (!rows.contains(number)) missing.push_back(number);
    requireNone(missing, total);
    std::string text = csvLine(header);
    for (const auto& [number, row] : rows) text += csvLine(row.cells);
    return text;
}

}  // namespace diffuscope
