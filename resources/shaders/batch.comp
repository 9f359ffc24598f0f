// Draws the samples of a batch, as DenoiserBackend.h says. Samples behind the batch's end are drawn like the
// last one; the loss gives them no weight.
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Points { vec2 points[]; };
// Of t = 1...T: NoiseLevel and weight, then klWeight, logRange, meanFactor. Then the weights of the floor.
layout(binding = 0) uniform samplerBuffer levels;
layout(std430, binding = 1) writeonly buffer InputRows { vec4 inputRows[]; };
layout(std430, binding = 2) writeonly buffer Targets { vec4 targets[]; };  // base, gain, weight; the KL's numbers
layout(std430, binding = 3) readonly buffer Labels { int labels[]; };

uniform uint seedLow, seedHigh, stream, extraStream, step, dropBelow;
uniform int batch, floorCount, first, rowQuads, stratified;
uniform int classes, classQuads, separateNoise, parametrisation;
uniform uint pointCount, levelCount;

{{rows}}
{{input}}

float floorWeight(float u) {
    float place = u * float(FLOOR_CELLS);
    int cell = min(int(place), FLOOR_CELLS - 1);
    int base = int(levelCount) * 2;
    float low = texelFetch(levels, base + cell / 4)[cell % 4];
    float high = texelFetch(levels, base + (cell + 1) / 4)[(cell + 1) % 4];
    return low + (place - float(cell)) * (high - low);
}

void main() {
    int sample_ = int(gl_GlobalInvocationID.x);
    int i = min(first + sample_, batch - 1);
    // A loop, since a second copy of the generator would take time to compile.
    uvec4 words = uvec4(0u), extra = uvec4(0u);
    vec2 eps = vec2(0.0), ofStep = vec2(0.0);
    int calls = classes != 0 || separateNoise != 0 ? 2 : 1;
    for (int call = 0; call < calls; ++call) {
        uvec4 drawn = philox(uvec2(seedLow, seedHigh), call == 0 ? stream : extraStream, uint(i), step);
        vec2 z = normalsOf(drawn.z, drawn.w);
        words = call == 0 ? drawn : words;
        eps = call == 0 ? z : eps;
        extra = drawn;
        ofStep = z;
    }
    uint point = indexBelow(words.x, pointCount);
    vec2 x0 = points[point];

    bool inFloor = i < floorCount;
    uint j = uint(inFloor ? i : i - floorCount);
    uint m = uint(inFloor ? floorCount : batch - floorCount);
    uint below = indexBelow(words.y, levelCount);
    uint t = stratified != 0 ? (levelCount * j + below) / m : below;
    vec4 level = texelFetch(levels, int(2u * t));
    vec4 kl = texelFetch(levels, int(2u * t + 1u));

    float u = uniformOf(words.y);
    u = stratified != 0 ? (float(j) + u) / float(m) : u;
    float lambda = -12.0 + 22.0 * u;
    if (inFloor) {
        level = vec4(sqrt(logisticOf(lambda)), sqrt(logisticOf(-lambda)), lambda, floorWeight(u));
        kl = vec4(0.0);
    }

    vec2 target = eps;
    int label = -1;
    if (classes != 0 && extra.x >= dropBelow) label = labels[point];
    if (separateNoise != 0 && !inFloor) {
        eps = sqrt(1.0 - level.w) * eps + sqrt(level.w) * ofStep;
        target = ofStep / sqrt(level.w);
    }

    vec2 xt = level.x * x0 + level.y * eps;
    vec2 toEps = conversionToEps(parametrisation, level.x, level.y);
    targets[2 * sample_] = vec4(target - toEps.x * xt, toEps.y, level.w);
    targets[2 * sample_ + 1] = kl;
    writeInput(xt.x, xt.y, level.z, sample_, rowQuads);
    writeClass(label, classQuads, sample_, rowQuads);
}
