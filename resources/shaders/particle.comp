// Moves each particle by a reverse step (twin of applyReverseStep) unless `eps` is not known yet, keeps the
// frame, and writes the network's input for the next step.
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Outputs { vec4 outputs[]; };  // [particle][2]
layout(std430, binding = 1) buffer Positions { vec2 positions[]; };
layout(std430, binding = 2) writeonly buffer Frames { vec2 frames[]; };
layout(std430, binding = 3) writeonly buffer InputRows { vec4 inputRows[]; };

uniform uint seedLow, seedHigh, stream, time, firstParticle;
uniform int move, frameBase, samples;
uniform float sqrtAlphaBar, sqrtOneMinusAlphaBar, fromXt, fromX0, noise;
uniform vec2 low, high;
uniform float nextCondition;

{{input}}

void main() {
    int i = int(gl_GlobalInvocationID.x);
    vec2 x = positions[i];
    if (move != 0) {
        uvec4 words = philox(uvec2(seedLow, seedHigh), stream, firstParticle + uint(i), time);
        vec2 x0 = (x - sqrtOneMinusAlphaBar * outputs[i * 2].xy) / sqrtAlphaBar;
        x0 = clamp(x0, low, high);
        x = fromXt * x + fromX0 * x0;
        if (noise != 0.0) x += noise * normalsOf(words.x, words.y);
        positions[i] = x;
        frames[frameBase + i] = x;
    }
    writeInput(x.x, x.y, nextCondition, i, samples);
}
