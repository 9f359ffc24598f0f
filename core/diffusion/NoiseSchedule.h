#pragma once
#include "settings/Choice.h"
#include "settings/Settings.h"

#include <functional>
#include <span>
#include <vector>

namespace diffuscope {

/// beta_t for t = 1…T and all that follows from it, in double. Indices are the paper's: t = 0 is the data,
/// alphaBar(0) = 1. log alphaBar is accumulated as a sum of log1p(-beta). (Ho et al. 2020)
class NoiseSchedule {
  public:
    static constexpr double smallestBeta = 1e-8;
    static constexpr double largestBeta = 0.999;
    static constexpr int referenceSteps = 1000;
    static constexpr int mostSteps = 10000;

    /// @throws InputError for T outside of 1…10000, or for what the kind uses: betas outside of [1e-8, 0.999]
    /// or in the wrong order, log-SNRs that do not fall, an invalid curve.
    explicit NoiseSchedule(const ScheduleSettings& settings);

    [[nodiscard]] int steps() const { return static_cast<int>(beta_.size()) - 1; }
    [[nodiscard]] double beta(int t) const { return beta_[index(t)]; }  ///< t = 1…T
    [[nodiscard]] double alpha(int t) const { return 1.0 - beta(t); }
    [[nodiscard]] double logAlphaBar(int t) const { return logAlphaBar_[index(t)]; }  ///< t = 0…T
    [[nodiscard]] double alphaBar(int t) const;
    [[nodiscard]] double oneMinusAlphaBar(int t) const;  ///< by expm1, exact where alphaBar is nearly 1
    [[nodiscard]] double snr(int t) const;               ///< infinite at t = 0
    [[nodiscard]] double logSnr(int t) const;
    [[nodiscard]] double posteriorVariance(int t) const;  ///< beta-tilde_t; 0 at t = 1
    /// beta-tilde_t with what stands for it where it is 0 and a logarithm is asked for: beta-tilde_2, or
    /// beta_1 where T = 1. (Nichol & Dhariwal 2021)
    [[nodiscard]] double lowerVariance(int t) const;
    /// ln(beta_t / lowerVariance(t)) >= 0: how far a learned variance may lie above the lower one.
    [[nodiscard]] double logVarianceRange(int t) const;
    [[nodiscard]] double signalLeft() const;  ///< sqrt(alphaBar(T))

  private:
    [[nodiscard]] static std::size_t index(int t) { return static_cast<std::size_t>(t); }
    std::vector<double> beta_;         ///< T + 1, entry 0 unused
    std::vector<double> logAlphaBar_;  ///< T + 1
};

/// What a schedule reads of the settings, besides T: bits of ScheduleRow::uses.
enum ScheduleUse : unsigned {
    usesBetaMin = 1,
    usesBetaMax = 2,
    usesLogSnrs = 4,
    usesCurve = 8,
};

struct ScheduleRow {
    using Beta = std::function<double(double u, double tau)>;
    using LogAlphaBar = std::function<double(double tau)>;

    Choice choice;
    unsigned uses;
    /// Makes beta at u = (t - 1)/(T - 1) and tau = t/T; null for curves that are closed.
    Beta (*beta)(const ScheduleSettings&);
    /// Makes log alphaBar(tau) of a closed curve, up to a constant; null for the others. A row with both is
    /// closed where isClosed() says so.
    LogAlphaBar (*logAlphaBar)(const ScheduleSettings&);
};

/// Whether the curve is a formula for log alphaBar in t/T, so that every T cuts the same curve and there is
/// nothing to keep: cosine, log-SNR, and a custom curve in the plane of the log-SNR.
[[nodiscard]] bool isClosed(const ScheduleSettings& settings);

/// Whether the present settings' schedule reads what `use` stands for.
[[nodiscard]] bool uses(const ScheduleSettings& settings, ScheduleUse use);

/// A custom curve of nine points that follows a schedule: what bending starts from, and how a curve changes
/// its plane. The schedule is that of T = 1000 for the plane of beta.
[[nodiscard]] CustomCurve curveThrough(const NoiseSchedule& schedule, CurvePlane plane);

[[nodiscard]] std::span<const ScheduleRow> schedules();

constexpr double largestCondition = 12.0;

/// The noise level that a network is asked about. alphaBar in (0, 1): one that a schedule takes below e^-120
/// is raised to that, so that dividing by its root stays finite in float.
struct NoiseLevel {
    static constexpr double smallestLogAlphaBar = -120.0;
    float sqrtAlphaBar;
    float sqrtOneMinusAlphaBar;
    float condition;  ///< log-SNR clamped to [-12, 12], or 12 - 24 t/T for conditioning on the step index
    bool operator==(const NoiseLevel&) const = default;
};

[[nodiscard]] NoiseLevel noiseLevel(const NoiseSchedule& schedule, int t, Conditioning conditioning);
[[nodiscard]] NoiseLevel noiseLevelOfLogSnr(double logSnr);

/// Levels of t = 1…T, T entries.
[[nodiscard]] std::vector<NoiseLevel> noiseLevels(const NoiseSchedule& schedule, Conditioning conditioning);

}  // namespace diffuscope
