#include "diffusion/Loss.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

LevelLoss plain(const NoiseSchedule&, const TrainingSettings&, int) {
    return {};
}

/// beta_t^2 / (2 sigma_t^2 alpha_t (1 - alphaBar_t)) with sigma_t^2 = beta_t. (Ho et al. 2020, eq. 12)
LevelLoss bound(const NoiseSchedule& schedule, const TrainingSettings&, int t) {
    return {static_cast<float>(schedule.beta(t) / (2.0 * schedule.alpha(t) * schedule.oneMinusAlphaBar(t)))};
}

/// min((1 - alphaBar)/alphaBar, cap). (Su 2025, eq. 3.12)
double cleanSpace(const TrainingSettings& settings, double logSnr) {
    return std::min(std::exp(-logSnr), settings.weightCap);
}

LevelLoss cleanSpaceAt(const NoiseSchedule& schedule, const TrainingSettings& settings, int t) {
    return {static_cast<float>(cleanSpace(settings, schedule.logSnr(t)))};
}

/// |eps_t - c eps-hat|^2 = c^2 |eps_t/c - eps-hat|^2 with c^2 = beta_t/(1 - alphaBar_t). (Su 2025, eq. 1.10)
LevelLoss fourVariable(const NoiseSchedule& schedule, const TrainingSettings&, int t) {
    return {static_cast<float>(std::min(1.0, schedule.beta(t) / schedule.oneMinusAlphaBar(t)))};
}

LevelLoss learnedVariance(const NoiseSchedule& schedule, const TrainingSettings&, int t) {
    const double beta = schedule.beta(t);
    return {
        1.0f, static_cast<float>(schedule.steps() / 1000.0), static_cast<float>(schedule.logVarianceRange(t)),
        static_cast<float>(beta * beta /
                           (schedule.alpha(t) * schedule.oneMinusAlphaBar(t) * schedule.lowerVariance(t)))};
}

/// The weight at `logSnr` between the two steps around it, linear in its logarithm; beyond the schedule that
/// of its nearest end.
double interpolated(const NoiseSchedule& schedule, const std::vector<LevelLoss>& levels, double logSnr) {
    const auto weight = [&](int t) {
        return static_cast<double>(levels[static_cast<std::size_t>(t - 1)].weight);
    };
    int below = 1;  // log-SNR falls with t
    int above = schedule.steps();
    if (logSnr >= schedule.logSnr(below)) return weight(below);
    if (logSnr <= schedule.logSnr(above)) return weight(above);
    while (above - below > 1) {
        const int middle = (below + above) / 2;
        (schedule.logSnr(middle) > logSnr ? below : above) = middle;
    }
    const double share =
        (schedule.logSnr(below) - logSnr) / (schedule.logSnr(below) - schedule.logSnr(above));
    return std::exp((1.0 - share) * std::log(weight(below)) + share * std::log(weight(above)));
}

}  // namespace

std::span<const LossRow> losses() {
    static constexpr LossRow rows[] = {
        {{"simple", "Simple", "Every step counts the same. (Ho et al. 2020, eq. 14)"},
         plain,
         nullptr,
         false,
         false,
         false},
        {{"bound", "Variational bound",
          "Weights of the bound on the likelihood, with σ² = β: small t counts most. (Ho et al. 2020)"},
         bound,
         nullptr,
         false,
         false,
         false},
        {{"x0-space", "Clean points",
          "The error of the clean point: noisy steps count most, up to a cap. (Su 2025, eq. 3.12)"},
         cleanSpaceAt,
         cleanSpace,
         false,
         false,
         true},
        {{"four-variable", "Four variables",
          "Finds the noise of one step alone: the same on average, but it spreads more. (Su 2025, eq. 1.10)"},
         fourVariable,
         nullptr,
         false,
         true,
         false},
        {{"learned-variance", "Learned variance",
          "A second head learns the variance of a reverse step by its KL term. (Nichol & Dhariwal 2021)"},
         learnedVariance,
         nullptr,
         true,
         false,
         false},
    };
    return rows;
}

const LossRow& lossRow(LossKind kind) {
    return losses()[static_cast<std::size_t>(kind)];
}

LossTable LossTable::simple(std::size_t steps) {
    LossTable table;
    table.levels.resize(steps);
    table.floorWeights.fill(1.0f);
    return table;
}

LossTable lossTable(const NoiseSchedule& schedule, const TrainingSettings& settings) {
    const LossRow& row = lossRow(settings.loss);
    LossTable table;
    table.separateNoise = row.separateNoise;
    for (int t = 1; t <= schedule.steps(); ++t) table.levels.push_back(row.at(schedule, settings, t));
    for (std::size_t i = 0; i < table.floorWeights.size(); ++i) {
        const double logSnr = -12.0 + 22.0 * static_cast<double>(i) / LossTable::floorCells;
        table.floorWeights[i] = static_cast<float>(
            row.atLogSnr ? row.atLogSnr(settings, logSnr) : interpolated(schedule, table.levels, logSnr));
    }
    return table;
}

}  // namespace diffuscope
