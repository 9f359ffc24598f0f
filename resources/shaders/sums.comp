// The squared norm of the gradient and the sum of the losses, by one work group: every invocation adds every
// SUMS-th value, compensated (Kahan), and the first adds what they have, in the same order always.
layout(local_size_x = SUMS) in;

layout(binding = 0) uniform samplerBuffer gradient;
layout(std430, binding = 0) readonly buffer Losses { float losses[]; };
layout(std430, binding = 1) writeonly buffer Sums { vec2 sums; };

uniform int quads, lossCount;  // quads: of parameters

shared vec2 lanes[SUMS];

void main() {
    int lane = int(gl_LocalInvocationID.x);
    precise float squares = 0.0, rest = 0.0;
    for (int p = lane; p < quads; p += SUMS) {
        vec4 g = texelFetch(gradient, p);
        precise float term = dot(g, g) - rest;
        precise float next = squares + term;
        rest = (next - squares) - term;
        squares = next;
    }
    precise float loss = 0.0;
    rest = 0.0;
    for (int i = lane; i < lossCount; i += SUMS) {
        precise float term = losses[i] - rest;
        precise float next = loss + term;
        rest = (next - loss) - term;
        loss = next;
    }
    lanes[lane] = vec2(squares, loss);
    barrier();
    if (lane != 0) return;
    vec2 total = vec2(0.0);
    for (int i = 0; i < SUMS; ++i) total += lanes[i];
    sums = total;
}
