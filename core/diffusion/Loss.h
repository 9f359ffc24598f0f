#pragma once
#include "diffusion/NoiseSchedule.h"
#include "settings/Choice.h"
#include "settings/Settings.h"

#include <array>
#include <span>
#include <vector>

namespace diffuscope {

/// What a sample at step t costs: weight * |target - eps-hat|^2, and, with a network of two heads,
/// + klWeight * sum over the axes of
///     KL(q(x_{t-1} | x_t, x_0) || N(mu, Sigma)) = (f r + (1 + meanFactor (eps - eps-hat)^2) exp(-f r) - 1)/2
/// with r = logRange = log(beta_t / beta-tilde_t), f = logistic(v) of the second head v, and log Sigma =
/// log beta-tilde_t + f r. beta-tilde_1 = 0 is replaced by beta-tilde_2 (by beta_1 where T = 1).
/// meanFactor = beta_t^2 / (alpha_t (1 - alphaBar_t) beta-tilde_t). The mean is held fixed in this term: it
/// teaches the second head alone. (Nichol & Dhariwal 2021, eq. 14 to 16)
struct LevelLoss {
    float weight = 1.0f;
    float klWeight = 0.0f;
    float logRange = 0.0f;
    float meanFactor = 0.0f;
};

struct LossRow {
    Choice choice;
    LevelLoss (*at)(const NoiseSchedule&, const TrainingSettings&, int t);
    /// Weight where there is no step, of the log-SNR alone; null: what the schedule's steps have is
    /// interpolated.
    double (*atLogSnr)(const TrainingSettings&, double logSnr);
    bool twoHeads;       ///< needs a network that also says the variance
    bool separateNoise;  ///< draws eps_t and eps-bar_{t-1}, and finds eps_t
    bool usesCap;
};

/// Rows of `list losses`, in the order of LossKind.
[[nodiscard]] std::span<const LossRow> losses();
[[nodiscard]] const LossRow& lossRow(LossKind kind);

/// A loss under a schedule, as the backends read it. Samples of the floor have no step: they take the plain
/// noise as their target, no KL term, and a weight that is continuous in the log-SNR lambda over [-12, 10],
/// linear between floorCells + 1 nodes.
struct LossTable {
    static constexpr int floorCells = 256;
    std::vector<LevelLoss> levels;  ///< of t = 1…T
    std::array<float, floorCells + 1> floorWeights{};
    bool separateNoise = false;

    /// Weight 1 everywhere.
    static LossTable simple(std::size_t steps);
};
[[nodiscard]] LossTable lossTable(const NoiseSchedule& schedule, const TrainingSettings& settings);

}  // namespace diffuscope
