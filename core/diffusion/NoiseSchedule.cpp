#include "diffusion/NoiseSchedule.h"

#include "Error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

namespace diffuscope {
namespace {

using Beta = ScheduleRow::Beta;
using LogAlphaBar = ScheduleRow::LogAlphaBar;

/// From the smallest to the largest beta along a share of u.
template <typename Share>
Beta between(const ScheduleSettings& settings, Share share) {
    return [a = settings.betaMin, b = settings.betaMax, share](double u, double) {
        return a + (b - a) * share(u);
    };
}

Beta linear(const ScheduleSettings& settings) {
    return between(settings, [](double u) { return u; });
}

Beta quadratic(const ScheduleSettings& settings) {
    return [a = std::sqrt(settings.betaMin), b = std::sqrt(settings.betaMax)](double u, double) {
        const double root = a + (b - a) * u;
        return root * root;
    };
}

double logistic(double x) {
    return 1.0 / (1.0 + std::exp(-x));
}

/// log of logistic(lambda): alphaBar of a log-SNR, with all digits where it is nearly 1.
double logLogistic(double logSnr) {
    return logSnr > 0.0 ? -std::log1p(std::exp(-logSnr)) : logSnr - std::log1p(std::exp(logSnr));
}

Beta sigmoid(const ScheduleSettings& settings) {
    const double low = logistic(-6.0);
    return between(settings,
                   [low](double u) { return (logistic(12.0 * u - 6.0) - low) / (1.0 - 2.0 * low); });
}

Beta hyperbolic(const ScheduleSettings& settings) {
    return between(settings,
                   [](double u) { return (std::tanh(4.0 * u - 2.0) / std::tanh(2.0) + 1.0) / 2.0; });
}

Beta constant(const ScheduleSettings& settings) {
    return [b = settings.betaMax](double, double) { return b; };
}

Beta proportional(const ScheduleSettings& settings) {
    return [b = settings.betaMax](double, double tau) { return b * tau; };
}

LogAlphaBar cosine(const ScheduleSettings&) {
    constexpr double s = 0.008;
    return
        [](double tau) { return 2.0 * std::log(std::cos((tau + s) / (1.0 + s) * (std::numbers::pi / 2.0))); };
}

// Curves of the log-SNR begin with a jump: alphaBar(0) = 1 whatever lambda is at tau = 0, so that
// alphaBar(tau) = logistic(lambda(tau)) holds for every step.

LogAlphaBar logSnrLinear(const ScheduleSettings& settings) {
    return [high = settings.logSnrMax, low = settings.logSnrMin](double tau) {
        return tau == 0.0 ? 0.0 : logLogistic(high + (low - high) * tau);
    };
}

Beta customBeta(const ScheduleSettings& settings) {
    return [curve = Pchip(settings.curve.points)](double, double tau) { return std::pow(10.0, curve(tau)); };
}

LogAlphaBar customLogSnr(const ScheduleSettings& settings) {
    return [curve = Pchip(settings.curve.points)](double tau) {
        return tau == 0.0 ? 0.0 : logLogistic(curve(tau));
    };
}

double clampBeta(double beta) {
    return std::clamp(beta, NoiseSchedule::smallestBeta, NoiseSchedule::largestBeta);
}

/// beta_t, t = 1…T, as set. Entry 0 is unused.
std::vector<double> rawBetas(const ScheduleRow& row, const ScheduleSettings& settings, int steps) {
    const Beta beta = row.beta(settings);
    std::vector<double> betas(static_cast<std::size_t>(steps) + 1, 0.0);
    for (int t = 1; t <= steps; ++t) {
        const double u = steps == 1 ? 0.0 : double(t - 1) / double(steps - 1);
        betas[static_cast<std::size_t>(t)] = clampBeta(beta(u, double(t) / steps));
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
    if (isClosed(settings))
        return betasOfCurve(
            [&, curve = row.logAlphaBar(settings)](int t) { return curve(double(t) / settings.steps); },
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
    if (row.uses & usesBetaMin) requireBeta(settings.betaMin, "The smallest beta");
    if (row.uses & usesBetaMax) requireBeta(settings.betaMax, "The largest beta");
    if (row.uses & usesBetaMin && settings.betaMin > settings.betaMax)
        throw InputError("The smallest beta is larger than the largest one.");
    if (row.uses & usesLogSnrs && !(settings.logSnrMin < settings.logSnrMax))
        throw InputError("The last log-SNR is not below the first one.");
    if (row.uses & usesCurve) requireValid(settings.curve);
}

const ScheduleRow& rowOf(ScheduleKind kind) {
    return schedules()[static_cast<std::size_t>(kind)];
}

}  // namespace

std::span<const ScheduleRow> schedules() {
    static constexpr unsigned bothBetas = usesBetaMin | usesBetaMax;
    static constexpr ScheduleRow rows[] = {
        {{"linear", "Linear", "β rises evenly from its smallest to its largest value. (Ho et al. 2020)"},
         bothBetas,
         linear,
         nullptr},
        {{"cosine", "Cosine", "ᾱ falls along a squared cosine: noise comes late. (Nichol & Dhariwal 2021)"},
         0,
         nullptr,
         cosine},
        {{"quadratic", "Quadratic", "√β rises evenly; also known as scaled linear. (Song et al. 2021)"},
         bothBetas,
         quadratic,
         nullptr},
        {{"sigmoid", "Sigmoid", "β rises along an S, flat at both ends."}, bothBetas, sigmoid, nullptr},
        {{"tanh", "Tanh", "β rises along a hyperbolic tangent, a softer S."}, bothBetas, hyperbolic, nullptr},
        {{"constant", "Constant", "Every step adds the same noise, the largest β."},
         usesBetaMax,
         constant,
         nullptr},
        {{"su", "Su", "β is proportional to t and ends at the largest β. (Su and Yang 2025, eq. 1.17)"},
         usesBetaMax,
         proportional,
         nullptr},
        {{"log-snr", "Log-SNR linear", "The log-SNR λ falls evenly: each step loses the same share."},
         usesLogSnrs,
         nullptr,
         logSnrLinear},
        {{"custom", "Custom", "A curve of your own through points, for log β or for the log-SNR λ."},
         usesCurve,
         customBeta,
         customLogSnr},
    };
    return rows;
}

bool isClosed(const ScheduleSettings& settings) {
    const ScheduleRow& row = rowOf(settings.kind);
    return row.logAlphaBar && (!row.beta || settings.curve.plane == CurvePlane::LogSnr);
}

bool uses(const ScheduleSettings& settings, ScheduleUse use) {
    return (rowOf(settings.kind).uses & use) != 0;
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

double NoiseSchedule::lowerVariance(int t) const {
    if (t > 1) return posteriorVariance(t);
    return steps() > 1 ? posteriorVariance(2) : beta(1);
}

double NoiseSchedule::logVarianceRange(int t) const {
    return std::max(0.0, std::log(beta(t) / lowerVariance(t)));
}

double NoiseSchedule::signalLeft() const {
    return std::exp(0.5 * logAlphaBar_.back());
}

CustomCurve curveThrough(const NoiseSchedule& schedule, CurvePlane plane) {
    constexpr int spans = 8;
    const int steps = schedule.steps();
    const auto ordinate = [&](int t) {
        return plane == CurvePlane::Beta ? std::log10(schedule.beta(t)) : schedule.logSnr(t);
    };
    CustomCurve curve{plane, {}};
    const auto [low, high] = ordinateRange(plane);
    for (int k = 0; k <= spans; ++k) {
        const int t = std::max(1, steps * k / spans);
        double y = std::clamp(ordinate(t), low, high);
        // The log-SNR has to fall, also where it is beyond the plane or T is below the number of spans.
        if (plane == CurvePlane::LogSnr && k > 0) y = std::min(y, curve.points.back()[1] - 1e-2);
        curve.points.push_back({double(k) / spans, y});
    }
    if (plane == CurvePlane::LogSnr)
        for (std::size_t k = 0; k <= spans; ++k)
            curve.points[k][1] = std::max(curve.points[k][1], low + 1e-2 * double(spans - k));
    return curve;
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
