// Loss of each sample and its derivative by the network's output.
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Outputs { vec4 outputs[]; };    // [sample][2]
layout(std430, binding = 1) readonly buffer Targets { vec2 targets[]; };
layout(std430, binding = 2) writeonly buffer Losses { float losses[]; };
layout(std430, binding = 3) writeonly buffer Rows { vec4 rows[]; };         // [sample][2]
layout(std430, binding = 4) writeonly buffer Columns { float columns[]; };  // [sample / 8][feature][8]

uniform int batch, first, columnCount;
uniform float scale;  // 2 / batch

void main() {
    int sample_ = int(gl_GlobalInvocationID.x);
    bool real = first + sample_ < batch;
    vec2 error = outputs[sample_ * 2].xy - targets[sample_];
    error = real ? error : vec2(0.0);
    losses[first + sample_] = dot(error, error);
    vec2 delta = error * scale;
    rows[sample_ * 2] = vec4(delta, 0.0, 0.0);
    int ci = (sample_ >> 3) * columnCount * 8 + (sample_ & 7);
    columns[ci] = delta.x;
    columns[ci + 8] = delta.y;
}
