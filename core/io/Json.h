#pragma once
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace diffuscope {

/// JSON without duplicate keys (nlohmann-json takes the last one silently) and not deeper than 32.
/// @throws InputError naming `what` and the place.
[[nodiscard]] nlohmann::json parseStrictly(std::string_view text, const std::string& what);

}  // namespace diffuscope
