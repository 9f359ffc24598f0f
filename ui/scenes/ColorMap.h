#pragma once
#include <QRgb>
#include <span>

namespace diffuscope {

/// Sequential maps that are safe for colour blindness and even in lightness; dark is low.
enum class ColorMap { Viridis, Magma, Cividis };

/// 256 opaque colours, low first. (resources/colormaps/SOURCES.md)
[[nodiscard]] std::span<const QRgb> colorsOf(ColorMap map);

}  // namespace diffuscope
