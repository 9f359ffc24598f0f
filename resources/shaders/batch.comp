// Draws the samples of a batch, as DenoiserBackend.h says. Samples behind the batch's end are drawn like the
// last one; the loss gives them no weight.
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Points { vec2 points[]; };
layout(std430, binding = 1) readonly buffer Levels { vec4 levels[]; };  // NoiseLevel of t = 1...T
layout(std430, binding = 2) writeonly buffer InputRows { vec4 inputRows[]; };
layout(std430, binding = 3) writeonly buffer Targets { vec2 targets[]; };

uniform uint seedLow, seedHigh, stream, step;
uniform int batch, floorCount, first, samples, stratified;
uniform uint pointCount, levelCount;

{{input}}

void main() {
    int sample_ = int(gl_GlobalInvocationID.x);
    int i = min(first + sample_, batch - 1);
    uvec4 words = philox(uvec2(seedLow, seedHigh), stream, uint(i), step);
    vec2 x0 = points[indexBelow(words.x, pointCount)];
    vec2 eps = normalsOf(words.z, words.w);

    bool inFloor = i < floorCount;
    uint j = uint(inFloor ? i : i - floorCount);
    uint m = uint(inFloor ? floorCount : batch - floorCount);
    uint below = indexBelow(words.y, levelCount);
    uint t = stratified != 0 ? (levelCount * j + below) / m : below;
    vec4 level = levels[t];

    float u = uniformOf(words.y);
    u = stratified != 0 ? (float(j) + u) / float(m) : u;
    float lambda = -12.0 + 22.0 * u;
    vec4 ofLambda = vec4(sqrt(logisticOf(lambda)), sqrt(logisticOf(-lambda)), lambda, 0.0);
    level = inFloor ? ofLambda : level;

    vec2 xt = level.x * x0 + level.y * eps;
    targets[sample_] = eps;
    writeInput(xt.x, xt.y, level.z, sample_, samples);
}
