#pragma once
#include "settings/Choice.h"

#include <span>

namespace diffuscope {

// Kinds that are only choices: what they mean is in the code that reads the setting.

[[nodiscard]] std::span<const Choice> conditionings();  ///< Conditioning
[[nodiscard]] std::span<const Choice> denoisers();      ///< DenoiserKind
[[nodiscard]] std::span<const Choice> laneKinds();      ///< LaneKind
[[nodiscard]] std::span<const Choice> fieldKinds();     ///< FieldKind
[[nodiscard]] std::span<const Choice> loopKinds();      ///< LoopKind
[[nodiscard]] std::span<const Choice> themeKinds();     ///< ThemeKind
[[nodiscard]] std::span<const Choice> notations();      ///< NotationKind

}  // namespace diffuscope
