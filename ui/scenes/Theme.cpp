#include "scenes/Theme.h"

#include "scenes/Resources.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace diffuscope {
namespace {

const std::array<Theme, 3>& table() {
    static const std::array<Theme, 3> rows{{
        {.choice = {"dark", "Dark", "Light on dark, for a desk."},
         .window = "#12151A",
         .panel = "#1A1F26",
         .raised = "#222933",
         .line = "#2C3440",
         .stage = "#0C0E12",
         .text = "#E8EBF0",
         .secondary = "#9BA6B5",
         .tertiary = "#6C7786",
         .forward = "#E69F00",
         .reverse = "#56B4E9",
         .ideal = "#2BBD8C",
         .laneB = "#CC79A7",
         .warning = "#E2713A",
         .additive = true,
         .textContrast = 4.5},
        {.choice = {"light", "Light", "Dark on light, for a bright desk and for paper."},
         .window = "#F5F6F8",
         .panel = "#FFFFFF",
         .raised = "#E9ECF1",
         .line = "#D5DAE2",
         .stage = "#FBFBFD",
         .text = "#15181D",
         .secondary = "#4A5462",
         .tertiary = "#6B7684",
         .forward = "#E69F00",
         .reverse = "#56B4E9",
         .ideal = "#009E73",
         .laneB = "#CC79A7",
         .warning = "#D55E00",
         .additive = false,
         .textContrast = 4.5},
        {.choice = {"projector", "Projector", "Black on white with heavy marks, for a bright room."},
         .window = "#FFFFFF",
         .panel = "#FFFFFF",
         .raised = "#E6E6E6",
         .line = "#808080",
         .stage = "#FFFFFF",
         .text = "#000000",
         .secondary = "#222222",
         .tertiary = "#444444",
         .forward = "#E69F00",
         .reverse = "#56B4E9",
         .ideal = "#009E73",
         .laneB = "#CC79A7",
         .warning = "#D55E00",
         .additive = false,
         .textContrast = 7.0},
    }};
    return rows;
}

double relativeLuminance(const QColor& colour) {
    const auto linear = [](double channel) {
        return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
           0.0722 * linear(colour.blueF());
}

}  // namespace

std::span<const Theme> themes() {
    return table();
}

const Theme& themeOf(ThemeKind kind) {
    return table()[static_cast<std::size_t>(kind)];
}

double contrast(const QColor& a, const QColor& b) {
    const auto [dark, light] = std::minmax({relativeLuminance(a), relativeLuminance(b)});
    return (light + 0.05) / (dark + 0.05);
}

QColor inkOf(const Theme& theme, const QColor& role, const QColor& background) {
    const bool darker = relativeLuminance(background) > 0.18;
    QColor ink = role;
    for (int step = 1; step <= 100 && contrast(ink, background) < theme.textContrast; ++step) {
        const float share = static_cast<float>(step) / 100.0f;
        const auto mix = [share, darker](float channel) {
            return darker ? channel * (1.0f - share) : channel + (1.0f - channel) * share;
        };
        ink = QColor::fromRgbF(mix(role.redF()), mix(role.greenF()), mix(role.blueF()));
    }
    return ink;
}

QFont uiFont(double pixels, QFont::Weight weight) {
    initialiseResources();
    QFont font(QStringLiteral("Diffuscope Sans"));
    font.setPixelSize(std::max(1, static_cast<int>(std::lround(pixels))));
    font.setWeight(weight);
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

}  // namespace diffuscope
