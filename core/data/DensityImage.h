#pragma once
#include "data/DataSet.h"

namespace diffuscope {

/// A picture whose darkness is a density: what core gets of a letter or of an image file, since decoding and
/// fonts are Qt's. Each pixel is uniform over its own square.
struct DensityImage {
    int width = 0;
    int height = 0;
    std::vector<float> density;  ///< height rows of width, from the top; not negative, in any unit
    double left = 0.0;           ///< of the first pixel, in pixels to the right
    double top = 0.0;            ///< of the first pixel, in pixels downwards
    double pixel = 1.0;          ///< side of a pixel in the user's units
};

/// Draws from densities side by side. Points are mapped by the densities' own exact mean and average
/// variance, never by those of the drawn points, so that any count has the same scale.
class DensityPoints {
  public:
    /// `parts` are in one frame and stay alive as long as this. @throws InputError when nothing is dark.
    explicit DensityPoints(std::span<const DensityImage> parts);

    /// user = offset + scale * model, y upwards; one scale, so that shapes stay what they are.
    [[nodiscard]] const UnitMap& units() const { return units_; }

    /// Points in model units, by (seed, Data, index): words 0 and 1 pick the pixel, 2 and 3 the place in it.
    /// `part` of each point goes to `parts`, if that is not null.
    [[nodiscard]] std::vector<float> draw(int count, std::uint64_t seed,
                                          std::vector<std::size_t>* parts) const;

  private:
    std::span<const DensityImage> parts_;
    std::vector<std::size_t> firstPixels_;  ///< of each part, in cumulated_
    std::vector<double> cumulated_;         ///< mass up to and with each pixel
    UnitMap units_;
};

/// An imported set of `count` points drawn from a picture. @throws InputError when the picture is blank.
[[nodiscard]] DataSet pointsOfImage(const DensityImage& image, int count, std::uint64_t seed);

}  // namespace diffuscope
