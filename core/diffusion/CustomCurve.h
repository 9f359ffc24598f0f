#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

/// What the ordinate of a custom curve is.
enum class CurvePlane {
    Beta,    ///< log10 beta, of T = 1000
    LogSnr,  ///< lambda, the log-SNR
};

/// A noise schedule as the user bends it: control points (t/T, ordinate), joined monotonely. Valid are 2 to
/// 32 points whose t/T rises strictly from 0 to 1; beta within [1e-8, 0.999]; lambda within [-20, 20] and
/// falling strictly.
struct CustomCurve {
    static constexpr std::size_t mostPoints = 32;
    static constexpr double largestLogSnr = 20.0;

    CurvePlane plane = CurvePlane::Beta;
    /// About the linear schedule's: 1e-4 to 0.02.
    std::vector<std::array<double, 2>> points{
        {0.0, -4.0}, {0.1, -2.68}, {0.3, -2.217}, {0.6, -1.919}, {1.0, -1.699}};

    bool operator==(const CustomCurve&) const = default;
};

/// @throws InputError saying which point breaks which rule
void requireValid(const CustomCurve& curve);

/// "beta:0,-4;1,-1.7" or "log-snr:0,9;1,-9": numbers read back exactly.
[[nodiscard]] std::string textOf(const CustomCurve& curve);
/// @throws InputError for text of another form and as requireValid()
[[nodiscard]] CustomCurve customCurveOf(std::string_view text);

/// The piecewise cubic of Fritsch and Carlson (1980) with the slopes of Fritsch and Butland (1984), known as
/// PCHIP: weighted harmonic means of the neighbouring secants inside, 0 where they change sign, three-point
/// slopes at the ends. It is monotone where the points are and overshoots none of them.
class Pchip {
  public:
    /// `points` with strictly rising abscissae, at least two.
    explicit Pchip(std::vector<std::array<double, 2>> points);
    [[nodiscard]] double operator()(double x) const;  ///< x from the first abscissa to the last

  private:
    std::vector<std::array<double, 2>> points_;
    std::vector<double> slopes_;
};

// What a hand does to a curve. Each takes a valid curve and leaves a valid one, whatever is asked for.

/// The lowest and the highest ordinate of the plane: log10 beta or lambda.
[[nodiscard]] std::array<double, 2> ordinateRange(CurvePlane plane);

/// Moves a point as near to (x, y) as the rules let it; the first and the last keep their t/T.
void movePoint(CustomCurve& curve, std::size_t index, double x, double y);

/// A new point as near to (x, y) as the rules let it. @returns its index; nothing where there is no room
[[nodiscard]] std::optional<std::size_t> insertPoint(CustomCurve& curve, double x, double y);

/// @returns whether the point was removed: the first and the last cannot be
bool removePoint(CustomCurve& curve, std::size_t index);

}  // namespace diffuscope
