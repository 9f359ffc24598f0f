// What gradient.comp does, 16 inputs x 1 output an invocation, in the form of strip.comp. Deltas come in
// columns: the four numbers of a texel are of four samples.
layout(local_size_x = LANES) in;

layout(std430, binding = 0) writeonly buffer Partials { vec4 partials[]; };  // [block][parameter / 64][16], see inPartial()
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
    int column = lane % OUTPUTS;
    int outputStrip = int(uint(lane) / uint(OUTPUTS));
    int at = block * quads + weight + (outputStrip * inputs / 4 + 4 * strip) * OUTPUTS + column;
    partials[at] = c0;
    partials[at + OUTPUTS] = c1;
    partials[at + 2 * OUTPUTS] = c2;
    partials[at + 3 * OUTPUTS] = c3;
    if (strip == 0) partials[block * quads + bias + outputStrip / 4 * OUTPUTS + column][outputStrip % 4] = b;
}
