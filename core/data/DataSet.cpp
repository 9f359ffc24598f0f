#include "data/DataSet.h"

#include "Error.h"
#include "data/Generators.h"
#include "data/Letters.h"
#include "data/Mixtures.h"
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

/// All rows in an order that depends on their number alone: by the words of (0, HeldOut, row, 1). The first
/// fifth is held out.
std::vector<std::uint32_t> shuffledRows(std::size_t size) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> keys;
    for (const std::uint32_t row : allRows(size))
        keys.emplace_back(philox(0, Stream::HeldOut, row, 1)[0], row);
    std::sort(keys.begin(), keys.end());
    std::vector<std::uint32_t> rows;
    rows.reserve(size);
    for (const auto& [key, row] : keys) rows.push_back(row);
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

DataSet defaultLetters(int count, std::uint64_t seed) {
    return letters(DataSettings{}.text, count, seed);
}

const DatasetRow& rowOf(DatasetKind kind) {
    return datasets()[static_cast<std::size_t>(kind)];
}

[[noreturn]] void refuseClass(const DataSet& data, int label) {
    throw InputError("The data have no points of class " + nameOfClass(data, label) + ".");
}

/// Draws of a generator, of one class in as many rounds as it takes.
std::vector<float> freshPoints(const DataSettings& settings, const DataSet& data, int count,
                               std::uint64_t seed, int label) {
    constexpr int fewestDrawn = 4096;    // of a round, where most of it is of other classes
    constexpr std::uint32_t tries = 64;  // rounds without one of the class: the rarest are one in hundreds
    const std::size_t wanted = 2 * static_cast<std::size_t>(count);
    std::vector<float> points;
    for (std::uint32_t round = 0; points.size() < wanted; ++round) {
        if (round == tries && points.empty()) refuseClass(data, label);
        const auto words = philox(seed, Stream::HeldOut, round, 0);
        const std::uint64_t derived = std::uint64_t{words[1]} << 32 | words[0];
        const int drawn = label == anyClass ? count : std::max(count, fewestDrawn);
        const std::vector<float> more = pointsOfClass(drawFrom(settings, drawn, derived), label);
        points.insert(points.end(), more.begin(), more.end());
    }
    points.resize(wanted);
    return points;
}

/// Those of `rows` that are of the class.
std::vector<std::uint32_t> rowsOfClass(const DataSet& data, std::vector<std::uint32_t> rows, int label) {
    if (label != anyClass)
        std::erase_if(rows,
                      [&](std::uint32_t row) { return data.labels.empty() || data.labels[row] != label; });
    return rows;
}

}  // namespace

bool hasPointsOf(const DataSet& data, int label) {
    return label == anyClass || std::find(data.labels.begin(), data.labels.end(), label) != data.labels.end();
}

std::vector<float> pointsOfClass(const DataSet& data, int label) {
    if (label == anyClass) return data.points;
    std::vector<float> points;
    for (std::size_t i = 0; i < data.labels.size(); ++i)
        if (data.labels[i] == label)
            points.insert(points.end(), {data.points[2 * i], data.points[2 * i + 1]});
    return points;
}

std::string nameOfClass(const DataSet& data, int label) {
    const auto index = static_cast<std::size_t>(label);
    return index < data.classes.size() ? data.classes[index] : std::to_string(label + 1);
}

Box clampBox(std::span<const float> points) {
    if (points.empty()) return {};
    Box box{{points[0], points[1]}, {points[0], points[1]}};
    for (std::size_t i = 0; i < points.size(); ++i) {
        box.low[i % 2] = std::min(box.low[i % 2], points[i]);
        box.high[i % 2] = std::max(box.high[i % 2], points[i]);
    }
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const bool varies = box.low[axis] < box.high[axis];
        const float margin = varies ? 0.05f * (box.high[axis] - box.low[axis]) : 1.0f;
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
        {{"spiral", "Spiral", "Two arms that wind around each other."}, spiral, false},
        {{"rings", "Rings", "Three circles around one centre."}, rings, false},
        {{"checkerboard", "Checkerboard", "The dark squares of a board: sharp edges, no gaps."},
         checkerboard,
         false},
        {{"pinwheel", "Pinwheel", "Five bent blades. (Johnson et al. 2016)"}, pinwheel, false},
        {{"eight-gaussians", "Eight Gaussians", "Eight round clusters on a circle."},
         eightGaussians,
         false,
         eightGaussiansMixture},
        {{"gaussian-grid", "Grid of Gaussians", "Twenty-five small round clusters, five by five."},
         gaussianGrid,
         false,
         gaussianGridMixture},
        {{"gaussian-mixture", "Gaussian mixture",
          "Five clusters of unequal weight, each stretched in a direction of its own."},
         gaussianMixture,
         false,
         gaussianMixtureMixture},
        {{"dinosaur", "Dinosaur", "The outline of a friendly sauropod: parts of very different size."},
         dinosaur,
         false},
        {{"heart", "Heart", "A closed curve with a corner and a notch."}, heart, false},
        {{"letters", "Letters", "The text that you type, filled with points."},
         defaultLetters,
         false,
         nullptr,
         letters},
        {{"single-point", "Single point",
          "All points are (0.75, −0.5). Exact case: here the lower σ is optimal. (Su and Yang 2025, 3.5)"},
         singlePoint,
         false,
         singlePointMixture},
        {{"standard-normal", "Standard normal",
          "Points from N(0, I), the noise itself. Exact case: here the upper σ is optimal. (Su and Yang "
          "2025, 3.5)"},
         standardNormal,
         false,
         standardNormalMixture},
        {{"old-faithful", "Old Faithful",
          "272 eruptions of a geyser: their length and the wait for the next."},
         oldFaithful,
         true},
        {{"penguins", "Penguins", "Bill length and depth of 342 penguins of three species."}, penguins, true},
        {{"imported", "Imported points", "Points from a table or a picture, or painted ones."},
         nullptr,
         true},
    };
    return rows;
}

DataSet drawFrom(const DataSettings& settings, int count, std::uint64_t seed) {
    const DatasetRow& row = rowOf(settings.dataset);
    if (!row.draw) throw std::logic_error("imported points are in the session and cannot be drawn");
    return row.drawText ? row.drawText(settings.text, count, seed) : row.draw(count, seed);
}

std::shared_ptr<const DataSet> trainingData(const DataSettings& settings, std::uint64_t seed) {
    const int count = rowOf(settings.dataset).isTable ? 0 : settings.points;
    return std::make_shared<const DataSet>(drawFrom(settings, count, seed));
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

DataSet paintedPoints(std::span<const float> points) {
    if (points.size() < 2) throw InputError("There are no painted points.");
    for (std::size_t i = 0; i < points.size(); ++i)
        if (!std::isfinite(points[i]))
            throw InputError("Painted point " + std::to_string(i / 2 + 1) + " is not finite.");
    DataSet set;
    set.points.assign(points.begin(), points.end());
    return set;
}

DataSet trainingPart(const DataSet& table) {
    if (table.size() < fewestToHoldOut) return table;
    std::vector<std::uint32_t> rows = shuffledRows(table.size());
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(table.size() / 5));
    std::sort(rows.begin(), rows.end());
    return takeRows(table, rows);
}

std::shared_ptr<const DataSet> trainedOn(DatasetKind kind, std::shared_ptr<const DataSet> data) {
    if (!rowOf(kind).isTable || data->size() < fewestToHoldOut) return data;
    return std::make_shared<const DataSet>(trainingPart(*data));
}

FreshDraws freshDraws(const DataSettings& settings, const DataSet& data, int count, std::uint64_t seed,
                      int label) {
    if (!rowOf(settings.dataset).isTable)
        return {freshPoints(settings, data, count, seed, label), "generator"};
    if (data.size() >= fewestToHoldOut) {
        std::vector<std::uint32_t> heldOut = shuffledRows(data.size());
        heldOut.resize(data.size() / 5);
        heldOut = rowsOfClass(data, std::move(heldOut), label);
        if (!heldOut.empty())
            return {drawRows(data, heldOut, count, seed, Stream::Measure).points, "held-out fifth"};
    }
    const std::vector<std::uint32_t> rows = rowsOfClass(data, allRows(data.size()), label);
    if (rows.empty()) refuseClass(data, label);
    return {drawRows(data, rows, count, seed, Stream::Measure).points, "the data themselves"};
}

}  // namespace diffuscope
