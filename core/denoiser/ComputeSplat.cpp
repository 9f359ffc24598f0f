#include "denoiser/ComputeSplat.h"

#include "Error.h"
#include "denoiser/DeviceWords.h"

#include <algorithm>
#include <array>

namespace diffuscope {
namespace {

constexpr int particlesPerUpload = 1 << 20;
constexpr double splatAdditions = 2e6;  // of one dispatch: some milliseconds on two cores

}  // namespace

void ComputeSplat::add(std::span<const float> positions, const SplatView& view,
                       std::span<std::uint32_t> accumulator) {
    if (accumulator.size_bytes() > context_.storageLimit())
        throw BackendError("the picture does not fit into a buffer of " + context_.renderer());
    if (accumulator_.bytes() != std::max<std::size_t>(accumulator.size_bytes(), 16))
        accumulator_ = StorageBuffer(accumulator.size_bytes());
    accumulator_.upload(std::span<const std::uint32_t>(accumulator));
    const double additions = (2.0 * view.radius + 1.0) * (2.0 * view.radius + 1.0);
    const int perDispatch = std::max(1, static_cast<int>(splatAdditions / additions) / 64) * 64;
    program_.set("width", view.width);
    program_.set("height", view.height);
    program_.set("centre", std::array<float, 2>{view.centreX, view.centreY});
    program_.set("scale", view.scale);
    program_.set("radius", view.radius);
    program_.set("inverse", 1.0f / (view.radius * view.radius));
    program_.set("unit", static_cast<float>(splatUnit));
    for (std::size_t done = 0; done < positions.size() / 2; done += particlesPerUpload) {
        const std::size_t size = std::min<std::size_t>(positions.size() / 2 - done, particlesPerUpload);
        if (positions_.bytes() < 2 * size * sizeof(float))
            positions_ = StorageBuffer(2 * size * sizeof(float));
        positions_.upload(positions.subspan(2 * done, 2 * size));
        positions_.bind(0);
        accumulator_.bind(1);
        program_.set("count", static_cast<int>(size));
        for (int first = 0; first < static_cast<int>(size); first += perDispatch) {
            program_.set("first", first);
            program_.dispatch(roundedUp(std::min(perDispatch, static_cast<int>(size) - first), 64) / 64);
        }
    }
    accumulator_.download(accumulator);
    context_.check("splatting");
}

}  // namespace diffuscope
