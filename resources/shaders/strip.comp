// One strip of eight results per invocation: acc[j] = sum over k of A[k][lane] * W[strip][k][j]. It is the
// product of all three passes: forward (k: inputs, lane: sample), backward (k: outputs, lane: sample) and the
// gradient (k: the samples of a block, lane: output). The product is written out without a loop and reads W at
// constant places of shared memory outside of control flow: the only form that software renderers make fast.
layout(local_size_x = LANES) in;

layout(std430, binding = 0) writeonly buffer Rows { vec4 rows[]; };            // [feature / 8][sample][2]
layout(std430, binding = 1) writeonly buffer Slopes { vec4 slopes[]; };        // as rows
layout(std430, binding = 2) writeonly buffer Columns { float columns[]; };     // [sample / 8][feature][8]
layout(std430, binding = 3) writeonly buffer Partials { float partials[]; };   // [block][parameter]
#ifdef SEGMENTED
layout(std430, binding = 4) buffer Sums { vec4 sums[]; };                      // as rows
#endif
layout(binding = 0) uniform samplerBuffer a;             // rows, or columns for the gradient
layout(binding = 1) uniform samplerBuffer weights;       // [strip][k][2], or rows for the gradient
layout(binding = 2) uniform samplerBuffer slopesBefore;  // of the layer below

const int hiddenLayer = 0, outputLayer = 1, backward = 2, gradient = 3;
uniform int mode;
uniform int segment;                               // of a sum that takes several dispatches
uniform int weightBase, weightStrip, weightBlock;  // in vec4
uniform int aBase, aPair, aBlock;                  // in vec4
uniform int bias;                                  // in vec4; forward
uniform int samples;                               // forward, backward; 0 for the gradient
uniform int columnCount;                           // features of a column; backward
uniform int inputs, outputs, gradientWeight, gradientBias, parameterCount;  // gradient

shared vec4 w[STAGED];

void main() {
    int strip = int(gl_WorkGroupID.y);
    int block = int(gl_WorkGroupID.z);
    int lane = int(gl_GlobalInvocationID.x);
    int from = weightBase + strip * weightStrip + block * weightBlock;
    {{stage}}
    barrier();
    int ai = aBase + lane * 2 + block * aBlock;
    int at = (strip * samples + lane) * 2;
    bool biased = mode <= outputLayer && segment == 0;
    vec4 c0 = biased ? texelFetch(weights, bias + strip * 2) : vec4(0.0);
    vec4 c1 = biased ? texelFetch(weights, bias + strip * 2 + 1) : vec4(0.0);
#ifdef SEGMENTED
    if (segment != 0) {
        c0 = sums[at];
        c1 = sums[at + 1];
    }
#endif
    vec4 v;
    {{product}}
#ifdef SEGMENTED
    if (mode != gradient) {
        sums[at] = c0;
        sums[at + 1] = c1;
    }
#endif
#ifdef FORWARD
    if (mode == hiddenLayer) {
        vec4 g0 = logisticOf(c0);
        vec4 g1 = logisticOf(c1);
        vec4 y0 = c0 * g0;
        vec4 y1 = c1 * g1;
        rows[at] = y0;
        rows[at + 1] = y1;
        slopes[at] = g0 + y0 * (1.0 - g0);
        slopes[at + 1] = g1 + y1 * (1.0 - g1);
    } else if (mode == outputLayer) {
        rows[at] = c0;
        rows[at + 1] = c1;
    }
#endif
#ifdef BACKWARD
    if (mode == backward) {
        c0 *= texelFetch(slopesBefore, at);
        c1 *= texelFetch(slopesBefore, at + 1);
        rows[at] = c0;
        rows[at + 1] = c1;
        int ci = ((lane >> 3) * columnCount + strip * 8) * 8 + (lane & 7);
        for (int j = 0; j < 4; ++j) {
            columns[ci + j * 8] = c0[j];
            columns[ci + 32 + j * 8] = c1[j];
        }
    }
#endif
#ifdef GRADIENT
    if (mode == gradient && lane < outputs) {
        int pi = block * parameterCount;
        if (strip * 8 < inputs) {
            pi += gradientWeight + ((lane >> 3) * inputs + strip * 8) * 8 + (lane & 7);
            for (int j = 0; j < 4; ++j) {
                partials[pi + j * 8] = c0[j];
                partials[pi + 32 + j * 8] = c1[j];
            }
        } else {
            partials[pi + gradientBias + lane] = c0.x;  // the strip after the inputs is the constant 1
        }
    }
#endif
}
