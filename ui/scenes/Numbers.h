#pragma once
#include <QString>

namespace diffuscope {

/// A positive number in two to three digits for mathText: "0.0123", "3.4", "120", "1.2·10^{−5}"; "∞" where it
/// is not finite.
[[nodiscard]] QString shortNumber(double value);

}  // namespace diffuscope
