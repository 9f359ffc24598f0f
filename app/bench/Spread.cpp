#include "bench/Spread.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {

nlohmann::ordered_json spreadOf(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto at = [&values](double share) {
        const double rank = std::ceil(share * static_cast<double>(values.size()));
        return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
    };
    return {{"median", at(0.5)}, {"p95", at(0.95)}, {"worst", values.back()}};
}

}  // namespace diffuscope
