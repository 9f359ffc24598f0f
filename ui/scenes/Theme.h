#pragma once
#include "settings/Choice.h"
#include "settings/Settings.h"

#include <QColor>
#include <QFont>
#include <span>

namespace diffuscope {

/// Roles of colour. forward, reverse, ideal, laneB and warning mean the same in every theme, and a word or a
/// dash pattern always says it too.
struct Theme {
    Choice choice;
    QColor window, panel, raised, line, stage;
    QColor text, secondary, tertiary;
    QColor forward, reverse, ideal, laneB, warning;
    bool additive;        ///< particles add light (dark) or take it away (light)
    double textContrast;  ///< what text reaches against its background; 4.5 is WCAG's AA, 7 AAA
};

[[nodiscard]] std::span<const Theme> themes();
[[nodiscard]] const Theme& themeOf(ThemeKind kind);

/// Contrast of two opaque colours by WCAG 2.1, 1 … 21.
[[nodiscard]] double contrast(const QColor& a, const QColor& b);

/// A role's colour as ink for text and thin lines on `background`: the colour itself where it has the theme's
/// text contrast, else as little darker (lighter on a dark background) as it takes, in the same hue.
[[nodiscard]] QColor inkOf(const Theme& theme, const QColor& role, const QColor& background);

/// Inter, bundled, with tabular figures, in pixels.
[[nodiscard]] QFont uiFont(double pixels, QFont::Weight weight = QFont::Normal);

}  // namespace diffuscope
