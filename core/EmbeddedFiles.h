#pragma once
#include <string_view>

namespace diffuscope {

/// Bytes of a file of resources/shaders or resources/datasets that was built in, by its file name.
/// @throws std::logic_error for a name that was not built in: a programming error.
[[nodiscard]] std::string_view embeddedFile(std::string_view name);

}  // namespace diffuscope
