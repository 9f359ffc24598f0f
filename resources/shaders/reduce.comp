// Adds the partial gradients of the blocks, always in the same order, and puts them where their parameters are.
layout(local_size_x = 32) in;

layout(std430, binding = 0) buffer Gradient { float gradient[]; };
layout(binding = 0) uniform samplerBuffer partials;  // [block][parameter / 64][16][4], see inPartial()

uniform int blocks, quads, accumulate;  // quads: of parameters

void main() {
    int p = int(gl_GlobalInvocationID.x);
    int at = int(uint(p) / 16u) * 64 + p % 16;
    vec4 sum = vec4(0.0);
    if (accumulate != 0) sum = vec4(gradient[at], gradient[at + 16], gradient[at + 32], gradient[at + 48]);
    int b = 0;
    for (; b + 4 <= blocks; b += 4) {
        vec4 p0 = texelFetch(partials, b * quads + p);
        vec4 p1 = texelFetch(partials, (b + 1) * quads + p);
        vec4 p2 = texelFetch(partials, (b + 2) * quads + p);
        vec4 p3 = texelFetch(partials, (b + 3) * quads + p);
        sum += p0;
        sum += p1;
        sum += p2;
        sum += p3;
    }
    for (; b < blocks; ++b) sum += texelFetch(partials, b * quads + p);
    gradient[at] = sum.x;
    gradient[at + 16] = sum.y;
    gradient[at + 32] = sum.z;
    gradient[at + 48] = sum.w;
}
