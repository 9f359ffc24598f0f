#include "scenes/SmoothDensity.h"

#include <array>
#include <numbers>

namespace diffuscope {
namespace {

constexpr double finestStep = 0.03;
constexpr double coarsestStep = 0.15;
constexpr double nodesPerSigma = 5.0;
constexpr std::size_t mostPoints = 131'072;

std::size_t strideFor(std::size_t points) {
    return (points + mostPoints - 1) / mostPoints;
}

/// A Gaussian of `variance` (in nodes squared) from its middle outwards; the whole sums to 1.
std::vector<float> kernelOf(double variance) {
    if (variance < 1e-3) return {1.0f};
    const int reach = std::max(1, static_cast<int>(std::ceil(4.0 * std::sqrt(variance))));
    std::vector<float> half;
    double sum = 0.0;
    for (int i = 0; i <= reach; ++i) {
        // Integrated over each node's cell, so that a narrow one keeps its width.
        const double spread = std::sqrt(2.0 * variance);
        const double share = 0.5 * (std::erf((i + 0.5) / spread) - std::erf((i - 0.5) / spread));
        half.push_back(static_cast<float>(share));
        sum += i == 0 ? share : 2.0 * share;
    }
    for (float& share : half) share /= static_cast<float>(sum);
    return half;
}

void blurRows(const std::vector<float>& from, std::vector<float>& to, int columns, int rows,
              const std::vector<float>& kernel) {
    const int reach = static_cast<int>(kernel.size()) - 1;
    const auto width = static_cast<std::size_t>(columns);
    for (int row = 0; row < rows; ++row) {
        const float* const source = from.data() + static_cast<std::size_t>(row) * width;
        float* const target = to.data() + static_cast<std::size_t>(row) * width;
        for (int i = 0; i < columns; ++i) {
            float sum = kernel[0] * source[i];
            for (int k = 1; k <= reach; ++k)
                sum += kernel[static_cast<std::size_t>(k)] *
                       ((i >= k ? source[i - k] : 0.0f) + (i + k < columns ? source[i + k] : 0.0f));
            target[i] = sum;
        }
    }
}

std::vector<float> transposed(const std::vector<float>& from, int columns, int rows) {
    std::vector<float> to(from.size());
    const auto width = static_cast<std::size_t>(columns);
    const auto height = static_cast<std::size_t>(rows);
    for (std::size_t j = 0; j < height; ++j)
        for (std::size_t i = 0; i < width; ++i) to[i * height + j] = from[j * width + i];
    return to;
}

}  // namespace

double silvermanWidth(std::span<const float> points) {
    double count = 0.0;
    std::array<double, 2> sum{};
    std::array<double, 2> squares{};
    const std::size_t size = points.size() / 2;
    for (std::size_t i = 0; i < size; i += std::max<std::size_t>(1, strideFor(size))) {
        if (!std::isfinite(points[2 * i]) || !std::isfinite(points[2 * i + 1])) continue;
        count += 1.0;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const double value = std::clamp(static_cast<double>(points[2 * i + axis]), -1e3, 1e3);
            sum[axis] += value;
            squares[axis] += value * value;
        }
    }
    if (count < 1.0) return 1.0;
    double variance = 0.0;
    for (std::size_t axis = 0; axis < 2; ++axis)
        variance += 0.5 * std::max(0.0, squares[axis] / count - sum[axis] * sum[axis] / (count * count));
    return std::max(0.02, std::sqrt(variance) * std::pow(count, -1.0 / 6.0));
}

SmoothDensity smoothDensity(std::span<const float> points, double scale, double sigma, const Stage& stage) {
    const double step = std::clamp(sigma / nodesPerSigma, finestStep, coarsestStep);
    const PlaneGrid grid = PlaneGrid::over(stage, step);
    const double stepX = grid.width / (grid.columns - 1);
    const double stepY = grid.height / (grid.rows - 1);
    // Sharing a point out over its four neighbours widens it by u (1 - u) nodes squared: a sixth on average.
    const double sharing = 1.0 / 6.0;
    const auto kernelX = kernelOf(std::max(0.0, sigma * sigma / (stepX * stepX) - sharing - 1.0 / 12.0));
    const auto kernelY = kernelOf(std::max(0.0, sigma * sigma / (stepY * stepY) - sharing - 1.0 / 12.0));
    const int padX = static_cast<int>(kernelX.size());
    const int padY = static_cast<int>(kernelY.size());
    const int columns = grid.columns + 2 * padX;
    const int rows = grid.rows + 2 * padY;

    std::vector<float> cells(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows), 0.0f);
    const std::size_t size = points.size() / 2;
    const std::size_t stride = std::max<std::size_t>(1, strideFor(size));
    double count = 0.0;
    for (std::size_t k = 0; k < size; k += stride) {
        const double x = (scale * static_cast<double>(points[2 * k]) - grid.left) / stepX + padX;
        const double y = (scale * static_cast<double>(points[2 * k + 1]) - grid.bottom) / stepY + padY;
        if (!std::isfinite(x) || !std::isfinite(y)) continue;
        count += 1.0;
        if (!(x >= 0.0 && y >= 0.0 && x < columns - 1 && y < rows - 1)) continue;
        const auto i = static_cast<std::size_t>(x);
        const auto j = static_cast<std::size_t>(y);
        const auto a = static_cast<float>(x - static_cast<double>(i));
        const auto b = static_cast<float>(y - static_cast<double>(j));
        float* const at = cells.data() + j * static_cast<std::size_t>(columns) + i;
        at[0] += (1 - a) * (1 - b);
        at[1] += a * (1 - b);
        at[columns] += (1 - a) * b;
        at[columns + 1] += a * b;
    }

    std::vector<float> blurred(cells.size());
    blurRows(cells, blurred, columns, rows, kernelX);
    cells = transposed(blurred, columns, rows);
    blurRows(cells, blurred, rows, columns, kernelY);
    cells = transposed(blurred, rows, columns);

    SmoothDensity density{.grid = grid, .values = {}};
    density.values.resize(grid.size());
    const auto perArea = static_cast<float>(count > 0.0 ? 1.0 / (count * stepX * stepY) : 0.0);
    for (int row = 0; row < grid.rows; ++row)
        for (int column = 0; column < grid.columns; ++column) {
            const auto to = static_cast<std::size_t>(row) * static_cast<std::size_t>(grid.columns) +
                            static_cast<std::size_t>(column);
            const auto from = static_cast<std::size_t>(row + padY) * static_cast<std::size_t>(columns) +
                              static_cast<std::size_t>(column + padX);
            density.values[to] = perArea * cells[from];
            density.peak = std::max(density.peak, density.values[to]);
        }
    return density;
}

}  // namespace diffuscope
