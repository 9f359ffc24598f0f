// The products of product.comp for sums of TERMS terms, 16 results of one sample an invocation. The sum is
// written out without a loop and reads the weights at constant places of shared memory outside of control flow:
// the only form in which software renderers read one number for all lanes. It takes longer to compile.
layout(local_size_x = LANES) in;

layout(std430, binding = 0) writeonly buffer Rows { vec4 rows[]; };      // [tile][feature / 4][sample of TILE]
layout(std430, binding = 1) writeonly buffer Slopes { vec4 slopes[]; };  // as rows
layout(std430, binding = 2) writeonly buffer Columns { float columns[]; };  // [sample / 4][feature][4]
layout(binding = 0) uniform samplerBuffer a;             // rows
layout(binding = 1) uniform samplerBuffer weights;       // [strip of 16][k][16]
layout(binding = 2) uniform samplerBuffer slopesBefore;  // of the layer below, as slopes

const int hiddenLayer = 0, outputLayer = 1, backward = 2;
uniform int mode;
uniform int aQuads, rowQuads, slopeQuads;  // fours of features of a row of each buffer
uniform int weightBase;                    // in texels
uniform int bias;                          // in texels; forward

shared vec4 w[4 * TERMS];

#define EACH(DO) DO(0) DO(1) DO(2) DO(3)
#define BIAS(j) vec4 c##j = mode == backward ? vec4(0.0) : texelFetch(weights, bias + strip * 4 + j);
#define ACTIVATE(j) \
    g = logisticOf(c##j); \
    c##j *= g; \
    slopes[si + j * TILE] = g + c##j * (1.0 - g);
#define SCALE(j) c##j *= texelFetch(slopesBefore, si + j * TILE);
#define STORE(j) rows[at + j * TILE] = c##j;
#define STORE_COLUMNS(j) \
    columns[ci + 16 * j] = c##j.x; \
    columns[ci + 16 * j + 4] = c##j.y; \
    columns[ci + 16 * j + 8] = c##j.z; \
    columns[ci + 16 * j + 12] = c##j.w;

void main() {
    int strip = int(gl_WorkGroupID.x);
    int lane = int(gl_LocalInvocationID.x);
    int sample_ = int(gl_WorkGroupID.y) * LANES + lane;
    int from = weightBase + strip * TERMS * 4;
    for (int at = lane; at < 4 * TERMS; at += LANES) w[at] = texelFetch(weights, from + at);
    barrier();
    int tile = sample_ / TILE;
    int place = sample_ % TILE;
    int ai = tile * aQuads * TILE + place;
    int at = (tile * rowQuads + 4 * strip) * TILE + place;
    int si = (tile * slopeQuads + 4 * strip) * TILE + place;
    EACH(BIAS)
    vec4 v;
    {{product}}
    if (mode == hiddenLayer) {
        vec4 g;
        EACH(ACTIVATE)
    }
    if (mode == backward) {
        int ci = (sample_ / 4 * rowQuads * 4 + 16 * strip) * 4 + sample_ % 4;
        EACH(SCALE)
        EACH(STORE_COLUMNS)
    }
    EACH(STORE)
}
