#include "diffusion/CustomCurve.h"

#include "Error.h"
#include "io/Text.h"
#include "settings/Choice.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

namespace diffuscope {
namespace {

constexpr double closest = 1e-3;  // between the t/T of neighbours that a hand moves, and between their lambda

constexpr Choice planes[] = {{"beta", "", ""}, {"log-snr", "", ""}};  // CurvePlane

std::string numberText(double value) {
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, end};
}

std::string_view takeUntil(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

double numberOf(std::string_view cell) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (cell.empty() || error != std::errc{} || end != cell.data() + cell.size())
        throw InputError("The curve holds " + quote(cell) + " where a number belongs.");
    return value;
}

[[noreturn]] void refusePoint(std::size_t index, const std::string& what) {
    throw InputError("Point " + std::to_string(index + 1) + " of the curve " + what);
}

void requireRange(const CustomCurve& curve, std::size_t index) {
    const double y = curve.points[index][1];
    const auto [low, high] = ordinateRange(curve.plane);
    if (y >= low && y <= high) return;
    if (curve.plane == CurvePlane::LogSnr)
        refusePoint(index, "has λ = " + numberText(y) + "; from -20 to 20 is accepted.");
    refusePoint(index, "has log10 β = " + numberText(y) +
                           "; β from 1e-8 to 0.999 is accepted, so log10 β from -8 to " + numberText(high) +
                           ".");
}

/// Ordinates that a point between two neighbours may have.
std::array<double, 2> room(const CustomCurve& curve, std::optional<std::size_t> before,
                           std::optional<std::size_t> after) {
    auto [low, high] = ordinateRange(curve.plane);
    if (curve.plane == CurvePlane::Beta) return {low, high};
    if (before) high = curve.points[*before][1] - closest;
    if (after) low = curve.points[*after][1] + closest;
    return {low, high};
}

}  // namespace

std::array<double, 2> ordinateRange(CurvePlane plane) {
    if (plane == CurvePlane::LogSnr) return {-CustomCurve::largestLogSnr, CustomCurve::largestLogSnr};
    return {-8.0, std::log10(0.999)};
}

void requireValid(const CustomCurve& curve) {
    const auto& points = curve.points;
    if (points.size() < 2 || points.size() > CustomCurve::mostPoints)
        throw InputError("The curve has " + std::to_string(points.size()) +
                         (points.size() == 1 ? " point" : " points") + "; from 2 to 32 are accepted.");
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (!std::isfinite(points[i][0]) || !std::isfinite(points[i][1])) refusePoint(i, "is not finite.");
        requireRange(curve, i);
    }
    if (points.front()[0] != 0.0 || points.back()[0] != 1.0)
        throw InputError("The curve goes from t/T = " + numberText(points.front()[0]) + " to " +
                         numberText(points.back()[0]) + "; it must go from 0 to 1.");
    for (std::size_t i = 1; i < points.size(); ++i) {
        if (!(points[i][0] > points[i - 1][0])) refusePoint(i, "is not to the right of the one before.");
        if (curve.plane == CurvePlane::LogSnr && !(points[i][1] < points[i - 1][1]))
            refusePoint(i, "is not below the one before: λ must fall.");
    }
}

std::string textOf(const CustomCurve& curve) {
    std::string text(planes[static_cast<std::size_t>(curve.plane)].id);
    char separator = ':';
    for (const auto& [x, y] : curve.points) {
        text.append(1, separator).append(numberText(x)).append(1, ',').append(numberText(y));
        separator = ';';
    }
    return text;
}

CustomCurve customCurveOf(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        throw InputError("The curve is " + quote(text) + "; it takes a form like beta:0,-4;1,-1.7.");
    CustomCurve curve;
    curve.plane = static_cast<CurvePlane>(requireIndex(planes, text.substr(0, colon), "plane of a curve"));
    curve.points.clear();
    text.remove_prefix(colon + 1);
    while (!text.empty()) {
        std::string_view pair = takeUntil(text, ';');
        if (std::count(pair.begin(), pair.end(), ',') != 1)
            throw InputError("The curve holds " + quote(pair) + " where a pair t/T,ordinate belongs.");
        const double x = numberOf(takeUntil(pair, ','));
        curve.points.push_back({x, numberOf(pair)});
    }
    requireValid(curve);
    return curve;
}

Pchip::Pchip(std::vector<std::array<double, 2>> points) : points_(std::move(points)) {
    const std::size_t last = points_.size() - 1;
    std::vector<double> width(last);
    std::vector<double> secant(last);
    for (std::size_t i = 0; i < last; ++i) {
        width[i] = points_[i + 1][0] - points_[i][0];
        secant[i] = (points_[i + 1][1] - points_[i][1]) / width[i];
    }
    slopes_.assign(last + 1, secant[0]);
    if (last == 1) return;
    for (std::size_t i = 1; i < last; ++i) {
        const double w = 2.0 * width[i] + width[i - 1];
        const double v = width[i] + 2.0 * width[i - 1];
        slopes_[i] = secant[i - 1] * secant[i] > 0.0 ? (w + v) / (w / secant[i - 1] + v / secant[i]) : 0.0;
    }
    // The slope of the parabola through three points, held to the sign and to thrice the end's secant.
    const auto end = [](double near, double far, double here, double next) {
        const double slope = ((2.0 * near + far) * here - near * next) / (near + far);
        if (slope * here <= 0.0) return 0.0;
        return here * next < 0.0 && std::abs(slope) > 3.0 * std::abs(here) ? 3.0 * here : slope;
    };
    slopes_[0] = end(width[0], width[1], secant[0], secant[1]);
    slopes_[last] = end(width[last - 1], width[last - 2], secant[last - 1], secant[last - 2]);
}

double Pchip::operator()(double x) const {
    const auto above = std::upper_bound(points_.begin() + 1, points_.end() - 1, x,
                                        [](double value, const auto& point) { return value < point[0]; });
    const auto i = static_cast<std::size_t>(above - points_.begin()) - 1;
    const double width = points_[i + 1][0] - points_[i][0];
    const double t = (x - points_[i][0]) / width;
    const double rise = points_[i + 1][1] - points_[i][1];
    // Hermite's cubic, from the ordinate on the left: y + rise t^2 (3 - 2 t) + width t (1 - t) (...).
    return points_[i][1] + rise * t * t * (3.0 - 2.0 * t) +
           width * t * (1.0 - t) * (slopes_[i] * (1.0 - t) - slopes_[i + 1] * t);
}

void movePoint(CustomCurve& curve, std::size_t index, double x, double y) {
    auto& points = curve.points;
    const std::size_t last = points.size() - 1;
    if (index > last || std::isnan(x) || std::isnan(y)) return;
    auto& point = points[index];
    if (index > 0 && index < last) {
        const double low = points[index - 1][0] + closest;
        const double high = points[index + 1][0] - closest;
        if (low <= high) point[0] = std::clamp(x, low, high);
    }
    const auto [low, high] = room(curve, index > 0 ? std::optional(index - 1) : std::nullopt,
                                  index < last ? std::optional(index + 1) : std::nullopt);
    if (low <= high) point[1] = std::clamp(y, low, high);
}

std::optional<std::size_t> insertPoint(CustomCurve& curve, double x, double y) {
    auto& points = curve.points;
    if (points.size() >= CustomCurve::mostPoints || !(x > 0.0 && x < 1.0) || std::isnan(y))
        return std::nullopt;
    const auto after = std::upper_bound(points.begin(), points.end(), x,
                                        [](double value, const auto& point) { return value < point[0]; });
    const auto index = static_cast<std::size_t>(after - points.begin());
    const double left = points[index - 1][0] + closest;
    const double right = points[index][0] - closest;
    const auto [low, high] = room(curve, index - 1, index);
    if (left > right || low > high) return std::nullopt;
    points.insert(after, {std::clamp(x, left, right), std::clamp(y, low, high)});
    return index;
}

bool removePoint(CustomCurve& curve, std::size_t index) {
    if (index == 0 || index + 1 >= curve.points.size()) return false;
    curve.points.erase(curve.points.begin() + static_cast<std::ptrdiff_t>(index));
    return true;
}

}  // namespace diffuscope
