// Adds the partial gradients of the blocks, always in the same order.
layout(local_size_x = 32) in;

layout(std430, binding = 0) buffer Gradient { vec4 gradient[]; };
layout(binding = 0) uniform samplerBuffer partials;  // [block][parameter]

uniform int blocks, quads, accumulate;  // quads: of parameters

void main() {
    int p = int(gl_GlobalInvocationID.x);
    vec4 sum = accumulate != 0 ? gradient[p] : vec4(0.0);
    for (int b = 0; b < blocks; ++b) sum += texelFetch(partials, b * quads + p);
    gradient[p] = sum;
}
