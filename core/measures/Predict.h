#pragma once
#include "denoiser/Denoiser.h"
#include "measures/Measuring.h"

#include <algorithm>
#include <span>

namespace diffuscope {

/// eps-hat of points at one noise level, a piece of them at a time.
inline void predictInPieces(const Denoiser& denoiser, std::span<const float> xt, const NoiseLevel& level,
                            int label, std::span<float> eps, const Measuring& measuring) {
    const std::size_t piece = 2 * denoiser.piece();
    const std::size_t pieces = (xt.size() + piece - 1) / piece;
    measuring.forEach(static_cast<int>(pieces), [&](int task) {
        const std::size_t first = static_cast<std::size_t>(task) * piece;
        const std::size_t size = std::min(piece, xt.size() - first);
        denoiser.eps(xt.subspan(first, size), level, label, eps.subspan(first, size));
    });
}

}  // namespace diffuscope
