#include "settings/Kinds.h"

namespace diffuscope {

std::span<const Choice> conditionings() {
    static constexpr Choice rows[] = {
        {"log-snr", "noise level λ",
         "The network is told the log-SNR of its input, so it stays valid when the schedule or T changes."},
        {"step-index", "step t/T",
         "The network is told the step's index, as the papers do; a change of schedule or T then needs "
         "training."},
    };
    return rows;
}

std::span<const Choice> denoisers() {
    static constexpr Choice rows[] = {
        {"network", "network", "The network that is being trained."},
        {"ideal", "ideal", "The best possible denoiser of the training points: it reproduces them."},
        {"mixture", "distribution",
         "The best possible denoiser of the distribution itself, where it is a mixture of Gaussians: it "
         "generalises."},
    };
    return rows;
}

std::span<const Choice> laneKinds() {
    static constexpr Choice rows[] = {
        {"forward", "Forward", "Data fall apart into noise."},
        {"reverse", "Reverse", "Noise falls into place as data."},
        {"both", "Both", "Forward and reverse side by side."},
    };
    return rows;
}

std::span<const Choice> fieldKinds() {
    static constexpr Choice rows[] = {
        {"eps", "ε̂", "The noise that the denoiser sees in a particle there: it points away from the data."},
        {"score", "score", "∇ log q, −ε̂/√(1 − ᾱ): uphill, to where particles are denser."},
        {"drift", "drift",
         "Of the probability flow, per step: where a particle without dice would go, with t on the forward "
         "lane and against it on the reverse lane."},
    };
    return rows;
}

std::span<const Choice> loopKinds() {
    static constexpr Choice rows[] = {
        {"back-and-forth", "Back and forth", "Data to noise and back to data, again and again."},
        {"repeat", "Noise to data", "From noise to data, then again from noise."},
        {"once", "Once", "Stop at the end."},
    };
    return rows;
}

std::span<const Choice> themeKinds() {
    static constexpr Choice rows[] = {
        {"dark", "Dark", "Glowing particles on a dark stage."},
        {"light", "Light", "Dark particles on a light stage, for print."},
        {"projector", "Projector", "The highest contrast, for a bright room."},
    };
    return rows;
}

std::span<const Choice> notations() {
    static constexpr Choice rows[] = {
        {"ho", "Ho", "β, ᾱ and 1 − ᾱ are variances, q is forward and p reverse. (Ho et al. 2020)"},
        {"su", "Su",
         "β, ᾱ and β̄ are standard deviations, the roots of Ho's; p is forward and q reverse. (Su and Yang "
         "2025)"},
    };
    return rows;
}

}  // namespace diffuscope
