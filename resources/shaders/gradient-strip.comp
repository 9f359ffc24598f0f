// What gradient.comp does, 16 inputs x 1 output an invocation, in the form of strip.comp. Deltas come in
// columns: the four numbers of a texel are of four samples.
layout(local_size_x = LANES) in;

layout(std430, binding = 0) writeonly buffer Partials { float partials[]; };  // [block][parameter]
layout(binding = 0) uniform samplerBuffer inputRows;     // [tile][feature / 4][sample of TILE]
layout(binding = 1) uniform samplerBuffer deltaColumns;  // [sample / 4][feature of LANES]

uniform int inputs, inputQuads;      // inputQuads: fours of features of a row
uniform int weight, bias, quads;     // in vec4: places in a block's partial, and its size

shared vec4 w[4 * GROUP];

{{rows}}

#define STAGE(i) \
    w[i] = texelFetch(inputRows, rowPlace(4 * strip + int(uint(i) / uint(GROUP)), \
                                          block * GROUP + int(uint(i) % uint(GROUP)), inputQuads));
#define FETCH(v, quad) \
    v = texelFetch(deltaColumns, di + quad * LANES); \
    b += v.x; \
    b += v.y; \
    b += v.z; \
    b += v.w;
#define STORE(j) \
    partials[at + (4 * j) * OUTPUTS] = c##j.x; \
    partials[at + (4 * j + 1) * OUTPUTS] = c##j.y; \
    partials[at + (4 * j + 2) * OUTPUTS] = c##j.z; \
    partials[at + (4 * j + 3) * OUTPUTS] = c##j.w;

void main() {
    int strip = int(gl_WorkGroupID.x);
    int block = int(gl_WorkGroupID.y);
    int lane = int(gl_LocalInvocationID.x);
    {{stage}}
    barrier();
    int di = block * (GROUP / 4) * LANES + lane;
    vec4 c0 = vec4(0.0), c1 = vec4(0.0), c2 = vec4(0.0), c3 = vec4(0.0);
    float b = 0.0;
    vec4 v0, v1, v2, v3;
    {{sums}}
    int outputStrip = int(uint(lane) / uint(OUTPUTS));
    int at = (block * quads + weight) * 4 + (outputStrip * inputs + 16 * strip) * OUTPUTS + lane % OUTPUTS;
    STORE(0)
    STORE(1)
    STORE(2)
    STORE(3)
    if (strip == 0) partials[(block * quads + bias) * 4 + lane] = b;
}
