#include "measures/Mmd.h"

#include "measures/PairSums.h"

#include <cmath>

namespace diffuscope {
namespace {

/// Sums of the five kernels' mean over blocks of squared distances. With e = exp(-d^2 / (2 scale^2)) they are
/// e, e^4, e^25, e^100 and e^400: two exponentials and their powers, a relative error of 16 roundings at the
/// most. What is below 1e-9 is raised to about it before it is multiplied on, so that no number is denormal,
/// which would be slow.
struct KernelSum {
    float factor;

    template <typename Block>
    float operator()(Block squares) const {
        constexpr float tiny = 1e-9f;
        constexpr Eigen::Index chunk = 64;
        using Chunk = Eigen::Array<float, Eigen::Dynamic, 1, 0, chunk, 1>;
        float sum = 0.0f;
        for (Eigen::Index from = 0; from < squares.size(); from += chunk) {
            const Eigen::Index size = std::min(chunk, squares.size() - from);
            const Chunk logs = squares.segment(from, size) * factor;
            const Chunk e1 = logs.max(-20.0f).exp();
            const Chunk e25 = (25.0f * logs).max(-20.0f).exp();
            const Chunk e100 = e25.square().square();
            sum += (e1 + e1.square().square() + e25 + e100 + e100.max(tiny).square().square()).sum();
        }
        return 0.2f * sum;
    }
};

KernelSum kernelSum(double scale) {
    if (!(scale > 0.0) || !std::isfinite(scale))
        throw InputError("The scale of a kernel is a number above 0.");
    return {static_cast<float>(-0.5 / (scale * scale))};
}

}  // namespace

double meanKernel(std::span<const float> a, std::span<const float> b, double scale,
                  const Measuring& measuring) {
    const double pairs = static_cast<double>(a.size() / 2) * static_cast<double>(b.size() / 2);
    return sumOverPairs(a, b, false, kernelSum(scale), measuring) / pairs;
}

double meanKernelWithin(std::span<const float> a, double scale, const Measuring& measuring) {
    if (a.size() < 4) throw InputError("The unbiased MMD needs two points or more in both sets.");
    const auto count = static_cast<double>(a.size() / 2);
    return 2.0 * sumOverPairs(a, a, true, kernelSum(scale), measuring) / (count * (count - 1.0));
}

double mmd2(std::span<const float> a, std::span<const float> b, double scale, const Measuring& measuring) {
    return meanKernelWithin(a, scale, measuring) + meanKernelWithin(b, scale, measuring) -
           2.0 * meanKernel(a, b, scale, measuring);
}

double scaleOf(std::span<const float> points) {
    const auto count = static_cast<double>(points.size() / 2);
    double variance = 0.0;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        double mean = 0.0;
        for (std::size_t i = axis; i < points.size(); i += 2) mean += double(points[i]) / count;
        for (std::size_t i = axis; i < points.size(); i += 2)
            variance += (double(points[i]) - mean) * (double(points[i]) - mean) / (2.0 * count);
    }
    return variance > 0.0 ? std::sqrt(variance) : 1.0;
}

}  // namespace diffuscope
