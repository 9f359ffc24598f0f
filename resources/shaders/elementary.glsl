// Twins of core/denoiser/Elementary.h, operation by operation: a driver's own exp, log, sin and cos differ by
// more than two backends may. `precise` keeps compilers from folding the rounding away.

const float roundingShift = 12582912.0;  // 1.5 * 2^23

vec4 expOf(vec4 x) {
    x = clamp(x, vec4(-87.0), vec4(88.0));
    precise vec4 shifted = x * 1.44269504 + roundingShift;
    precise vec4 n = shifted - roundingShift;
    precise vec4 r = (x - n * 0.693115234375) - n * 3.194618329871446e-05;
    precise vec4 p = vec4(1.0 / 5040.0);
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    return p * uintBitsToFloat((floatBitsToUint(shifted) << 23) + 0x3F800000u);
}

vec4 logisticOf(vec4 x) { return 1.0 / (1.0 + expOf(-x)); }

float logisticOf(float x) { return logisticOf(vec4(x)).x; }

float logOf(float x) {
    const uint rootHalf = 0x3F3504F3u;
    uint bits = floatBitsToUint(x) - rootHalf;
    float n = float(int(bits) >> 23);
    float m = uintBitsToFloat((bits & 0x007FFFFFu) + rootHalf);
    precise float s = (m - 1.0) / (m + 1.0);
    precise float s2 = s * s;
    precise float p = 2.0 / 9.0;
    p = p * s2 + 2.0 / 7.0;
    p = p * s2 + 2.0 / 5.0;
    p = p * s2 + 2.0 / 3.0;
    p = p * s2 * s + n * 3.194618329871446e-05;
    precise float sum = (2.0 * s + p) + n * 0.693115234375;
    return sum;
}

// x: sine, y: cosine.
vec2 sinCosOf(float angle) {
    precise float shifted = angle * 0.636619772 + roundingShift;
    precise float n = shifted - roundingShift;
    uint quadrant = floatBitsToUint(shifted);
    precise float r = ((angle - n * 1.5703125) - n * 0.0004837512969970703) - n * 7.549790126404332e-08;
    precise float r2 = r * r;
    precise float s = 1.0 / 362880.0;
    s = s * r2 - 1.0 / 5040.0;
    s = s * r2 + 1.0 / 120.0;
    s = s * r2 - 1.0 / 6.0;
    s = s * r2 * r + r;
    precise float c = 1.0 / 40320.0;
    c = c * r2 - 1.0 / 720.0;
    c = c * r2 + 1.0 / 24.0;
    c = c * r2 - 0.5;
    c = c * r2 + 1.0;
    vec2 both = (quadrant & 1u) != 0u ? vec2(c, s) : vec2(s, c);
    uvec2 signs = uvec2((quadrant & 2u) << 30, ((quadrant + 1u) & 2u) << 30);
    return uintBitsToFloat(floatBitsToUint(both) ^ signs);
}
