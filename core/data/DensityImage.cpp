#include "data/DensityImage.h"

#include "Error.h"
#include "diffusion/Noise.h"

#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

/// Centre of the pixel `index` of an image, y upwards.
std::array<double, 2> centreOf(const DensityImage& image, std::size_t index) {
    const auto width = static_cast<std::size_t>(image.width);
    const std::size_t row = index / width;
    return {image.pixel * (image.left + static_cast<double>(index % width) + 0.5),
            -image.pixel * (image.top + static_cast<double>(row) + 0.5)};
}

}  // namespace

/// With the mass w of each pixel, its centre c and its side p: mean sum w c, average variance
/// sum w |c - mean|^2 / 2 + p^2 / 12, the second being a uniform square's own.
DensityPoints::DensityPoints(std::span<const DensityImage> parts) : parts_(parts) {
    double total = 0.0;
    std::array<double, 2> sum{};
    for (const DensityImage& image : parts) {
        firstPixels_.push_back(cumulated_.size());
        for (std::size_t i = 0; i < image.density.size(); ++i) {
            const double mass = double(image.density[i]) * image.pixel * image.pixel;
            const auto centre = centreOf(image, i);
            for (std::size_t axis = 0; axis < 2; ++axis) sum[axis] += mass * centre[axis];
            cumulated_.push_back(total += mass);
        }
    }
    if (!(total > 0.0)) throw InputError("The picture is blank: points are drawn where it is dark.");
    double square = 0.0;
    for (std::size_t axis = 0; axis < 2; ++axis) units_.offset[axis] = sum[axis] / total;
    for (const DensityImage& image : parts)
        for (std::size_t i = 0; i < image.density.size(); ++i) {
            const auto centre = centreOf(image, i);
            const double x = centre[0] - units_.offset[0];
            const double y = centre[1] - units_.offset[1];
            const double area = image.pixel * image.pixel;
            square += double(image.density[i]) * area * (x * x + y * y + area / 6.0);
        }
    units_.scale.fill(std::sqrt(square / total / 2.0));
}

std::vector<float> DensityPoints::draw(int count, std::uint64_t seed, std::vector<std::size_t>* parts) const {
    std::vector<float> points;
    points.reserve(2 * static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        const auto words = philox(seed, Stream::Data, static_cast<std::uint32_t>(i), 0);
        // In [0, 1) with 53 bits: a picture may have more pixels than a float has values.
        const double share = static_cast<double>((std::uint64_t{words[0]} << 32 | words[1]) >> 11) * 0x1p-53;
        const double mass = share * cumulated_.back();
        auto found = std::upper_bound(cumulated_.begin(), cumulated_.end(), mass);
        // Rounding may have taken the product to the whole mass, whose first pixel is the last with any.
        if (found == cumulated_.end())
            found = std::lower_bound(cumulated_.begin(), cumulated_.end(), cumulated_.back());
        const auto pixel = static_cast<std::size_t>(found - cumulated_.begin());
        const auto part = static_cast<std::size_t>(
            std::upper_bound(firstPixels_.begin(), firstPixels_.end(), pixel) - firstPixels_.begin() - 1);
        const DensityImage& image = parts_[part];
        const auto centre = centreOf(image, pixel - firstPixels_[part]);
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const double place = centre[axis] + image.pixel * (double(uniformOf(words[2 + axis])) - 0.5);
            points.push_back(static_cast<float>((place - units_.offset[axis]) / units_.scale[axis]));
        }
        if (parts) parts->push_back(part);
    }
    return points;
}

DataSet pointsOfImage(const DensityImage& image, int count, std::uint64_t seed) {
    const DensityPoints density(std::span(&image, 1));
    DataSet set;
    set.points = density.draw(count, seed, nullptr);
    set.units = density.units();
    return set;
}

}  // namespace diffuscope
