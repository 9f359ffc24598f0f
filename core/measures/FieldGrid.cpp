#include "measures/FieldGrid.h"

#include "diffusion/IdealDenoiser.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace diffuscope {

std::span<const FieldQuantityRow> fieldQuantities() {
    static const std::array<FieldQuantityRow, 5> rows{{
        {{"eps", "Noise prediction", "The noise that the denoiser sees in a point at this place."},
         {"eps_x", "eps_y"}},
        {{"score", "Score", "Where the density of the noisy points rises: -eps / sqrt(1 - alphaBar)."},
         {"score_x", "score_y"}},
        {{"x0", "Guess of the clean point", "Where the denoiser would send a point from here."},
         {"x0_x", "x0_y"}},
        {{"density", "Density", "Of the noisy points, q_t, exactly."}, {"density"}},
        {{"error", "Error of the network", "Distance of its noise prediction from the ideal one."},
         {"error"}},
    }};
    return rows;
}

std::vector<double> FieldGrid::axis() const {
    std::vector<double> axis;
    for (int k = 0; k < size; ++k) axis.push_back(extent * (2 * k - (size - 1)) / (size - 1));
    return axis;
}

void fieldAt(FieldQuantity quantity, const FieldSources& sources, const FieldLevel& level,
             std::span<const double> xs, std::span<const double> ys, std::span<float> values) {
    if (quantity == FieldQuantity::Density) return sources.density->onGrid(level.exact, xs, ys, values);
    const std::vector<float> places = gridPoints(xs, ys);
    if (quantity == FieldQuantity::Error) {
        std::vector<float> error(places.size());
        errorField(*guidedDenoiser(sources.denoiser, sources.guidance),
                   *guidedDenoiser(sources.ideal, sources.guidance), level.level, sources.guidance.label,
                   places, error);
        for (std::size_t k = 0; k < values.size(); ++k)
            values[k] = std::hypot(error[2 * k], error[2 * k + 1]);
        return;
    }
    std::vector<float> scratch;
    guidedEps(*sources.denoiser, places, level.level, sources.guidance, values, scratch);
    for (std::size_t i = 0; quantity == FieldQuantity::Score && i < values.size(); ++i)
        values[i] = scoreOf(values[i], level.level);
    for (std::size_t i = 0; quantity == FieldQuantity::X0 && i < values.size(); ++i) {
        values[i] = posteriorMean(places[i], values[i], level.level);
        if (sources.clamp)
            values[i] = std::clamp(values[i], sources.clamp->low[i % 2], sources.clamp->high[i % 2]);
    }
}

}  // namespace diffuscope
