#pragma once
#include <bit>
#include <cstdint>

namespace diffuscope {

// Elementary functions in float from +, *, / and bit patterns alone: within about 2 units in the last place,
// the same on every machine, and free of branches, so that loops over them vectorise and a shader can repeat
// the very same operations. Polynomials are the Taylor series on the reduced argument.

/// Adding and subtracting it rounds a float below 2^22 to the nearest integer, which then stands in the low
/// bits.
constexpr float roundingShift = 12582912.0f;  // 1.5 * 2^23

/// e^x; the argument is limited to [-87, 88].
[[nodiscard]] inline float expOf(float x) {
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    const float shifted = x * 1.44269504f + roundingShift;
    const float n = shifted - roundingShift;
    const float r = (x - n * 0.693115234375f) - n * 3.194618329871446e-05f;  // ln 2 in two parts
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    return p * std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) << 23) + 0x3F800000u);
}

/// 1 / (1 + e^-x).
[[nodiscard]] inline float logisticOf(float x) {
    return 1.0f / (1.0f + expOf(-x));
}

/// ln x of a normal, positive x: with x = 2^n m, sqrt(1/2) <= m < sqrt(2) and s = (m - 1)/(m + 1),
/// ln x = n ln 2 + 2 (s + s^3/3 + s^5/5 + s^7/7 + s^9/9).
[[nodiscard]] inline float logOf(float x) {
    constexpr std::uint32_t rootHalf = 0x3F3504F3u;
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x) - rootHalf;
    const float n = static_cast<float>(static_cast<std::int32_t>(bits) >> 23);
    const float m = std::bit_cast<float>((bits & 0x007FFFFFu) + rootHalf);
    const float s = (m - 1.0f) / (m + 1.0f);
    const float s2 = s * s;
    float p = 2.0f / 9.0f;
    p = p * s2 + 2.0f / 7.0f;
    p = p * s2 + 2.0f / 5.0f;
    p = p * s2 + 2.0f / 3.0f;
    p = p * s2 * s + n * 3.194618329871446e-05f;
    return (2.0f * s + p) + n * 0.693115234375f;
}

struct SinCos {
    float sin;
    float cos;
};

/// Sine and cosine of an angle below about 10^4 in absolute value.
[[nodiscard]] inline SinCos sinCosOf(float angle) {
    const float shifted = angle * 0.636619772f + roundingShift;
    const float n = shifted - roundingShift;
    const std::uint32_t quadrant = std::bit_cast<std::uint32_t>(shifted);
    // pi/2 in three parts, the first two with 12 bits so that their multiples are exact.
    const float r = ((angle - n * 1.5703125f) - n * 0.0004837512969970703f) - n * 7.549790126404332e-08f;
    const float r2 = r * r;
    float s = 1.0f / 362880.0f;
    s = s * r2 - 1.0f / 5040.0f;
    s = s * r2 + 1.0f / 120.0f;
    s = s * r2 - 1.0f / 6.0f;
    s = s * r2 * r + r;
    float c = 1.0f / 40320.0f;
    c = c * r2 - 1.0f / 720.0f;
    c = c * r2 + 1.0f / 24.0f;
    c = c * r2 - 0.5f;
    c = c * r2 + 1.0f;
    const bool odd = (quadrant & 1u) != 0;
    const float sine = odd ? c : s;
    const float cosine = odd ? s : c;
    const std::uint32_t sineSign = (quadrant & 2u) << 30;
    const std::uint32_t cosineSign = ((quadrant + 1u) & 2u) << 30;
    return {std::bit_cast<float>(std::bit_cast<std::uint32_t>(sine) ^ sineSign),
            std::bit_cast<float>(std::bit_cast<std::uint32_t>(cosine) ^ cosineSign)};
}

}  // namespace diffuscope
