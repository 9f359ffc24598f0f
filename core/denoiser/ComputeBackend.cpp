#include "denoiser/ComputeBackend.h"

#include "denoiser/ComputeSampling.h"
#include "denoiser/ComputeSplat.h"
#include "denoiser/ComputeTraining.h"
#include "denoiser/DeviceNetwork.h"
#include "denoiser/IdealKernel.h"
#include "diffusion/IdealDenoiser.h"

#include <utility>

namespace diffuscope {
namespace {

class ComputeIdealDenoiser : public Denoiser {
  public:
    ComputeIdealDenoiser(IdealKernel& kernel, std::shared_ptr<const DataSet> data)
        : kernel_(kernel), data_(std::move(data)) {}
    void eps(std::span<const float> xt, const NoiseLevel& level, int label,
             std::span<float> eps) const override {
        kernel_.eps(data_, label, level, xt, eps);
    }

  private:
    IdealKernel& kernel_;
    std::shared_ptr<const DataSet> data_;
};

/// Makes its context current before every piece of work: a thread may have several backends.
class ComputeBackend : public DenoiserBackend {
  public:
    ComputeBackend(std::string reason, std::unique_ptr<GlContext> context)
        : context_(std::move(context)), description_{"gpu", context_->renderer(), std::move(reason)} {
        ComputeBackend::setState(initialState({}, 1));
    }
    ~ComputeBackend() override { context_->use(); }  // the members let go of their memory on it

    const BackendDescription& description() const override { return description_; }

    void setData(std::span<const float> points, std::span<const std::int32_t> labels) override {
        context_->use();
        training_.setData(points, labels);
    }
    using DenoiserBackend::setLevels;
    void setLevels(std::span<const NoiseLevel> levels, const LossTable& loss) override {
        context_->use();
        training_.setLevels(levels, loss);
    }

    void setState(const TrainingState& state) override {
        context_->use();
        if (!network_.setState(state)) return;
        training_.layoutChanged();
        sampling_.layoutChanged();
    }
    TrainingState state() const override {
        context_->use();
        return network_.state();
    }
    std::int64_t step() const override { return network_.step; }

    void train(const BatchSettings& settings, std::span<float> losses) override {
        context_->use();
        training_.train(settings, losses);
    }
    void predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                 const Guidance& guidance) override {
        context_->use();
        sampling_.predict(xt, level, eps, guidance);
    }
    void reverse(std::span<const ReverseStep> steps, std::uint64_t seed, std::uint32_t firstParticle,
                 std::span<float> positions, std::span<float> memory, std::span<float> frames,
                 const Guidance& guidance) override {
        context_->use();
        sampling_.reverse(steps, seed, firstParticle, positions, memory, frames, guidance);
    }

    std::shared_ptr<const Denoiser> idealDenoiser(std::shared_ptr<const DataSet> data) override {
        requireDenoiser(DenoiserKind::Ideal, *data);
        context_->use();
        if (!ideal_) ideal_ = std::make_unique<IdealKernel>(*context_);
        return std::make_shared<const ComputeIdealDenoiser>(*ideal_, std::move(data));
    }
    void splat(std::span<const float> positions, const SplatView& view,
               std::span<std::uint32_t> accumulator) override {
        context_->use();
        splat_.add(positions, view, accumulator);
    }

  private:
    std::unique_ptr<GlContext> context_;
    BackendDescription description_;
    DeviceNetwork network_{*context_};
    ComputeTraining training_{*context_, network_};
    ComputeSampling sampling_{*context_, network_};
    ComputeSplat splat_{*context_};
    std::unique_ptr<IdealKernel> ideal_;  // compiled when it is first asked for
};

}  // namespace

std::unique_ptr<DenoiserBackend> makeComputeBackend(std::string reason, std::unique_ptr<GlContext> context) {
    context->use();
    return std::make_unique<ComputeBackend>(std::move(reason), std::move(context));
}

std::unique_ptr<DenoiserBackend> makeComputeBackend(std::string reason) {
    return makeComputeBackend(std::move(reason), std::make_unique<GlContext>());
}

}  // namespace diffuscope
