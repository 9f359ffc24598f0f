#include "training/CloudWalk.h"

#include <algorithm>
#include <utility>

namespace diffuscope {
namespace {

constexpr std::size_t blockParticles = 16384;
constexpr std::size_t strideParticles = 2048;  // worth a call that begins with finding their noise

}  // namespace

CloudWalk::CloudWalk(std::shared_ptr<const CloudWay> way, std::size_t at, std::vector<float> positions,
                     std::vector<float> memory)
    : way_(std::move(way)), positions_(std::move(positions)), memory_(std::move(memory)), at_(at) {
    if (way_->remembers()) memory_.resize(positions_.size(), 0.0f);
}

std::size_t CloudWalk::advance(std::size_t units, std::size_t last, const Wanted& wanted,
                               const Arrived& arrived) {
    if (at_ >= last) return 0;
    const std::size_t count = positions_.size() / 2;
    const std::size_t block = std::clamp(units, way_->smallestBlock, blockParticles);
    if (block_ > 0 || count > block) {
        if (block_ == 0) {
            const std::size_t most = std::clamp<std::size_t>(units / strideParticles, 1, last - at_);
            for (stride_ = 1; stride_ < most && !wanted(at_ + stride_);) ++stride_;
        }
        const std::size_t size =
            std::min(std::clamp(units / stride_, way_->smallestBlock, blockParticles), count - block_);
        const auto ofBlock = [&](std::vector<float>& values) {
            return values.empty() ? std::span<float>() : std::span(values).subspan(block_ * 2, size * 2);
        };
        way_->advance(at_, stride_, static_cast<std::uint32_t>(block_), ofBlock(positions_), ofBlock(memory_),
                      {});
        block_ += size;
        if (block_ == count) {
            block_ = 0;
            at_ += stride_;
            arrived(at_, positions_);
        }
        return size * stride_;
    }
    const std::size_t steps = std::min(std::max<std::size_t>(1, units / count), last - at_);
    frames_.resize(steps * count * 2);
    way_->advance(at_, steps, 0, positions_, memory_, frames_);
    for (std::size_t i = 0; i < steps; ++i) {
        ++at_;
        arrived(at_, std::span(frames_).subspan(i * count * 2, count * 2));
    }
    return steps * count;
}

}  // namespace diffuscope
