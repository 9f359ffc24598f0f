#pragma once
#include "sweep/SweepGrid.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

using Cells = std::vector<std::string>;

/// Cells as a line of CSV with its end; those that hold a comma, a quotation mark or a line end are quoted.
[[nodiscard]] std::string csvLine(std::span<const std::string> cells);

/// The cells of every line that is complete: a kill may have cut the last one. @throws InputError naming the
/// line of a quotation mark that is out of place.
[[nodiscard]] std::vector<Cells> csvLines(std::string_view text);

/// The rows of a sweep by combination: what a file of results holds. Columns: the combination's number from
/// 1; the grid's columns; the steps (of a grid of seconds) or the seconds (of a grid of steps) that the
/// training of its network took; from, where the fresh draws come from; the numbers of the grid's measures.
class SweepTable {
  public:
    /// The grid must outlive the table.
    explicit SweepTable(const SweepGrid& grid);

    [[nodiscard]] std::string header() const { return csvLine(columns_); }

    /// Takes the rows of an earlier run, whatever their order and numbers: they are known by their settings.
    /// A grid that has grown keeps what it has. @throws InputError for other columns, for a row that is not
    /// of this grid, or that is there twice.
    void read(std::string_view text, const std::string& name);

    /// The row as a line of the file. `training`: the steps or the seconds.
    std::string add(std::size_t combination, double training, const Evaluation& evaluation);

    [[nodiscard]] bool has(std::size_t combination) const { return rows_[combination].has_value(); }
    [[nodiscard]] std::size_t size() const;  ///< rows that there are
    void requireAll() const;                 ///< @throws InputError naming the missing ones
    [[nodiscard]] std::string text() const;  ///< header and rows, in the order of the grid

  private:
    const SweepGrid& grid_;
    std::size_t known_;  // columns that say which combination it is
    Cells columns_;
    std::vector<std::optional<Cells>> rows_;
};

/// A part to merge: the text of a file and its name.
struct SweepPart {
    std::string name;
    std::string text;
};

/// The rows of all parts in the order of their combinations. They must have the same columns, no combination
/// twice, and together all of their grid: every combination of the values that occur.
/// @throws InputError saying what is wrong, or which combinations are missing.
[[nodiscard]] std::string mergeSweep(std::span<const SweepPart> parts);

}  // namespace diffuscope
