#pragma once
#include "denoiser/Denoiser.h"
#include "measures/Measuring.h"

#include <algorithm>
#include <span>

namespace diffuscope {

/// eps-hat of points at one noise level, a piece of them at a time; with `shares` (as eps, or empty) also
/// where the learned variance lies.
inline void predictInPieces(const Denoiser& denoiser, std::span<const float> xt, const NoiseLevel& level,
                            int label, std::span<float> eps, const Measuring& measuring,
                            std::span<float> shares = {}) {
    const std::size_t piece = 2 * denoiser.piece();
    const std::size_t pieces = (xt.size() + piece - 1) / piece;
    measuring.forEach(static_cast<int>(pieces), [&](int task) {
        const std::size_t first = static_cast<std::size_t>(task) * piece;
        const std::size_t size = std::min(piece, xt.size() - first);
        if (shares.empty())
            denoiser.eps(xt.subspan(first, size), level, label, eps.subspan(first, size));
        else
            denoiser.epsAndShares(xt.subspan(first, size), level, label, eps.subspan(first, size),
                                  shares.subspan(first, size));
    });
}

}  // namespace diffuscope
