#include "training/EstimatorSpread.h"

#include "diffusion/Noise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diffuscope {
namespace {

struct Draw {
    int batch;
    float x0[2];
    float step[2];      ///< eps_t
    float together[2];  ///< eps
};

double varianceOf(const std::vector<double>& values) {
    double mean = 0.0;
    for (const double value : values) mean += value;
    mean /= static_cast<double>(values.size());
    double sum = 0.0;
    for (const double value : values) sum += (value - mean) * (value - mean);
    return sum / static_cast<double>(values.size() - 1);
}

}  // namespace

SpreadReading estimatorSpread(const Denoiser& denoiser, const DataSet& data, const NoiseSchedule& schedule,
                              Conditioning conditioning, int batches, int batchSize, std::uint64_t seed,
                              const std::function<void()>& checkpoint) {
    batches = std::max(batches, 2);
    const auto steps = static_cast<std::uint32_t>(schedule.steps());
    // Gathered by t, so that a denoiser is asked once for each.
    std::vector<std::vector<Draw>> draws(steps);
    const auto share = [&](std::size_t t) {
        return std::clamp(schedule.beta(static_cast<int>(t)) / schedule.oneMinusAlphaBar(static_cast<int>(t)),
                          0.0, 1.0);
    };
    for (int batch = 0; batch < batches; ++batch) {
        for (int i = 0; i < batchSize; ++i) {
            const auto particle = static_cast<std::uint32_t>(i);
            const auto first = philox(seed, Stream::Spread, particle, static_cast<std::uint32_t>(2 * batch));
            const auto second =
                philox(seed, Stream::Spread, particle, static_cast<std::uint32_t>(2 * batch + 1));
            const std::uint64_t within = std::uint64_t{steps} * particle + indexBelow(first[1], steps);
            const std::size_t t = within / static_cast<std::uint64_t>(batchSize) + 1;
            const double c2 = share(t);
            const std::size_t point = indexBelow(first[0], static_cast<std::uint32_t>(data.size()));
            const auto before = normalsOf(first[2], first[3]);
            const auto now = normalsOf(second[0], second[1]);
            Draw draw{batch, {data.points[2 * point], data.points[2 * point + 1]}, {now[0], now[1]}, {}};
            for (std::size_t axis = 0; axis < 2; ++axis)
                draw.together[axis] = static_cast<float>(std::sqrt(1.0 - c2)) * before[axis] +
                                      static_cast<float>(std::sqrt(c2)) * now[axis];
            draws[t - 1].push_back(draw);
        }
    }

    std::vector<double> simple(static_cast<std::size_t>(batches), 0.0);
    std::vector<double> fourVariable(simple.size(), 0.0);
    std::vector<float> xt, found;
    for (std::size_t t = 1; t <= draws.size(); ++t) {
        const std::vector<Draw>& here = draws[t - 1];
        if (here.empty()) continue;
        const NoiseLevel level = noiseLevel(schedule, static_cast<int>(t), conditioning);
        xt.clear();
        for (const Draw& draw : here)
            for (std::size_t axis = 0; axis < 2; ++axis)
                xt.push_back(level.sqrtAlphaBar * draw.x0[axis] +
                             level.sqrtOneMinusAlphaBar * draw.together[axis]);
        found.resize(xt.size());
        denoiser.eps(xt, level, anyClass, found);
        const double c2 = share(t);
        for (std::size_t i = 0; i < here.size(); ++i) {
            double both = 2.0 * (1.0 - c2);
            double one = 0.0;
            for (std::size_t axis = 0; axis < 2; ++axis) {
                const auto eps = static_cast<double>(found[2 * i + axis]);
                const double error = static_cast<double>(here[i].together[axis]) - eps;
                const double ofStep = static_cast<double>(here[i].step[axis]) - std::sqrt(c2) * eps;
                both += c2 * error * error;
                one += ofStep * ofStep;
            }
            simple[static_cast<std::size_t>(here[i].batch)] += both / batchSize;
            fourVariable[static_cast<std::size_t>(here[i].batch)] += one / batchSize;
        }
        checkpoint();
    }

    const double spread = varianceOf(simple);
    const double ratio =
        spread > 0.0 ? varianceOf(fourVariable) / spread : std::numeric_limits<double>::infinity();
    return {{simple.begin(), simple.end()}, {fourVariable.begin(), fourVariable.end()}, ratio};
}

}  // namespace diffuscope
