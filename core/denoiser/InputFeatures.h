#pragma once
#include "denoiser/Elementary.h"
#include "denoiser/Mlp.h"

#include <cmath>
#include <cstddef>

namespace diffuscope {

/// Features that depend on the position come first, those of the condition alone after them.
constexpr int positionFeatures = 2 + 4 * positionOctaves;

/// x, y and, for each octave k, sin and cos of 2^k positionFrequency times x and y. Writes feature i to
/// features[i * stride].
inline void positionInput(float x, float y, float* features, std::size_t stride) {
    SinCos u = sinCosOf(positionFrequency * x);
    SinCos v = sinCosOf(positionFrequency * y);
    features[0] = x;
    features[stride] = y;
    float* out = features + 2 * stride;
    for (int octave = 0; octave < positionOctaves; ++octave) {
        out[0] = u.sin;
        out[stride] = u.cos;
        out[2 * stride] = v.sin;
        out[3 * stride] = v.cos;
        out += 4 * stride;
        u = {2.0f * u.sin * u.cos, 1.0f - 2.0f * u.sin * u.sin};
        v = {2.0f * v.sin * v.cos, 1.0f - 2.0f * v.sin * v.sin};
    }
}

/// c / 12, sqrt(logistic(-c)), which is sqrt(1 - alphaBar) where c is the log-SNR, and sin and cos of
/// k conditionFrequency c for k = 1…conditionHarmonics.
inline void conditionInput(float c, float* features, std::size_t stride) {
    features[0] = c * (1.0f / 12.0f);
    features[stride] = std::sqrt(logisticOf(-c));
    const SinCos base = sinCosOf(conditionFrequency * c);
    SinCos now = base;
    float* out = features + 2 * stride;
    for (int k = 0; k < conditionHarmonics; ++k) {
        out[0] = now.sin;
        out[stride] = now.cos;
        out += 2 * stride;
        now = {now.sin * base.cos + now.cos * base.sin, now.cos * base.cos - now.sin * base.sin};
    }
}

}  // namespace diffuscope
