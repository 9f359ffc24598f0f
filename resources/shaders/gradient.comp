// Partial gradients of a layer: 8 inputs x 8 outputs an invocation, in registers, each the sum over a block of
// GROUP samples of input * delta. Behind the inputs comes the constant 1, whose products are the bias' gradient.
layout(local_size_x = 32) in;

layout(std430, binding = 0) writeonly buffer Partials { vec4 partials[]; };  // [block][parameter / 64][16], see inPartial()
layout(binding = 0) uniform samplerBuffer inputRows;  // [tile][feature / 4][sample of TILE]
layout(binding = 1) uniform samplerBuffer deltaRows;  // likewise

uniform int inputs, outputStrips;    // outputs in strips of eight
uniform int inputQuads, deltaQuads;  // fours of features of a row of each buffer
uniform int weight, bias, quads;     // in vec4: places in a block's partial, and its size

#define CLEAR(i) c##i##0 = vec4(0.0), c##i##1 = vec4(0.0)
#define ADD(i, x) c##i##0 += (x) * d0, c##i##1 += (x) * d1
#define SAMPLE(s) \
    x0 = texelFetch(inputRows, xi + s); \
    x1 = texelFetch(inputRows, xi + TILE + s); \
    d0 = texelFetch(deltaRows, di + s); \
    d1 = texelFetch(deltaRows, di + TILE + s); \
    ADD(0, x0.x), ADD(1, x0.y), ADD(2, x0.z), ADD(3, x0.w); \
    ADD(4, x1.x), ADD(5, x1.y), ADD(6, x1.z), ADD(7, x1.w);
#define STORE(o, half_, e) \
    partials[at + o] = vec4(c0##half_.e, c1##half_.e, c2##half_.e, c3##half_.e); \
    partials[at + 16 + o] = vec4(c4##half_.e, c5##half_.e, c6##half_.e, c7##half_.e);
#define EACH(DO) DO(0, 0, x) DO(1, 0, y) DO(2, 0, z) DO(3, 0, w) DO(4, 1, x) DO(5, 1, y) DO(6, 1, z) DO(7, 1, w)
#define STORE_BIAS(o, half_, e) partials[at + o][row] = c0##half_.e;

void main() {
    int inputStrips = inputs / 8 + 1;
    // Invocations behind the last one do its work again.
    int place = min(int(gl_GlobalInvocationID.x), inputStrips * outputStrips - 1);
    int inputStrip = place / outputStrips;
    int outputStrip = place - inputStrip * outputStrips;
    int block = int(gl_WorkGroupID.y);
    vec4 CLEAR(0), CLEAR(1), CLEAR(2), CLEAR(3), CLEAR(4), CLEAR(5), CLEAR(6), CLEAR(7);
    for (int tile = block * GROUP / TILE; tile < (block + 1) * GROUP / TILE; ++tile) {
        int xi = (tile * inputQuads + 2 * inputStrip) * TILE;
        int di = (tile * deltaQuads + 2 * outputStrip) * TILE;
        for (int s = 0; s < TILE; s += 2) {
            vec4 x0, x1, d0, d1;
            SAMPLE(0)
            SAMPLE(1)
            xi += 2;
            di += 2;
        }
    }
    int at = block * quads;
    if (8 * inputStrip < inputs) {
        at += weight + (outputStrip / 2 * (inputs / 4) + 2 * inputStrip) * 16 + outputStrip % 2 * 8;
        EACH(STORE)
    } else {
        at += bias + outputStrip / 8 * 16 + outputStrip % 2 * 8;
        int row = outputStrip / 2 % 4;
        EACH(STORE_BIAS)
    }
}
