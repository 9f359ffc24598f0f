#include "scenes/Numbers.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {

QString shortNumber(double value) {
    if (!std::isfinite(value)) return QStringLiteral("∞");
    if (value == 0.0) return QStringLiteral("0");
    if (value >= 9999.5 || value < 9.995e-4) {
        const int exponent = static_cast<int>(std::floor(std::log10(value) + 1e-3));
        return QStringLiteral("%1·10^{%2%3}")
            .arg(value / std::pow(10.0, exponent), 0, 'f', 1)
            .arg(exponent < 0 ? QStringLiteral("−") : QString())
            .arg(std::abs(exponent));
    }
    const int decimals = value >= 99.995 ? 0 : value >= 9.9995 ? 1 : value >= 0.99995 ? 2 : 4;
    return QString::number(value, 'f', decimals);
}

}  // namespace diffuscope
