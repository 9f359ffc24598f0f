#pragma once
#include "training/Readings.h"

#include <cmath>
#include <memory>

/// Readings without a network: numbers that a test can calculate again.
namespace fake {

inline std::shared_ptr<const diffuscope::Readings> readings(std::int64_t step, int steps, int bins = 64) {
    auto made = std::make_shared<diffuscope::Readings>();
    made->step = step;
    made->count = 2048;
    made->from = "generator";
    made->slicedW2 = {0.017 + 4.0 / static_cast<double>(step + 10), 0.017};
    made->mmd2 = {2e-4 + 1.0 / static_cast<double>(step + 10), -3e-5};
    made->energy = {0.001 + 2.0 / static_cast<double>(step + 10), 0.0008};
    for (int i = 0; i <= steps; ++i) made->boundTerms.push_back(0.5 / (1.0 + i) / (1.0 + i));
    made->boundTerms.front() = 1.75;
    made->boundTerms.back() = 2e-5;
    for (const double term : made->boundTerms) made->boundBitsPerDim += term;
    made->logLikelihood = -1.234;
    for (int i = 0; i < bins; ++i) {
        const double from = static_cast<double>(steps) * i / bins;
        const double irreducible = 0.8 * std::exp(-4.0 * i / bins);
        const double share = i % 16 == 3 ? 0.97 : 1.1;  // an estimate may fall below the best possible
        made->bins.push_back({.tFrom = from,
                              .tTo = static_cast<double>(steps) * (i + 1) / bins,
                              .loss = irreducible * share,
                              .gradientNorm = 0.3 * std::exp(-2.0 * i / bins),
                              .irreducible = irreducible});
    }
    for (int i = 0; i < 200; ++i) {
        const auto wave = static_cast<float>(std::sin(1.7 * i));
        made->spread.simple.push_back(0.5f + 0.02f * wave);
        made->spread.fourVariable.push_back(0.5f + 0.06f * wave);
    }
    made->spread.varianceRatio = 9.0;
    made->seconds = 0.8;
    return made;
}

}  // namespace fake
