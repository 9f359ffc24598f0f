#pragma once
#include "data/DataSet.h"
#include "settings/Settings.h"

#include <memory>
#include <string>

namespace diffuscope {

/// The points of a user's file: of a table (.csv, .npy; `columns` "a,b" picks two of more), or as many as
/// `settings` say of a picture (.png, .jpg). Any thread may ask.
/// @throws UsageError for an unknown ending and for columns of a picture; InputError naming the file
[[nodiscard]] std::shared_ptr<const DataSet> importedData(const std::string& path, const std::string& columns,
                                                          const Settings& settings);

}  // namespace diffuscope
