// Twin of core/denoiser/InputFeatures.h: the network's input for one sample.
void writeInput(float x, float y, float condition, int sample_, int rowQuads) {
    float f[INPUTS];
    f[0] = x;
    f[1] = y;
    vec2 u = sinCosOf(POSITION_FREQUENCY * x);
    vec2 v = sinCosOf(POSITION_FREQUENCY * y);
    int i = 2;
    for (int octave = 0; octave < POSITION_OCTAVES; ++octave) {
        f[i] = u.x;
        f[i + 1] = u.y;
        f[i + 2] = v.x;
        f[i + 3] = v.y;
        i += 4;
        u = vec2(2.0 * u.x * u.y, 1.0 - 2.0 * u.x * u.x);
        v = vec2(2.0 * v.x * v.y, 1.0 - 2.0 * v.x * v.x);
    }
    f[i] = condition * (1.0 / 12.0);
    f[i + 1] = sqrt(logisticOf(-condition));
    i += 2;
    vec2 base = sinCosOf(CONDITION_FREQUENCY * condition);
    vec2 now = base;
    for (int k = 0; k < CONDITION_HARMONICS; ++k) {
        f[i] = now.x;
        f[i + 1] = now.y;
        i += 2;
        now = vec2(now.x * base.y + now.y * base.x, now.y * base.y - now.x * base.x);
    }
    for (int q = 0; q < INPUTS / 4; ++q)
        inputRows[rowPlace(q, sample_, rowQuads)] =
            vec4(f[4 * q], f[4 * q + 1], f[4 * q + 2], f[4 * q + 3]);
}

// The inputs that say the class, none where it is below 0.
void writeClass(int label, int quads, int sample_, int rowQuads) {
    for (int q = 0; q < quads; ++q)
        inputRows[rowPlace(q + INPUTS / 4, sample_, rowQuads)] =
            vec4(equal(ivec4(label), ivec4(4 * q, 4 * q + 1, 4 * q + 2, 4 * q + 3)));
}

// Twin of conversion() in core/diffusion/Parametrisation.h: eps = x * x_t + y * what the network says.
vec2 conversionToEps(int parametrisation, float signal, float noise) {
    if (parametrisation == 1) return vec2(1.0 / noise, -signal / noise);
    if (parametrisation == 2) return vec2(noise, signal);
    return vec2(0.0, 1.0);
}
