#include "data/Outline.h"

#include "data/Tables.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {

Outline::Outline(std::string_view csv) {
    (void)takeUntil(csv, '\n');
    std::vector<std::array<double, 2>> points;
    std::string_view name;
    bool closed = false;
    while (!csv.empty()) {
        std::string_view line = takeUntil(csv, '\n');
        const std::string_view stroke = takeUntil(line, ',');
        if (stroke != name) addStroke(points, closed);
        if (stroke != name) points.clear();
        name = stroke;
        closed = takeUntil(line, ',') == "1";
        const double x = numberIn(takeUntil(line, ','));
        points.push_back({x, numberIn(takeUntil(line, ','))});
    }
    addStroke(points, closed);

    double square = 0.0;
    double before = 0.0;
    const double length = chords_.back().end;
    for (const auto& [a, b, end] : chords_) {
        const double share = (end - before) / length;
        before = end;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            mean_[axis] += share * (a[axis] + b[axis]) / 2.0;
            square += share * (a[axis] * a[axis] + a[axis] * b[axis] + b[axis] * b[axis]) / 3.0;
        }
    }
    variance_ = (square - mean_[0] * mean_[0] - mean_[1] * mean_[1]) / 2.0;
}

void Outline::addStroke(const std::vector<std::array<double, 2>>& points, bool closed) {
    constexpr int chordsPerSpan = 8;
    const std::size_t count = points.size();
    if (count < 2) return;
    const auto point = [&](std::size_t i, int offset) {
        const auto last = static_cast<std::ptrdiff_t>(count) - 1;
        const std::ptrdiff_t index = static_cast<std::ptrdiff_t>(i) + offset;
        return points[static_cast<std::size_t>(closed ? (index + last + 1) % (last + 1)
                                                      : std::clamp(index, std::ptrdiff_t{0}, last))];
    };
    for (std::size_t i = 0; i < (closed ? count : count - 1); ++i) {
        const auto p = point(i, -1);
        const auto q = point(i, 0);
        const auto r = point(i, 1);
        const auto s = point(i, 2);
        if (q == r) continue;
        std::array<double, 2> from = q;
        for (int k = 1; k <= chordsPerSpan; ++k) {
            const double t = double(k) / chordsPerSpan;
            std::array<double, 2> to{};
            for (std::size_t axis = 0; axis < 2; ++axis)
                to[axis] =
                    0.5 * (2.0 * q[axis] + t * (r[axis] - p[axis] +
                                                t * (2.0 * p[axis] - 5.0 * q[axis] + 4.0 * r[axis] - s[axis] +
                                                     t * (3.0 * (q[axis] - r[axis]) + s[axis] - p[axis]))));
            const double before = chords_.empty() ? 0.0 : chords_.back().end;
            chords_.push_back({from, to, before + std::hypot(to[0] - from[0], to[1] - from[1])});
            from = to;
        }
    }
}

std::array<double, 2> Outline::at(double share) const {
    const double place = share * chords_.back().end;
    const auto found = std::lower_bound(chords_.begin(), chords_.end() - 1, place,
                                        [](const Chord& chord, double value) { return chord.end < value; });
    const double begin = found == chords_.begin() ? 0.0 : (found - 1)->end;
    const double part = (place - begin) / (found->end - begin);
    return {found->from[0] + part * (found->to[0] - found->from[0]),
            found->from[1] + part * (found->to[1] - found->from[1])};
}

}  // namespace diffuscope
