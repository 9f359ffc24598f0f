// Clips the gradient to norm 1, takes Adam's step and moves the average, for four parameters. (Kingma & Ba
// 2015)
layout(local_size_x = 128) in;

layout(binding = 0) uniform samplerBuffer gradient;
// What the buffers below hold before the step: a texel is read by the invocation that writes it, before it does.
layout(binding = 1) uniform samplerBuffer parametersBefore;
layout(binding = 2) uniform samplerBuffer firstBefore;
layout(binding = 3) uniform samplerBuffer secondBefore;
layout(binding = 4) uniform samplerBuffer averageBefore;
layout(std430, binding = 0) readonly buffer Sums { vec2 sums; };  // of the squared gradient, of the losses
layout(std430, binding = 1) readonly buffer Places { ivec4 places[]; };
layout(std430, binding = 2) writeonly buffer Parameters { vec4 parameters[]; };
layout(std430, binding = 3) writeonly buffer Transposed { float transposed[]; };
layout(std430, binding = 4) writeonly buffer FirstMoment { vec4 firstMoment[]; };
layout(std430, binding = 5) writeonly buffer SecondMoment { vec4 secondMoment[]; };
layout(std430, binding = 6) writeonly buffer Average { vec4 average[]; };
layout(std430, binding = 7) writeonly buffer StepLosses { float stepLosses[]; };

uniform float rate;       // learning rate / (1 - beta1^n)
uniform float rootScale;  // 1 / sqrt(1 - beta2^n)
uniform float decay;      // of the average
uniform float perSample;  // 1 / batch
uniform int stepIndex;

const float beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
const float rest1 = 0.1, rest2 = 0.001;  // 1 - beta, rounded once

void main() {
    int p = int(gl_GlobalInvocationID.x);
    vec2 sum = sums;
    float clip = sum.x > 1.0 ? 1.0 / sqrt(sum.x) : 1.0;

    vec4 g = texelFetch(gradient, p) * clip;
    // precise: a compiler that makes mix() of these sums rounds away what the gradient adds.
    precise vec4 first = beta1 * texelFetch(firstBefore, p) + rest1 * g;
    precise vec4 second = beta2 * texelFetch(secondBefore, p) + rest2 * (g * g);
    vec4 parameter =
        texelFetch(parametersBefore, p) - rate * first / (sqrt(second) * rootScale + epsilon);
    firstMoment[p] = first;
    secondMoment[p] = second;
    parameters[p] = parameter;
    precise vec4 mean = decay * texelFetch(averageBefore, p) + (1.0 - decay) * parameter;
    average[p] = mean;
    ivec4 place = places[p];
    transposed[place.x] = parameter.x;
    transposed[place.y] = parameter.y;
    transposed[place.z] = parameter.z;
    transposed[place.w] = parameter.w;
    if (p == 0) stepLosses[stepIndex] = sum.y * perSample;
}
