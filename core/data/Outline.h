#pragma once
#include <array>
#include <string_view>
#include <vector>

namespace diffuscope {

/// A drawing of strokes, walked evenly along its length. Each stroke is a uniform Catmull-Rom spline through
/// its points, cut into eight chords per span, which are what is drawn; a point given twice is a corner. A
/// closed stroke returns to its first point, an open one ends with its first and last points doubled.
class Outline {
  public:
    /// `csv`: lines `stroke,closed,x,y` after a header; a stroke is a run of equal names.
    explicit Outline(std::string_view csv);

    /// The place at a share of the whole length, 0 … 1.
    [[nodiscard]] std::array<double, 2> at(double share) const;

    /// Exact moments of a point uniform over the length: for chords of length l from a to b,
    /// E[x] = sum l (a + b) / 2, E|x|^2 = sum l (|a|^2 + a.b + |b|^2) / 3, over sum l.
    [[nodiscard]] std::array<double, 2> mean() const { return mean_; }
    [[nodiscard]] double variance() const { return variance_; }  ///< average of both axes'

  private:
    struct Chord {
        std::array<double, 2> from;
        std::array<double, 2> to;
        double end;  ///< length up to its end
    };
    void addStroke(const std::vector<std::array<double, 2>>& points, bool closed);

    std::vector<Chord> chords_;
    std::array<double, 2> mean_{};
    double variance_ = 0.0;
};

}  // namespace diffuscope
