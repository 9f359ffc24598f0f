// Twin of core/particles/Splat.cpp: the same integers, so every operation is `precise` and in its order.
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Positions { vec2 positions[]; };
layout(std430, binding = 1) buffer Accumulator { uint accumulator[]; };

uniform int first, count, width, height;
uniform vec2 centre;
uniform float scale, radius, inverse, unit;

void main() {
    int i = first + int(gl_GlobalInvocationID.x);
    if (i >= count) return;
    vec2 position = positions[i];
    precise float column = 0.5 * float(width) + (position.x - centre.x) * scale;
    precise float row = 0.5 * float(height) - (position.y - centre.y) * scale;
    precise float rightEdge = float(width) + radius;
    precise float bottomEdge = float(height) + radius;
    if (!(column > -radius && column < rightEdge && row > -radius && row < bottomEdge)) return;
    precise float l = column - radius, r = column + radius, t = row - radius, b = row + radius;
    int left = max(0, int(floor(l)));
    int right = min(width - 1, int(floor(r)));
    int top = max(0, int(floor(t)));
    int bottom = min(height - 1, int(floor(b)));
    for (int y = top; y <= bottom; ++y)
        for (int x = left; x <= right; ++x) {
            precise float dx = float(x) + 0.5 - column;
            precise float dy = float(y) + 0.5 - row;
            precise float root = 1.0 - (dx * dx + dy * dy) * inverse;
            precise float weight = root * root * unit;
            if (root > 0.0) atomicAdd(accumulator[y * width + x], uint(weight));
        }
}
