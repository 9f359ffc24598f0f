// The products of the forward and the backward pass: 4 samples x 8 results an invocation, in registers:
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

#define CLEAR(i) c##i##0 = b0, c##i##1 = b1
#define ADD(i, x) c##i##0 += (x) * w0, c##i##1 += (x) * w1
#define TERM(component, k) \
    w0 = texelFetch(weights, wi + 4 * k); \
    w1 = texelFetch(weights, wi + 4 * k + 1); \
    ADD(0, x0.component); \
    ADD(1, x1.component); \
    ADD(2, x2.component); \
    ADD(3, x3.component);
#define EACH(DO) DO(0, 0) DO(0, 1) DO(1, 0) DO(1, 1) DO(2, 0) DO(2, 1) DO(3, 0) DO(3, 1)
#define AT(i, j, pitch) (((tile + i) * pitch + 2 * half_ + j) * TILE + lane)
#define ACTIVATE(i, j) \
    g = logisticOf(c##i##j); \
    c##i##j *= g; \
    slopes[AT(i, j, slopeQuads)] = g + c##i##j * (1.0 - g);
#define SCALE(i, j) c##i##j *= texelFetch(slopesBefore, AT(i, j, slopeQuads));
#define STORE(i, j) rows[AT(i, j, rowQuads)] = c##i##j;

void main() {
    int half_ = int(gl_WorkGroupID.x);  // of a strip
    int tile = int(gl_WorkGroupID.y) * 4;
    int lane = int(gl_LocalInvocationID.x);
    int ai = tile * aQuads * TILE + lane;
    int pitch = aQuads * TILE;
    int wi = weightBase + half_ / 2 * quads * 16 + half_ % 2 * 2;
    vec4 b0 = mode == backward ? vec4(0.0) : texelFetch(weights, bias + half_ * 2);
    vec4 b1 = mode == backward ? vec4(0.0) : texelFetch(weights, bias + half_ * 2 + 1);
    vec4 CLEAR(0), CLEAR(1), CLEAR(2), CLEAR(3);
    for (int quad = 0; quad < quads; ++quad) {
        vec4 x0 = texelFetch(a, ai);
        vec4 x1 = texelFetch(a, ai + pitch);
        vec4 x2 = texelFetch(a, ai + 2 * pitch);
        vec4 x3 = texelFetch(a, ai + 3 * pitch);
        vec4 w0, w1;
        TERM(x, 0)
        TERM(y, 1)
        TERM(z, 2)
        TERM(w, 3)
        ai += TILE;
        wi += 16;
    }
    if (mode == hiddenLayer) {
        vec4 g;
        EACH(ACTIVATE)
    }
    if (mode == backward) { EACH(SCALE) }
    EACH(STORE)
}
