#include "denoiser/Denoiser.h"
#include "denoiser/Elementary.h"
#include "denoiser/PackedPass.h"

#include <algorithm>

namespace diffuscope {
namespace {

class NetworkDenoiser : public Denoiser {
  public:
    explicit NetworkDenoiser(const TrainingState& state) : mlp_(state.layout), layout_(state.layout) {
        packed_.resize(layout_.size);
        transposed_.resize(layout_.size);
        pack(state.layout, layout_, state.average, packed_.data());
        transposeAll(layout_, packed_.data(), transposed_.data());
    }

    void eps(std::span<const float> xt, const NoiseLevel& level, int label,
             std::span<float> eps) const override {
        say(xt, level, label, eps, {});
    }

    [[nodiscard]] bool saysVariance() const override { return mlp_.twoHeads; }

    void epsAndShares(std::span<const float> xt, const NoiseLevel& level, int label, std::span<float> eps,
                      std::span<float> shares) const override {
        if (!mlp_.twoHeads) throw std::logic_error("a network without a second head was asked for it");
        say(xt, level, label, eps, shares);
    }

  private:
    void say(std::span<const float> xt, const NoiseLevel& level, int label, std::span<float> eps,
             std::span<float> shares) const {
        const Weights weights{packed_.data(), transposed_.data()};
        PassScratch scratch;
        scratch.resize(layout_);
        FloatBuffer bias;
        bias.resize(static_cast<std::size_t>(layout_.hidden.front().out));
        scratch.tile.condition[0] = level.condition;
        scratch.tile.label[0] = label < mlp_.classes ? label : anyClass;
        conditionBias(layout_, weights, scratch, 1, bias.data(), panelWidth);
        const std::size_t count = xt.size() / 2;
        for (std::size_t first = 0; first < count; first += tileRows) {
            const int rows = static_cast<int>(std::min<std::size_t>(tileRows, count - first));
            for (int row = 0; row < rows; ++row) {
                const std::size_t at = 2 * (first + static_cast<std::size_t>(row));
                scratch.tile.x[row] = xt[at];
                scratch.tile.y[row] = xt[at + 1];
            }
            predictTile(layout_, weights, scratch, rows, bias.data(), panelWidth);
            predictionToEps(mlp_.parametrisation, level, scratch, rows);
            for (int row = 0; row < rows; ++row) {
                const std::size_t at = 2 * (first + static_cast<std::size_t>(row));
                eps[at] = scratch.out0[row];
                eps[at + 1] = scratch.out1[row];
                if (shares.empty()) continue;
                shares[at] = logisticOf(scratch.head0[row]);
                shares[at + 1] = logisticOf(scratch.head1[row]);
            }
        }
    }

    MlpLayout mlp_;
    PackedLayout layout_;
    FloatBuffer packed_;
    FloatBuffer transposed_;
};

}  // namespace

std::shared_ptr<const Denoiser> networkDenoiser(const TrainingState& state) {
    return std::make_shared<const NetworkDenoiser>(state);
}

}  // namespace diffuscope
