#pragma once
#include "data/DataSet.h"
#include "diffusion/Noise.h"

#include <string_view>

namespace diffuscope {

/// Takes the text up to the separator or the end off `text`.
[[nodiscard]] std::string_view takeUntil(std::string_view& text, char separator);

/// @throws std::logic_error: what is built in holds numbers where it should
[[nodiscard]] double numberIn(std::string_view cell);

/// A table that is built in: `x,y` or `x,y,class` with a header line, normalised() and labelled.
[[nodiscard]] DataSet embeddedTable(std::string_view file);

/// Row by row what `rows` names.
[[nodiscard]] DataSet takeRows(const DataSet& table, std::span<const std::uint32_t> rows);

/// `count` draws with replacement from the rows `rows` of `table`, by (seed, stream, draw).
[[nodiscard]] DataSet drawRows(const DataSet& table, std::span<const std::uint32_t> rows, int count,
                               std::uint64_t seed, Stream stream);

}  // namespace diffuscope
