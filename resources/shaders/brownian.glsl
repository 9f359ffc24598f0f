// Twin of core/diffusion/BrownianPath.h: W at the time (cell + fraction 2^-32) 2^-PATH_DEPTH of one particle's
// path. Every particle of a dispatch asks for the same time.

vec2 pathNode(uvec2 seed, uint stream, uint particle, uint number, uint place) {
    uvec4 words = philox(seed, stream, particle, number, place);
    return normalsOf(words.x, words.y);
}

vec2 pathAt(uvec2 seed, uint stream, uint lap, uint particle, uint cell, uint fraction) {
    uint first = lap << (PATH_DEPTH + 1);
    vec2 left = vec2(0.0);
    vec2 right = pathNode(seed, stream, particle, first, 0u);
    if (cell == 1u << PATH_DEPTH) return right;
    float deviation = 0.5;
    for (int depth = 0; depth < PATH_DEPTH; ++depth) {
        uint number = (1u << depth) + (cell >> (PATH_DEPTH - depth));
        precise vec2 middle =
            left + 0.5 * (right - left) + deviation * pathNode(seed, stream, particle, first + number, 0u);
        if (((cell >> (PATH_DEPTH - 1 - depth)) & 1u) != 0u)
            left = middle;
        else
            right = middle;
        deviation *= 0.70710678;
    }
    if (fraction == 0u) return left;
    float share = float(fraction) * (1.0 / 4294967296.0);
    vec2 z = pathNode(seed, stream, particle, first + (1u << PATH_DEPTH) + cell, fraction);
    precise vec2 between = left + share * (right - left) + sqrt(share * (1.0 - share)) * 0.0078125 * z;
    return between;
}
