#include "data/Generators.h"

#include "EmbeddedFiles.h"
#include "data/Outline.h"
#include "diffusion/Noise.h"

#include <cmath>
#include <numbers>

namespace diffuscope {
namespace {

using std::numbers::pi;

struct Drawn {
    double x;
    double y;
    std::int32_t label;
};

/// mean and the average of the variances along x and y.
struct Moments {
    double x;
    double y;
    double variance;
};

/// The words of one point: 0 and 1 are the formula's, 2 and 3 its normal noise.
struct Words {
    std::array<std::uint32_t, 4> word;
    [[nodiscard]] double uniform(std::size_t i) const { return double(uniformOf(word[i])); }
    [[nodiscard]] std::uint32_t below(std::size_t i, std::uint32_t count) const {
        return indexBelow(word[i], count);
    }
};

template <typename Formula>
DataSet drawn(int count, std::uint64_t seed, const Moments& moments, double noise,
              std::vector<std::string> classes, Formula formula) {
    DataSet set;
    set.classes = std::move(classes);
    const double scale = 1.0 / std::sqrt(moments.variance);
    for (int i = 0; i < count; ++i) {
        const Words words{philox(seed, Stream::Data, static_cast<std::uint32_t>(i), 0)};
        const Drawn point = formula(words);
        const auto z = normalsOf(words.word[2], words.word[3]);
        set.points.push_back(static_cast<float>((point.x + noise * double(z[0]) - moments.x) * scale));
        set.points.push_back(static_cast<float>((point.y + noise * double(z[1]) - moments.y) * scale));
        if (!set.classes.empty()) set.labels.push_back(point.label);
    }
    return set;
}

}  // namespace

/// (a cos a, a sin a), a uniform over [3 pi/2, 9 pi/2], plus noise of deviation 1/4.
/// Mean (2, 2/(3 pi)); E[x^2 + y^2] = E[a^2] = 39 pi^2/4.
DataSet swissRoll(int count, std::uint64_t seed) {
    constexpr double noise = 0.25;
    constexpr double meanY = 2.0 / (3.0 * pi);
    constexpr double variance = (9.75 * pi * pi - 4.0 - meanY * meanY) / 2.0 + noise * noise;
    return drawn(count, seed, {2.0, meanY, variance}, noise, {}, [](const Words& words) {
        const double angle = 1.5 * pi * (1.0 + 2.0 * words.uniform(0));
        return Drawn{angle * std::cos(angle), angle * std::sin(angle), 0};
    });
}

/// (cos a, sin a) or (1 - cos a, 1/2 - sin a), a uniform over [0, pi], plus noise of deviation 0.05.
/// Mean (1/2, 1/4); variances without noise 3/4 and 9/16 - 1/pi.
DataSet twoMoons(int count, std::uint64_t seed) {
    constexpr double noise = 0.05;
    constexpr double variance = (0.75 + 0.5625 - 1.0 / pi) / 2.0 + noise * noise;
    return drawn(count, seed, {0.5, 0.25, variance}, noise, {"upper", "lower"}, [](const Words& words) {
        const double angle = pi * words.uniform(0);
        if (words.below(1, 2) == 0) return Drawn{std::cos(angle), std::sin(angle), 0};
        return Drawn{1.0 - std::cos(angle), 0.5 - std::sin(angle), 1};
    });
}

/// (sin a, sign(a) (cos a - 1)), a uniform over [-3 pi/2, 3 pi/2], plus noise of deviation 0.05.
/// Mean 0; variances without noise 1/2 and 3/2 + 4/(3 pi).
DataSet sCurve(int count, std::uint64_t seed) {
    constexpr double noise = 0.05;
    constexpr double variance = (2.0 + 4.0 / (3.0 * pi)) / 2.0 + noise * noise;
    return drawn(count, seed, {0.0, 0.0, variance}, noise, {}, [](const Words& words) {
        const double angle = 3.0 * pi * (words.uniform(0) - 0.5);
        return Drawn{std::sin(angle), std::copysign(1.0, angle) * (std::cos(angle) - 1.0), 0};
    });
}

/// Two arms, (a cos a, a sin a) and its mirror image through the origin, a^2 uniform over
/// [(pi/2)^2, (7 pi/2)^2], which is nearly even along an arm, plus noise of deviation 1/4.
/// Mean 0 by the mirror; E[x^2 + y^2] = E[a^2] = 25 pi^2/4.
DataSet spiral(int count, std::uint64_t seed) {
    constexpr double noise = 0.25;
    constexpr double variance = 3.125 * pi * pi + noise * noise;
    return drawn(count, seed, {0.0, 0.0, variance}, noise, {"one arm", "other arm"}, [](const Words& words) {
        const double angle = pi * std::sqrt(0.25 + 12.0 * words.uniform(0));
        const std::uint32_t arm = words.below(1, 2);
        const double radius = arm == 0 ? angle : -angle;
        return Drawn{radius * std::cos(angle), radius * std::sin(angle), static_cast<std::int32_t>(arm)};
    });
}

/// Circles of radius 1, 2 and 3, even along all of them (weights 1 : 2 : 3), plus noise of deviation 0.08.
/// Mean 0; E[x^2 + y^2] = (1 + 2 * 4 + 3 * 9)/6 = 6.
DataSet rings(int count, std::uint64_t seed) {
    constexpr double noise = 0.08;
    return drawn(count, seed, {0.0, 0.0, 3.0 + noise * noise}, noise, {"inner", "middle", "outer"},
                 [](const Words& words) {
                     const std::uint32_t pick = words.below(1, 6);
                     const std::int32_t ring = pick == 0 ? 0 : pick < 3 ? 1 : 2;
                     const double angle = 2.0 * pi * words.uniform(0);
                     return Drawn{(ring + 1) * std::cos(angle), (ring + 1) * std::sin(angle), ring};
                 });
}

/// Five blades: (1 + 0.3 z, 0.1 z'), turned by 2 pi k/5 + exp(1 + 0.3 z)/4. (Johnson et al. 2016)
/// Mean 0 by the symmetry of five; a turn keeps x^2 + y^2, whose mean is 1 + 0.09 + 0.01.
DataSet pinwheel(int count, std::uint64_t seed) {
    return drawn(count, seed, {0.0, 0.0, 0.55}, 0.0, {"blade 1", "blade 2", "blade 3", "blade 4", "blade 5"},
                 [](const Words& words) {
                     const auto blade = static_cast<std::int32_t>(words.below(0, 5));
                     const auto z = normalsOf(words.word[2], words.word[3]);
                     const double along = 1.0 + 0.3 * double(z[0]);
                     const double across = 0.1 * double(z[1]);
                     const double turn = 2.0 * pi * blade / 5.0 + std::exp(along) / 4.0;
                     return Drawn{along * std::cos(turn) - across * std::sin(turn),
                                  along * std::sin(turn) + across * std::cos(turn), blade};
                 });
}

/// Even along the length of resources/datasets/dinosaur.csv, plus noise of deviation 1/2 in its units. Mean
/// and variance are the outline's own, exact ones.
DataSet dinosaur(int count, std::uint64_t seed) {
    constexpr double noise = 0.5;
    static const Outline outline(embeddedFile("dinosaur.csv"));
    const Moments moments{outline.mean()[0], outline.mean()[1], outline.variance() + noise * noise};
    return drawn(count, seed, moments, noise, {}, [](const Words& words) {
        const auto place = outline.at(words.uniform(0));
        return Drawn{place[0], place[1], 0};
    });
}

/// (16 sin^3 a, 13 cos a - 5 cos 2a - 2 cos 3a - cos 4a), a uniform over the circle, plus noise of deviation
/// 0.4. Mean 0; variances without noise 256 * 5/16 = 80 and (169 + 25 + 4 + 1)/2 = 99.5.
DataSet heart(int count, std::uint64_t seed) {
    constexpr double noise = 0.4;
    return drawn(count, seed, {0.0, 0.0, 89.75 + noise * noise}, noise, {}, [](const Words& words) {
        const double a = 2.0 * pi * words.uniform(0);
        const double s = std::sin(a);
        return Drawn{
            16.0 * s * s * s,
            13.0 * std::cos(a) - 5.0 * std::cos(2.0 * a) - 2.0 * std::cos(3.0 * a) - std::cos(4.0 * a), 0};
    });
}

/// Uniform over the eight unit squares of a 4 by 4 board whose column and row add up to an even number, the
/// board being [-2, 2]^2. Both axes are uniform over [-2, 2]: mean 0, variance 4/3.
DataSet checkerboard(int count, std::uint64_t seed) {
    return drawn(count, seed, {0.0, 0.0, 4.0 / 3.0}, 0.0, {}, [](const Words& words) {
        const std::uint32_t square = words.below(2, 8);
        const std::uint32_t column = square % 4;
        const std::uint32_t row = 2 * (square / 4) + column % 2;
        return Drawn{column + words.uniform(0) - 2.0, row + words.uniform(1) - 2.0, 0};
    });
}

}  // namespace diffuscope
