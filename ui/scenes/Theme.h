#pragma once
#include <QColor>
#include <QFont>
#include <span>

#include "settings/Choice.h"
#include "settings/Settings.h"

namespace diffuscope {

/// Roles of colour. forward, reverse, ideal, laneB and warning mean the same in every theme, and a word or a dash
/// pattern always says it too.
struct Theme {
    Choice choice;
    QColor window, panel, raised, line, stage;
    QColor text, secondary, tertiary;
    QColor forward, reverse, ideal, laneB, warning;
    bool additive;  ///< particles add light (dark) or take it away (light)
};

[[nodiscard]] std::span<const Theme> themes();
[[nodiscard]] const Theme& themeOf(ThemeKind kind);

/// Contrast of two colours by WCAG 2.1, 1 … 21.
[[nodiscard]] double contrast(const QColor& a, const QColor& b);

/// Inter, bundled, with tabular figures, in pixels.
[[nodiscard]] QFont uiFont(double pixels, QFont::Weight weight = QFont::Normal);

}  // namespace diffuscope
