#include "diffusion/NoiseSchedule.h"

#include "Error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

namespace diffuscope {
namespace {

double between(const ScheduleSettings& settings, double share) {
    return settings.betaMin + (settings.betaMax - settings.betaMin) * share;
}

double linear(const ScheduleSettings& settings, double u, double) {
    return between(settings, u);
}

double quadratic(const ScheduleSettings& settings, double u, double) {
    const double root =
        std::sqrt(settings.betaMin) + (std::sqrt(settings.betaMax) - std::sqrt(settings.betaMin)) * u;
    return root * root;
}

double logistic(double x) {
    return 1.0 / (1.0 + std::exp(-x));
}

double sigmoid(const ScheduleSettings& settings, double u, double) {
    const double low = logistic(-6.0);
    return between(settings, (logistic(12.0 * u - 6.0) - low) / (1.0 - 2.0 * low));
}

double hyperbolic(const ScheduleSettings& settings, double u, double) {
    return between(settings, (std::tanh(4.0 * u - 2.0) / std::tanh(2.0) + 1.0) / 2.0);
}

double constant(const ScheduleSettings& settings, double, double) {
    return settings.betaMax;
}

double proportional(const ScheduleSettings& settings, double, double tau) {
    return settings.betaMax * tau;
}

double cosineLogAlphaBar(double tau) {
    constexpr double s = 0.008;
    return 2.0 * std::log(std::cos((tau + s) / (1.0 + s) * (std::numbers::pi / 2.0)));
}

double clampBeta(double beta) {
    return std::clamp(beta, NoiseSchedule::smallestBeta, NoiseSchedule::largestBeta);
}

/// beta_t, t = 1…T, as set. Entry 0 is unused.
std::vector<double> rawBetas(const ScheduleRow& row, const ScheduleSettings& settings, int steps) {
    std::vector<double> betas(static_cast<std::size_t>(steps) + 1, 0.0);
    for (int t = 1; t <= steps; ++t) {
        const double u = steps == 1 ? 0.0 : double(t - 1) / double(steps - 1);
        betas[static_cast<std::size_t>(t)] = clampBeta(row.beta(settings, u, double(t) / steps));
    }
    return betas;
}

/// beta_t = 1 - alphaBar(t/T) / alphaBar((t-1)/T) of a curve log alphaBar(tau).
template <typename Curve>
std::vector<double> betasOfCurve(const Curve& curve, int steps) {
    std::vector<double> betas(static_cast<std::size_t>(steps) + 1, 0.0);
    double before = curve(0);
    for (int t = 1; t <= steps; ++t) {
        const double here = curve(t);
        betas[static_cast<std::size_t>(t)] = clampBeta(-std::expm1(here - before));
        before = here;
    }
    return betas;
}

std::vector<double> accumulate(const std::vector<double>& betas) {
    std::vector<double> logAlphaBar(betas.size(), 0.0);
    for (std::size_t t = 1; t < betas.size(); ++t)
        logAlphaBar[t] = logAlphaBar[t - 1] + std::log1p(-betas[t]);
    return logAlphaBar;
}

std::vector<double> keptCurveBetas(const ScheduleRow& row, const ScheduleSettings& settings) {
    constexpr int reference = NoiseSchedule::referenceSteps;
    const std::vector<double> logAlphaBar = accumulate(rawBetas(row, settings, reference));
    return betasOfCurve(
        [&](int t) {
            const std::int64_t scaled = std::int64_t{t} * reference;
            const auto below = static_cast<std::size_t>(scaled / settings.steps);
            const double part = double(scaled % settings.steps) / settings.steps;
            const std::size_t above = std::min(below + 1, logAlphaBar.size() - 1);
            return logAlphaBar[below] + part * (logAlphaBar[above] - logAlphaBar[below]);
        },
        settings.steps);
}

std::vector<double> betasOf(const ScheduleRow& row, const ScheduleSettings& settings) {
    if (row.logAlphaBar)
        return betasOfCurve([&](int t) { return row.logAlphaBar(double(t) / settings.steps); },
                            settings.steps);
    if (settings.keepCurve && settings.steps != NoiseSchedule::referenceSteps)
        return keptCurveBetas(row, settings);
    return rawBetas(row, settings, settings.steps);
}

void requireBeta(double beta, const char* name) {
    if (!(beta >= NoiseSchedule::smallestBeta && beta <= NoiseSchedule::largestBeta))
        throw InputError(std::string(name) + " is " + std::to_string(beta) +
                         "; it must lie in 1e-8 … 0.999.");
}

void require(const ScheduleRow& row, const ScheduleSettings& settings) {
    if (settings.steps < 1 || settings.steps > NoiseSchedule::mostSteps)
        throw InputError("A schedule has 1 to 10000 steps, not " + std::to_string(settings.steps) + ".");
    if (row.usesBetaMin) requireBeta(settings.betaMin, "The smallest beta");
    if (row.usesBetaMax) requireBeta(settings.betaMax, "The largest beta");
    if (row.usesBetaMin && row.usesBetaMax && settings.betaMin > settings.betaMax)
        throw InputError("The smallest beta is larger than the largest one.");
}

const ScheduleRow& rowOf(ScheduleKind kind) {
    return schedules()[static_cast<std::size_t>(kind)];
}

}  // namespace

std::span<const ScheduleRow> schedules() {
    static constexpr ScheduleRow rows[] = {
        {{"linear", "Linear", "β rises evenly from its smallest to its largest value. (Ho et al. 2020)"},
         true,
         true,
         linear,
         nullptr},
        {{"cosine", "Cosine", "ᾱ falls along a squared cosine: noise comes late. (Nichol & Dhariwal 2021)"},
         false,
         false,
         nullptr,
         cosineLogAlphaBar},
        {{"quadratic", "Quadratic", "√β rises evenly; also known as scaled linear. (Song et al. 2021)"},
         true,
         true,
         quadratic,
         nullptr},
        {{"sigmoid", "Sigmoid", "β rises along an S, flat at both ends."}, true, true, sigmoid, nullptr},
        {{"tanh", "Tanh", "β rises along a hyperbolic tangent, a softer S."},
         true,
         true,
         hyperbolic,
         nullptr},
        {{"constant", "Constant", "Every step adds the same noise, the largest β."},
         false,
         true,
         constant,
         nullptr},
        {{"su", "Su", "β is proportional to t and ends at the largest β. (Su and Yang 2025, eq. 1.17)"},
         false,
         true,
         proportional,
         nullptr},
    };
    return rows;
}

NoiseSchedule::NoiseSchedule(const ScheduleSettings& settings) {
    const ScheduleRow& row = rowOf(settings.kind);
    require(row, settings);
    beta_ = betasOf(row, settings);
    logAlphaBar_ = accumulate(beta_);
}

double NoiseSchedule::alphaBar(int t) const {
    return std::exp(logAlphaBar(t));
}

double NoiseSchedule::oneMinusAlphaBar(int t) const {
    return -std::expm1(logAlphaBar(t));
}

double NoiseSchedule::snr(int t) const {
    return t == 0 ? std::numeric_limits<double>::infinity() : alphaBar(t) / oneMinusAlphaBar(t);
}

double NoiseSchedule::logSnr(int t) const {
    return t == 0 ? std::numeric_limits<double>::infinity() : logAlphaBar(t) - std::log(oneMinusAlphaBar(t));
}

double NoiseSchedule::posteriorVariance(int t) const {
    return t == 1 ? 0.0 : beta(t) * oneMinusAlphaBar(t - 1) / oneMinusAlphaBar(t);
}

double NoiseSchedule::signalLeft() const {
    return std::exp(0.5 * logAlphaBar_.back());
}

NoiseLevel noiseLevel(const NoiseSchedule& schedule, int t, Conditioning conditioning) {
    const double condition = conditioning == Conditioning::StepIndex
                                 ? largestCondition - 2.0 * largestCondition * t / schedule.steps()
                                 : std::clamp(schedule.logSnr(t), -largestCondition, largestCondition);
    const double logAlphaBar = std::max(schedule.logAlphaBar(t), NoiseLevel::smallestLogAlphaBar);
    return {static_cast<float>(std::exp(0.5 * logAlphaBar)),
            static_cast<float>(std::sqrt(schedule.oneMinusAlphaBar(t))), static_cast<float>(condition)};
}

NoiseLevel noiseLevelOfLogSnr(double logSnr) {
    return {static_cast<float>(std::exp(-0.5 * std::log1p(std::exp(-logSnr)))),
            static_cast<float>(std::exp(-0.5 * std::log1p(std::exp(logSnr)))),
            static_cast<float>(std::clamp(logSnr, -largestCondition, largestCondition))};
}

std::vector<NoiseLevel> noiseLevels(const NoiseSchedule& schedule, Conditioning conditioning) {
    std::vector<NoiseLevel> levels;
    for (int t = 1; t <= schedule.steps(); ++t) levels.push_back(noiseLevel(schedule, t, conditioning));
    return levels;
}

}  // namespace diffuscope
