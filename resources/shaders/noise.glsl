// Twins of core/diffusion/Noise.h. Needs elementary.glsl.

uvec4 philox(uvec2 seed, uint stream, uint particle, uint step, uint place) {
    uvec4 counter = uvec4(particle, step, stream, place);
    uvec2 key = seed;
    for (int i = 0; i < 10; ++i) {
        uint high0, low0, high1, low1;
        umulExtended(0xD2511F53u, counter.x, high0, low0);
        umulExtended(0xCD9E8D57u, counter.z, high1, low1);
        counter = uvec4(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
        key += uvec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return counter;
}

uvec4 philox(uvec2 seed, uint stream, uint particle, uint step) {
    return philox(seed, stream, particle, step, 0u);
}

// In (0, 1].
float uniformOf(uint word) { return float((word >> 8) + 1u) * (1.0 / 16777216.0); }

uint indexBelow(uint word, uint count) {
    uint high, low;
    umulExtended(word, count, high, low);
    return high;
}

vec2 normalsOf(uint first, uint second) {
    float radius = sqrt(-2.0 * logOf(uniformOf(first)));
    vec2 angle = sinCosOf(6.28318531 * uniformOf(second));
    return radius * vec2(angle.y, angle.x);
}
