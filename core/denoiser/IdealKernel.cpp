#include "denoiser/IdealKernel.h"

#include "Error.h"
#include "denoiser/ComputeShaders.h"
#include "diffusion/IdealDenoiser.h"

#include <algorithm>
#include <vector>

namespace diffuscope {
namespace {

constexpr std::size_t group = 64;

/// Queries of one dispatch: a few milliseconds.
std::size_t mostQueries(const GlContext& context) {
    return context.software() ? 8192 : 65536;
}

/// Points by quads (xs, ys, 1), filled up to whole chunks with the last point at weight 0, and with what the
/// staging reads beyond them.
std::vector<float> quadsOf(const std::vector<float>& points, int chunks) {
    const std::size_t count = points.size() / 2;
    std::vector<float> quads(4 * static_cast<std::size_t>(chunks * idealChunk / 4 * 3 + idealStaged));
    for (std::size_t i = 0; i < static_cast<std::size_t>(chunks * idealChunk); ++i) {
        const std::size_t at = i / 4 * 12 + i % 4;
        const std::size_t from = std::min(i, count - 1);
        quads[at] = points[2 * from];
        quads[at + 4] = points[2 * from + 1];
        quads[at + 8] = i < count ? 1.0f : 0.0f;
    }
    return quads;
}

}  // namespace

IdealKernel::IdealKernel(GlContext& context)
    : context_(context),
      nearest_("ideal.comp, nearest", idealSource(IdealPass::Nearest)),
      weights_("ideal.comp, weights", idealSource(IdealPass::Weights)) {}

const IdealKernel::Points& IdealKernel::pointsOf(const std::shared_ptr<const DataSet>& data, int label) {
    if (data != data_) points_.clear();
    data_ = data;
    const auto known = points_.find(label);
    if (known != points_.end()) return known->second;
    const std::vector<float> points = pointsOfClass(*data, hasPointsOf(*data, label) ? label : anyClass);
    const auto chunks = static_cast<int>((points.size() / 2 + idealChunk - 1) / idealChunk);
    const std::vector<float> quads = quadsOf(points, chunks);
    if (quads.size() * sizeof(float) > context_.storageLimit())
        throw BackendError("the data do not fit into a buffer of " + context_.renderer());
    StorageBuffer buffer(quads.size() * sizeof(float));
    buffer.upload(std::span<const float>(quads));
    return points_.emplace(label, Points{std::move(buffer), chunks}).first->second;
}

void IdealKernel::pass(ComputeProgram& program, const Points& points, const NoiseLevel& level, int groups) {
    program.set("signal", level.sqrtAlphaBar);
    program.set("factor", -0.5f / (level.sqrtOneMinusAlphaBar * level.sqrtOneMinusAlphaBar));
    for (int chunk = 0; chunk < points.chunks; ++chunk) {
        program.set("first", chunk * idealChunk / 4 * 3);
        program.set("start", chunk == 0 ? 1 : 0);
        program.dispatch(groups);
    }
}

void IdealKernel::eps(const std::shared_ptr<const DataSet>& data, int label, const NoiseLevel& level,
                      std::span<const float> xt, std::span<float> eps) {
    context_.use();
    const Points& points = pointsOf(data, label);
    const std::size_t count = xt.size() / 2;
    const std::size_t wanted = std::min((count + group - 1) / group * group, mostQueries(context_));
    if (room_ < wanted) {
        room_ = wanted;
        queries_ = StorageBuffer(room_ * 2 * sizeof(float));
        for (StorageBuffer* rows : {&found_, &sums_, &rests_})
            *rows = StorageBuffer(room_ * 4 * sizeof(float));
    }
    std::vector<float> found(4 * wanted);
    std::vector<float> sums(4 * wanted);
    for (std::size_t first = 0; first < count; first += room_) {
        const std::size_t size = std::min(room_, count - first);
        queries_.upload(xt.subspan(2 * first, 2 * size));
        points.quads.bind(0);
        queries_.bind(1);
        found_.bind(2);
        sums_.bind(3);
        rests_.bind(4);
        const auto groups = static_cast<int>((size + group - 1) / group);
        pass(nearest_, points, level, groups);
        pass(weights_, points, level, groups);
        found_.download(std::span(found).first(4 * size));
        sums_.download(std::span(sums).first(4 * size));
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t axis = 0; axis < 2; ++axis) {
                const std::size_t at = 2 * (first + i) + axis;
                const float z = level.sqrtAlphaBar * found[4 * i + axis] - xt[at];
                const double shift = double(sums[4 * i + 2 + axis]) / double(sums[4 * i + 1]);
                eps[at] = static_cast<float>(-(double(z) + shift) / double(level.sqrtOneMinusAlphaBar));
            }
    }
    context_.check("asking the ideal denoiser");
}

}  // namespace diffuscope
