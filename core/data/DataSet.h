#pragma once
#include "settings/Choice.h"
#include "settings/Settings.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

/// user = offset + scale * model, per axis. Model units have zero mean and unit variance per axis.
struct UnitMap {
    std::array<double, 2> offset{0.0, 0.0};
    std::array<double, 2> scale{1.0, 1.0};
    bool operator==(const UnitMap&) const = default;
};

/// One component of a Gaussian mixture, in model units.
struct GaussianComponent {
    double weight;  ///< all weights sum to 1
    std::array<double, 2> mean;
    std::array<double, 3> covariance;  ///< xx, xy, yy
    std::int32_t label;                ///< class, 0 where there are none
};

/// In place of a class index: points of whatever class.
constexpr int anyClass = -1;

/// A finite set of points in model units.
struct DataSet {
    std::vector<float> points;         ///< (N, 2) row-major: x0, y0, x1, y1 …
    std::vector<std::int32_t> labels;  ///< N class indices, or empty
    std::vector<std::string> classes;  ///< names of the classes, or empty
    UnitMap units;                     ///< identity for generators
    std::array<std::string, 2> axes{"x", "y"};
    std::vector<GaussianComponent>
        mixture{};  ///< what the points were drawn from, where it is one; else empty

    [[nodiscard]] std::size_t size() const { return points.size() / 2; }
};

[[nodiscard]] bool hasPointsOf(const DataSet& data, int label);  ///< true for anyClass

/// The points of a class, or all. (count, 2)
[[nodiscard]] std::vector<float> pointsOfClass(const DataSet& data, int label);

/// The name of the class `label`, or its number from 1 where it has none.
[[nodiscard]] std::string nameOfClass(const DataSet& data, int label);

/// Bounding box of the points, grown about its centre to 1.1 times its size along each axis: the clamp of
/// x0-hat. Along an axis where all points are equal it reaches to 1 on both sides, the prior's deviation: a
/// box without extent would put every guess, of an untrained network too, on the answer.
struct Box {
    std::array<float, 2> low{-1.0f, -1.0f};
    std::array<float, 2> high{1.0f, 1.0f};
};
[[nodiscard]] Box clampBox(std::span<const float> points);

struct DatasetRow {
    Choice choice;
    /// Draws (count, seed). Generators: fixed affine map to zero mean and unit average variance per axis,
    /// except for the two exact cases. Real tables: the whole table for count = 0, else draws with
    /// replacement. Null for Imported, whose points live in the session. Letters are those of the default
    /// text.
    DataSet (*draw)(int count, std::uint64_t seed);
    bool isTable;  ///< a finite table with a size of its own
    /// What a generator draws from, where that is a Gaussian mixture, and what its draws carry as `mixture`;
    /// else null.
    std::vector<GaussianComponent> (*mixture)() = nullptr;
    /// Draws the text of the settings, where that is what the set is; else null.
    DataSet (*drawText)(std::string_view text, int count, std::uint64_t seed) = nullptr;
};

[[nodiscard]] std::span<const DatasetRow> datasets();

/// Draws of the row that the settings name, as they describe it.
/// @throws InputError as requireLetters(); std::logic_error for Imported
[[nodiscard]] DataSet drawFrom(const DataSettings& settings, int count, std::uint64_t seed);

/// The data that training uses: `points` draws of a generator, or the whole table.
[[nodiscard]] std::shared_ptr<const DataSet> trainingData(const DataSettings& settings, std::uint64_t seed);

/// Centres and scales a table of points to unit variance per axis, in double; the map goes into `units`.
/// An axis without variance is centred only. @throws InputError when empty or non-finite.
[[nodiscard]] DataSet normalised(std::span<const double> points, std::array<std::string, 2> axes);

/// Points that are model units already: painted ones. The map is the identity. Any number of them from 1, all
/// equal ones too. @throws InputError when there are none or one is not finite.
[[nodiscard]] DataSet paintedPoints(std::span<const float> points);

/// A table without its held-out fifth, which no seed changes: what to train on where freshDraws() of the same
/// table is to be fair. Below 200 points nothing is held out. For tables only: a generator's draws are all
/// used.
[[nodiscard]] DataSet trainingPart(const DataSet& table);

/// What training and the ideal denoiser of the points see of a session's data: of a table its trainingPart(),
/// else all.
[[nodiscard]] std::shared_ptr<const DataSet> trainedOn(DatasetKind kind, std::shared_ptr<const DataSet> data);

/// Independent draws for measuring against. A generator: `count` draws with a seed derived from `seed`, never
/// the training draws. A table: draws with replacement from the held-out fifth that trainingPart() leaves
/// out, or from the whole table below 200 points; `from` says which. `data` is the whole table. With `label`
/// draws of that class only: the held-out rows of it, or all rows of it where none is held out.
struct FreshDraws {
    std::vector<float> points;
    std::string from;  ///< "generator", "held-out fifth" or "the data themselves"
};
/// @throws InputError where there are no points of that class
[[nodiscard]] FreshDraws freshDraws(const DataSettings& settings, const DataSet& data, int count,
                                    std::uint64_t seed, int label = anyClass);

}  // namespace diffuscope
