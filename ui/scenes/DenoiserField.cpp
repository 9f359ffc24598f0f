#include "scenes/DenoiserField.h"

#include <algorithm>
#include <chrono>
#include <list>
#include <typeindex>
#include <unordered_map>

namespace diffuscope {
namespace {

constexpr std::size_t keptResults = 8;
constexpr double firstGuess = 20e-3;  // milliseconds a point, before anything was measured
constexpr std::size_t fewestPoints = 64;

/// Milliseconds a point, as last measured, by the denoiser's class.
double& costOf(const Denoiser& denoiser) {
    thread_local std::unordered_map<std::type_index, double> costs;
    return costs.try_emplace(std::type_index(typeid(denoiser)), firstGuess).first->second;
}

std::vector<float> ask(const Denoiser& denoiser, const NoiseLevel& level, std::span<const float> at) {
    std::vector<float> eps(at.size());
    const auto start = std::chrono::steady_clock::now();
    denoiser.eps(at, level, anyClass, eps);
    const double taken =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    if (at.size() >= 2 * fewestPoints) costOf(denoiser) = taken / (static_cast<double>(at.size()) / 2.0);
    return eps;
}

std::size_t affordable(const Denoiser& denoiser, const FrameWork* work) {
    if (!work || !(work->milliseconds < 1e6)) return std::numeric_limits<std::size_t>::max();
    return std::max(fewestPoints, static_cast<std::size_t>(work->milliseconds / costOf(denoiser)));
}

/// The same rectangle with at most `most` nodes.
PlaneGrid coarsened(PlaneGrid grid, std::size_t most) {
    if (grid.size() <= most) return grid;
    const double share = std::sqrt(static_cast<double>(most) / static_cast<double>(grid.size()));
    grid.columns = std::max(2, static_cast<int>(grid.columns * share));
    grid.rows = std::max(2, static_cast<int>(grid.rows * share));
    return grid;
}

/// Results of this thread by what they depend on, the latest first.
template <typename Key, typename Result, typename Make, typename Good>
std::shared_ptr<const Result> kept(const Key& key, Good good, Make make) {
    thread_local std::list<std::pair<Key, std::shared_ptr<const Result>>> results;
    for (auto found = results.begin(); found != results.end(); ++found) {
        if (!(found->first == key)) continue;
        if (good(*found->second)) {
            results.splice(results.begin(), results, found);
            return results.front().second;
        }
        results.erase(found);
        break;
    }
    results.emplace_front(key, make());
    if (results.size() > keptResults) results.pop_back();
    return results.front().second;
}

/// A result is made anew for twice the detail at least, lest every picture improved it by a little.
bool goodEnough(std::size_t had, std::size_t possible, std::size_t wanted) {
    return had >= wanted || 2 * had > possible;
}

struct FieldKey {
    std::shared_ptr<const Denoiser> denoiser;
    NoiseLevel level;
    PlaneGrid grid;
    bool operator==(const FieldKey&) const = default;
};

struct PointsKey {
    std::shared_ptr<const Denoiser> denoiser;
    NoiseLevel level;
    std::shared_ptr<const std::vector<float>> positions;
    std::size_t most;
    bool operator==(const PointsKey&) const = default;
};

}  // namespace

std::shared_ptr<const DenoiserField> denoiserField(const std::shared_ptr<const Denoiser>& denoiser,
                                                   const NoiseLevel& level, const PlaneGrid& grid,
                                                   FrameWork* work) {
    const PlaneGrid possible = coarsened(grid, affordable(*denoiser, work));
    const auto field = kept<FieldKey, DenoiserField>(
        {denoiser, level, grid},
        [&](const DenoiserField& had) { return goodEnough(had.grid.size(), possible.size(), grid.size()); },
        [&] {
            std::vector<float> at;
            at.reserve(2 * possible.size());
            for (int row = 0; row < possible.rows; ++row)
                for (int column = 0; column < possible.columns; ++column) {
                    at.push_back(static_cast<float>(possible.x(column)));
                    at.push_back(static_cast<float>(possible.y(row)));
                }
            return std::make_shared<const DenoiserField>(
                DenoiserField{.grid = possible, .eps = ask(*denoiser, level, at)});
        });
    if (work && !(field->grid == grid)) work->coarse = true;
    return field;
}

std::shared_ptr<const std::vector<float>> denoiserAt(
    const std::shared_ptr<const Denoiser>& denoiser, const NoiseLevel& level,
    const std::shared_ptr<const std::vector<float>>& positions, std::size_t most, FrameWork* work) {
    const std::size_t wanted = std::min(most, positions->size() / 2);
    const std::size_t possible = std::min(wanted, affordable(*denoiser, work));
    const auto result = kept<PointsKey, std::vector<float>>(
        {denoiser, level, positions, most},
        [&](const std::vector<float>& had) { return goodEnough(had.size() / 2, possible, wanted); },
        [&] {
            return std::make_shared<const std::vector<float>>(
                ask(*denoiser, level, std::span(*positions).first(2 * possible)));
        });
    if (work && result->size() < 2 * wanted) work->coarse = true;
    return result;
}

}  // namespace diffuscope
