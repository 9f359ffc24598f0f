#pragma once
#include "settings/Settings.h"

#include <span>
#include <string>
#include <string_view>

namespace diffuscope {

/// What a number on screen stands for, where the notations differ in it. The code computes in Ho's only.
enum class Quantity { Plain, Beta, BetaMin, BetaMax, Alpha, AlphaBar, NoiseSoFar };

/// A quantity in one notation: its symbol in rich text, the number that is shown for the one that is
/// computed, and the way back. Both ways rise with their argument.
struct ShownAs {
    std::string_view symbol;  ///< empty for Plain
    double (*show)(double);
    double (*read)(double);
};

struct QuantityRow {
    Quantity quantity;
    ShownAs ho;  ///< Ho et al. 2020: variances
    ShownAs su;  ///< Su and Yang 2025: their roots
};
[[nodiscard]] std::span<const QuantityRow> quantities();  ///< in Quantity's order

[[nodiscard]] const ShownAs& shownAs(Quantity quantity, NotationKind notation);

/// A sentence or formula that is written in Ho's notation, in `notation`: beta becomes beta^2, alphaBar
/// alphaBar^2, 1 - alphaBar betaBar^2 and a root of these the symbol itself; q and p of x change places.
/// Knows subscripts as <sub>…</sub> and _{…}, and an exponent ² after a symbol.
[[nodiscard]] std::string inNotation(std::string_view text, NotationKind notation);

}  // namespace diffuscope
