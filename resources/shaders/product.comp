// The products of the forward and the backward pass: 4 samples x 16 results an invocation, in registers,
// result = sum over k of A[sample][k] * W[k][result]. Forward k are a layer's inputs, backward its outputs, with
// the weights transposed. Both factors come by texelFetch: software renderers read a storage buffer or shared
// memory lane by lane, and a texel's four numbers for all lanes at once.
layout(local_size_x = TILE) in;

layout(std430, binding = 0) writeonly buffer Rows { vec4 rows[]; };      // [tile][feature / 4][sample of TILE]
layout(std430, binding = 1) writeonly buffer Slopes { vec4 slopes[]; };  // as rows
layout(binding = 0) uniform samplerBuffer a;             // rows
layout(binding = 1) uniform samplerBuffer weights;       // [strip of 16][k][16]
layout(binding = 2) uniform samplerBuffer slopesBefore;  // of the layer below, as slopes

const int hiddenLayer = 0, outputLayer = 1, backward = 2;
uniform int mode;
uniform int quads;                                // fours of k
uniform int aQuads, rowQuads, slopeQuads;         // fours of features of a row of each buffer
uniform int weightBase;                           // in texels
uniform int bias;                                 // in texels; forward

#define CLEAR(i, b) c##i##0 = b##0, c##i##1 = b##1, c##i##2 = b##2, c##i##3 = b##3
#define ADD(i, x) c##i##0 += (x) * w0, c##i##1 += (x) * w1, c##i##2 += (x) * w2, c##i##3 += (x) * w3
#define TERM(component, k) \
    w0 = texelFetch(weights, wi + 4 * k); \
    w1 = texelFetch(weights, wi + 4 * k + 1); \
    w2 = texelFetch(weights, wi + 4 * k + 2); \
    w3 = texelFetch(weights, wi + 4 * k + 3); \
    ADD(0, x0.component); \
    ADD(1, x1.component); \
    ADD(2, x2.component); \
    ADD(3, x3.component);
#define EACH(DO) \
    DO(0, 0) DO(0, 1) DO(0, 2) DO(0, 3) DO(1, 0) DO(1, 1) DO(1, 2) DO(1, 3) \
    DO(2, 0) DO(2, 1) DO(2, 2) DO(2, 3) DO(3, 0) DO(3, 1) DO(3, 2) DO(3, 3)
#define AT(i, j, pitch) (((tile + i) * pitch + 4 * strip + j) * TILE + lane)
#define ACTIVATE(i, j) \
    g = logisticOf(c##i##j); \
    y = c##i##j * g; \
    rows[AT(i, j, rowQuads)] = y; \
    slopes[AT(i, j, slopeQuads)] = g + y * (1.0 - g);
#define SCALE(i, j) c##i##j *= texelFetch(slopesBefore, AT(i, j, slopeQuads));
#define STORE(i, j) rows[AT(i, j, rowQuads)] = c##i##j;

void main() {
    int strip = int(gl_WorkGroupID.x);
    int tile = int(gl_WorkGroupID.y) * 4;
    int lane = int(gl_LocalInvocationID.x);
    int ai = tile * aQuads * TILE + lane;
    int pitch = aQuads * TILE;
    int wi = weightBase + strip * quads * 16;
    vec4 b0 = vec4(0.0), b1 = vec4(0.0), b2 = vec4(0.0), b3 = vec4(0.0);
    if (mode != backward) {
        b0 = texelFetch(weights, bias + strip * 4);
        b1 = texelFetch(weights, bias + strip * 4 + 1);
        b2 = texelFetch(weights, bias + strip * 4 + 2);
        b3 = texelFetch(weights, bias + strip * 4 + 3);
    }
    vec4 CLEAR(0, b), CLEAR(1, b), CLEAR(2, b), CLEAR(3, b);
    for (int quad = 0; quad < quads; ++quad) {
        vec4 x0 = texelFetch(a, ai);
        vec4 x1 = texelFetch(a, ai + pitch);
        vec4 x2 = texelFetch(a, ai + 2 * pitch);
        vec4 x3 = texelFetch(a, ai + 3 * pitch);
        vec4 w0, w1, w2, w3;
        TERM(x, 0)
        TERM(y, 1)
        TERM(z, 2)
        TERM(w, 3)
        ai += TILE;
        wi += 16;
    }
    if (mode == hiddenLayer) {
        vec4 g, y;
        EACH(ACTIVATE)
    } else {
        if (mode == backward) { EACH(SCALE) }
        EACH(STORE)
    }
}
