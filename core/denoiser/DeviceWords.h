#pragma once
#include <cstdint>

namespace diffuscope {

/// A seed as shaders take it.
[[nodiscard]] constexpr std::uint32_t lowWord(std::uint64_t seed) {
    return static_cast<std::uint32_t>(seed);
}
[[nodiscard]] constexpr std::uint32_t highWord(std::uint64_t seed) {
    return static_cast<std::uint32_t>(seed >> 32);
}

[[nodiscard]] constexpr int roundedUp(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

}  // namespace diffuscope
