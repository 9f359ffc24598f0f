#pragma once
#include "scenes/Theme.h"

#include <QIcon>
#include <QPalette>
#include <QString>

namespace diffuscope {

/// Palette and style sheet of a theme; set once on the application.
[[nodiscard]] QPalette paletteOf(const Theme& theme);
[[nodiscard]] QString styleSheetOf(const Theme& theme);

/// An icon of resources/icons in a colour, dimmed when disabled.
[[nodiscard]] QIcon themedIcon(const QString& name, const QColor& color);

/// Sliders and switches take the colour of what they change.
enum class Accent { Plain, Forward, Reverse, Ideal };
[[nodiscard]] QColor accentColor(const Theme& theme, Accent accent);

}  // namespace diffuscope
