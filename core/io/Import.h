#pragma once
#include "data/DataSet.h"

#include <string_view>

namespace diffuscope {

/// A user's table of points in model units: CSV text, or NPY where `bytes` begin as one. `columns` = "a,b"
/// picks two of more columns, by name or by number from 1.
/// @throws InputError saying what is wrong, with the line or row, and what is accepted.
[[nodiscard]] DataSet importPoints(std::string_view bytes, std::string_view columns = {});

/// Whether what names data is a file, and not the id of a data set: it has an ending or a folder.
[[nodiscard]] bool namesFile(std::string_view dataset);

}  // namespace diffuscope
