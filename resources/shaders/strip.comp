// The products of product.comp for sums of TERMS terms, 4 * QUADS results of one sample an invocation; one build
// for each MODE, since software renderers run both sides of a condition. The sum is written out without a loop
// and reads the weights at constant places of shared memory outside of control flow: the only form in which
// they read one number for all lanes. It takes longer to compile.
layout(local_size_x = LANES) in;

layout(std430, binding = 0) writeonly buffer Rows { vec4 rows[]; };      // [tile][feature / 4][sample of TILE]
layout(std430, binding = 1) writeonly buffer Slopes { vec4 slopes[]; };  // as rows
layout(std430, binding = 2) writeonly buffer Columns { float columns[]; };  // [sample / 4][feature][4]
layout(binding = 0) uniform samplerBuffer a;             // rows
layout(binding = 1) uniform samplerBuffer weights;       // [strip of 16][stripTerms][16]
layout(binding = 2) uniform samplerBuffer slopesBefore;  // of the layer below, as slopes

uniform int aQuads, rowQuads, slopeQuads;  // fours of features of a row of each buffer
uniform int weightBase;                    // in texels
uniform int bias;                          // in texels; forward
uniform int stripTerms;                    // those behind TERMS are zero

shared vec4 w[QUADS * TERMS];

#if QUADS == 1
#define EACH(DO) DO(0)
#else
#define EACH(DO) DO(0) DO(1) DO(2) DO(3)
#endif

#if MODE == BACKWARD
#define START(j) vec4 c##j = vec4(0.0);
#else
#define START(j) vec4 c##j = texelFetch(weights, bias + strip * QUADS + j);
#endif

#define FETCH(v, quad) v = texelFetch(a, ai + quad * TILE);
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

{{rows}}

void main() {
    int strip = int(gl_WorkGroupID.x);
    int lane = int(gl_LocalInvocationID.x);
    int sample_ = int(gl_WorkGroupID.y) * LANES + lane;
    int from = weightBase + strip * stripTerms * 4 + lane * (4 / QUADS);
    {{stage}}
    barrier();
    int ai = rowPlace(0, sample_, aQuads);
    int at = rowPlace(QUADS * strip, sample_, rowQuads);
    int si = rowPlace(QUADS * strip, sample_, slopeQuads);
    EACH(START)
    vec4 v0, v1, v2, v3;
    {{sums}}
#if MODE == HIDDEN
    vec4 g;
    EACH(ACTIVATE)
#endif
#if MODE == BACKWARD
    int ci = (int(uint(sample_) / 4u) * rowQuads * 4 + 16 * strip) * 4 + sample_ % 4;
    EACH(SCALE)
    EACH(STORE_COLUMNS)
#endif
    EACH(STORE)
}
