#include "data/DataSet.h"

#include "Error.h"
#include "data/Generators.h"
#include "data/Tables.h"
#include "diffusion/Noise.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace diffuscope {
namespace {

constexpr std::size_t fewestToHoldOut = 200;

std::vector<std::uint32_t> allRows(std::size_t size) {
    std::vector<std::uint32_t> rows(size);
    std::iota(rows.begin(), rows.end(), 0u);
    return rows;
}

/// The fifth of the rows with the smallest words of (seed, HeldOut, row, step 1).
std::vector<std::uint32_t> heldOutRows(std::size_t size, std::uint64_t seed) {
    std::vector<std::uint32_t> rows = allRows(size);
    const auto fifth = rows.begin() + static_cast<std::ptrdiff_t>(size / 5);
    std::nth_element(rows.begin(), fifth, rows.end(), [&](std::uint32_t a, std::uint32_t b) {
        return std::pair(philox(seed, Stream::HeldOut, a, 1)[0], a) <
               std::pair(philox(seed, Stream::HeldOut, b, 1)[0], b);
    });
    rows.erase(fifth, rows.end());
    std::sort(rows.begin(), rows.end());
    return rows;
}

DataSet table(const char* file, int count, std::uint64_t seed) {
    DataSet whole = embeddedTable(file);
    return count == 0 ? whole : drawRows(whole, allRows(whole.size()), count, seed, Stream::Data);
}

DataSet oldFaithful(int count, std::uint64_t seed) {
    return table("old-faithful.csv", count, seed);
}

DataSet penguins(int count, std::uint64_t seed) {
    return table("penguins.csv", count, seed);
}

const DatasetRow& rowOf(DatasetKind kind) {
    return datasets()[static_cast<std::size_t>(kind)];
}

}  // namespace

Box clampBox(std::span<const float> points) {
    if (points.empty()) return {};
    Box box{{points[0], points[1]}, {points[0], points[1]}};
    for (std::size_t i = 0; i < points.size(); ++i) {
        box.low[i % 2] = std::min(box.low[i % 2], points[i]);
        box.high[i % 2] = std::max(box.high[i % 2], points[i]);
    }
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const float margin = 0.05f * (box.high[axis] - box.low[axis]);
        box.low[axis] -= margin;
        box.high[axis] += margin;
    }
    return box;
}

std::span<const DatasetRow> datasets() {
    static constexpr DatasetRow rows[] = {
        {{"swiss-roll", "Swiss roll", "A spiral of one and a half turns, a section of the rolled sheet."},
         swissRoll,
         false},
        {{"two-moons", "Two moons", "Two half circles that reach into each other."}, twoMoons, false},
        {{"s-curve", "S-curve", "Two arcs that make an S, a section of the bent sheet."}, sCurve, false},
        {{"eight-gaussians", "Eight Gaussians", "Eight round clusters on a circle."}, eightGaussians, false},
        {{"checkerboard", "Checkerboard", "The dark squares of a board: sharp edges, no gaps."},
         checkerboard,
         false},
        {{"old-faithful", "Old Faithful",
          "272 eruptions of a geyser: their length and the wait for the next."},
         oldFaithful,
         true},
        {{"penguins", "Penguins", "Bill length and depth of 342 penguins of three species."}, penguins, true},
        {{"imported", "Imported points", "Points from a file."}, nullptr, true},
    };
    return rows;
}

std::shared_ptr<const DataSet> trainingData(const DataSettings& settings, std::uint64_t seed) {
    const DatasetRow& row = rowOf(settings.dataset);
    if (!row.draw) throw std::logic_error("imported points are in the session and cannot be drawn");
    return std::make_shared<const DataSet>(row.draw(row.isTable ? 0 : settings.points, seed));
}

DataSet normalised(std::span<const double> points, std::array<std::string, 2> axes) {
    const std::size_t count = points.size() / 2;
    if (count == 0) throw InputError("The table has no points.");
    for (std::size_t i = 0; i < points.size(); ++i)
        if (!std::isfinite(points[i]))
            throw InputError("Point " + std::to_string(i / 2 + 1) + " is not finite.");

    DataSet set;
    set.axes = std::move(axes);
    set.points.resize(2 * count);
    for (std::size_t axis = 0; axis < 2; ++axis) {
        long double sum = 0.0L;
        bool varies = false;
        for (std::size_t i = 0; i < count; ++i) {
            sum += points[2 * i + axis];
            varies = varies || points[2 * i + axis] != points[axis];
        }
        long double squares = 0.0L;
        const long double mean = varies ? sum / static_cast<long double>(count) : points[axis];
        for (std::size_t i = 0; i < count; ++i)
            squares += (points[2 * i + axis] - mean) * (points[2 * i + axis] - mean);
        const long double deviation = varies ? std::sqrt(squares / static_cast<long double>(count)) : 1.0L;
        for (std::size_t i = 0; i < count; ++i)
            set.points[2 * i + axis] = static_cast<float>((points[2 * i + axis] - mean) / deviation);
        set.units.offset[axis] = static_cast<double>(mean);
        set.units.scale[axis] = static_cast<double>(deviation);
    }
    return set;
}

FreshDraws freshDraws(DatasetKind kind, const DataSet& data, int count, std::uint64_t seed) {
    const DatasetRow& row = rowOf(kind);
    if (!row.isTable) {
        const auto words = philox(seed, Stream::HeldOut, 0, 0);
        const std::uint64_t derived = std::uint64_t{words[1]} << 32 | words[0];
        return {row.draw(count, derived).points, "generator"};
    }
    if (data.size() < fewestToHoldOut)
        return {drawRows(data, allRows(data.size()), count, seed, Stream::Measure).points,
                "the data themselves"};
    return {drawRows(data, heldOutRows(data.size(), seed), count, seed, Stream::Measure).points,
            "held-out fifth"};
}

}  // namespace diffuscope
