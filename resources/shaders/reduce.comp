// Adds the partial gradients of the blocks, always in the same order.
layout(local_size_x = 32) in;

layout(std430, binding = 0) readonly buffer Partials { vec4 partials[]; };  // [block][parameter]
layout(std430, binding = 1) buffer Gradient { vec4 gradient[]; };

uniform int blocks, quads, accumulate;  // quads: of parameters

void main() {
    int p = int(gl_GlobalInvocationID.x);
    vec4 sum = accumulate != 0 ? gradient[p] : vec4(0.0);
    for (int b = 0; b < blocks; ++b) sum += partials[b * quads + p];
    gradient[p] = sum;
}
