// Moves each particle by a reverse step (twin of applyReverseStep) unless `eps` is not known yet, keeps the
// frame, and writes the network's input for the next step.
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Outputs { vec4 outputs[]; };  // rows
layout(std430, binding = 1) buffer Positions { vec2 positions[]; };
layout(std430, binding = 2) writeonly buffer Frames { vec2 frames[]; };
layout(std430, binding = 3) writeonly buffer InputRows { vec4 inputRows[]; };
layout(std430, binding = 4) buffer Memory { vec2 memory[]; };
layout(std430, binding = 6) readonly buffer AnyOutputs { vec4 anyOutputs[]; };  // as outputs, of any class
layout(std430, binding = 5) buffer PathEnds { vec2 pathEnds[]; };  // W at the last stretch's low end

uniform uint seedLow, seedHigh, stream, lap, lowCell, lowFraction, highCell, highFraction, firstParticle;
uniform int highKnown;  // pathEnds hold W at the stretch's high end
uniform int move, frameBase, rowQuads, classQuads, label, guided;
uniform float guidanceWeight;
uniform vec2 toX0;  // x0hat = toX0.x * x + toX0.y * what the network says
uniform float fromXt, fromX0, fromMemory, keepXt, keepX0, noise;
uniform float logRange;  // not 0: the second head says how much wider than `noise` the noise is
uniform float stretchScale;
uniform vec2 low, high;
uniform float nextCondition;

{{rows}}
{{input}}

// z of the step's stretch; leaves W at its low end for the next step.
vec2 stretchNormals(int i) {
    uvec2 seed = uvec2(seedLow, seedHigh);
    uint particle = firstParticle + uint(i);
    vec2 high = pathEnds[i];
    if (highKnown == 0) high = pathAt(seed, stream, lap, particle, highCell, highFraction);
    vec2 low = pathAt(seed, stream, lap, particle, lowCell, lowFraction);
    pathEnds[i] = low;
    return (high - low) * stretchScale;
}

void main() {
    int i = int(gl_GlobalInvocationID.x);
    vec2 x = positions[i];
    if (move != 0) {
        int place = rowPlace(0, i, OUTPUTS / 4);
        vec4 heads = outputs[place];
        vec2 said = heads.xy;
        if (guided != 0) {
            vec2 any = anyOutputs[place].xy;
            said = any + guidanceWeight * (said - any);
        }
        vec2 x0 = toX0.x * x + toX0.y * said;
        x0 = clamp(x0, low, high);
        vec2 moved = fromXt * x + fromX0 * x0;
        if (noise != 0.0) {
            vec2 z = noise * stretchNormals(i);
            if (logRange != 0.0) z *= expOf(0.5 * logRange * logisticOf(heads)).zw;
            moved += z;
        }
        moved += fromMemory * memory[i];
        memory[i] = keepXt * x + keepX0 * x0;
        x = moved;
        positions[i] = x;
        frames[frameBase + i] = x;
    }
    writeInput(x.x, x.y, nextCondition, i, rowQuads);
    writeClass(label, classQuads, i, rowQuads);
}
