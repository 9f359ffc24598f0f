#include "bench/Spread.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {

namespace {

/// That which `share` of the `sorted` do not exceed.
double rankOf(const std::vector<double>& sorted, double share) {
    const double rank = std::ceil(share * static_cast<double>(sorted.size()));
    return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

}  // namespace

double medianOf(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return rankOf(values, 0.5);
}

nlohmann::ordered_json spreadOf(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {{"median", rankOf(values, 0.5)}, {"p95", rankOf(values, 0.95)}, {"worst", values.back()}};
}

}  // namespace diffuscope
