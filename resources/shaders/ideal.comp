// Twin of core/diffusion/IdealPoints.cpp, without its boxes: every query meets every point, CHUNK of them a
// dispatch, written out without a loop (see strip.comp). First the nearest point of each query, then the sums of
// the weights relative to it. The host adds what is missing to eps*.
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Points { vec4 points[]; };  // of four: xs, ys, 1 or 0 for padding
layout(std430, binding = 1) readonly buffer Queries { vec2 queries[]; };
layout(std430, binding = 2) buffer Nearest { vec4 nearest[]; };  // point, square of its distance
layout(std430, binding = 3) buffer Sums { vec4 sums[]; };        // greatest log-weight, sums of 1, ux, uy
layout(std430, binding = 4) buffer Rests { vec4 rests[]; };      // of the sums, by Kahan

uniform int first;  // vec4 of the chunk
uniform int start;  // 1: the first chunk
uniform float signal;
uniform float factor;  // -1 / (2 noise^2)

shared vec4 p[STAGED];

void main() {
    int i = int(gl_GlobalInvocationID.x);
    int lane = int(gl_LocalInvocationID.x);
    {{stage}}
    barrier();
    vec2 x = queries[i];
    vec4 m = nearest[i];
#ifdef NEAREST
    vec4 least = vec4(start != 0 ? 3.0e38 : m.z), bestX = m.xxxx, bestY = m.yyyy;
    vec4 dx, dy, d;
    bvec4 nearer;
    {{quads}}
    m = vec4(bestX.x, bestY.x, least.x, 0.0);
    m = least.y < m.z ? vec4(bestX.y, bestY.y, least.y, 0.0) : m;
    m = least.z < m.z ? vec4(bestX.z, bestY.z, least.z, 0.0) : m;
    m = least.w < m.z ? vec4(bestX.w, bestY.w, least.w, 0.0) : m;
    nearest[i] = m;
#else
    vec2 twice = 2.0 * (signal * m.xy - x);
    vec4 before = start != 0 ? vec4(-1.0e30, 0.0, 0.0, 0.0) : sums[i];
    vec4 rest = start != 0 ? vec4(0.0) : rests[i];
    float greatest = before.x, next, fade;
    vec3 found = vec3(0.0);
    vec4 w, top, ux0, uy0, l0, ux1, uy1, l1, ux2, uy2, l2, ux3, uy3, l3;
    {{quads}}
    fade = expOf(vec4(before.x - greatest)).x;
    precise vec3 faded = before.yzw * fade;
    precise vec3 term = found - rest.yzw * fade;
    precise vec3 sum = faded + term;
    precise vec3 over = (sum - faded) - term;
    sums[i] = vec4(greatest, sum);
    rests[i] = vec4(0.0, over);
#endif
}
