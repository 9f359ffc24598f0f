#pragma once
#include <nlohmann/json.hpp>

#include <vector>

namespace diffuscope {

/// The middle one of at least one value, of two in the middle the smaller.
[[nodiscard]] double medianOf(std::vector<double> values);

/// {"median": …, "p95": …, "worst": …}: of `values` the middle one, that which 95 % do not exceed, and the
/// largest. At least one value.
[[nodiscard]] nlohmann::ordered_json spreadOf(std::vector<double> values);

}  // namespace diffuscope
