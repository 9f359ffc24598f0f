// Loss of each sample and its derivatives by the network's outputs: twin of lossOf() in
// core/denoiser/PackedPass.cpp.
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Outputs { vec4 outputs[]; };  // rows of OUTPUTS features
layout(std430, binding = 1) readonly buffer Targets { vec4 targets[]; };  // [sample][2], see batch.comp
layout(std430, binding = 2) writeonly buffer Losses { float losses[]; };
layout(std430, binding = 3) writeonly buffer Rows { vec4 rows[]; };      // as the outputs

uniform int batch, first, twoHeads;
uniform float scale;  // 1 / batch

{{rows}}
// The KL term of both axes without its weight, and its derivative by the heads. (LevelLoss)
float klOf(vec2 heads, vec2 residual, float logRange, float meanFactor, out vec2 slope) {
    vec4 padded = vec4(heads, 0.0, 0.0);
    vec2 f = logisticOf(padded).xy;
    vec2 ratio = (1.0 + meanFactor * (residual * residual)) * expOf(vec4(-f * logRange, 0.0, 0.0)).xy;
    slope = 0.5 * logRange * (1.0 - ratio) * f * (1.0 - f);
    vec2 both = 0.5 * (f * logRange + ratio - 1.0);
    return both.x + both.y;
}

void main() {
    int sample_ = int(gl_GlobalInvocationID.x);
    bool real = first + sample_ < batch;
    int place = rowPlace(0, sample_, OUTPUTS / 4);
    vec4 said = outputs[place];
    vec4 wanted = targets[sample_ * 2];
    vec2 residual = wanted.z * said.xy - wanted.xy;
    float loss = wanted.w * dot(residual, residual);
    vec4 delta = vec4(2.0 * scale * wanted.w * wanted.z * residual, 0.0, 0.0);
    if (twoHeads != 0) {
        vec4 kl = targets[sample_ * 2 + 1];
        vec2 slope;
        loss += kl.x * klOf(said.zw, residual, kl.y, kl.z, slope);
        delta.zw = scale * kl.x * slope;
    }
    delta = real ? delta : vec4(0.0);
    losses[first + sample_] = real ? loss : 0.0;
    rows[place] = delta;
}
