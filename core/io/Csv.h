#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

/// `x,y` (or the given names) and a line per point, the shortest digits that read back exactly.
[[nodiscard]] std::string writeCsv(std::span<const float> points, const std::array<std::string, 2>& axes);
[[nodiscard]] std::string writeCsv(std::span<const double> points, const std::array<std::string, 2>& axes);

struct CsvTable {
    std::vector<double> points;       ///< (N, 2)
    std::array<std::string, 2> axes;  ///< header names, or "x" and "y"
};

/// Two numeric columns, separated by comma, semicolon, tab or blanks, with or without a header line; further
/// columns need `columns` = "a,b" (names or 1-based numbers). Empty lines and lines that begin with # are
/// skipped, fields may be quoted. At most `largestTable` rows.
/// @throws InputError naming the line and what was found there.
[[nodiscard]] CsvTable readCsv(std::string_view bytes, std::string_view columns = {});

/// The two names or numbers of a `columns` text, "a,b". @throws InputError
[[nodiscard]] std::array<std::string, 2> columnPair(std::string_view columns);

constexpr std::size_t largestTable = 2'000'000;

}  // namespace diffuscope
