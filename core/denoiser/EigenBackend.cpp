#include "denoiser/DenoiserBackend.h"
#include "denoiser/EigenNetwork.h"
#include "denoiser/EigenSampling.h"
#include "denoiser/EigenTraining.h"
#include "diffusion/IdealDenoiser.h"

#include <Eigen/Core>

#include <utility>

namespace diffuscope {
namespace {

const char* vectorUnit() {
#if defined(EIGEN_VECTORIZE_AVX512)
    return "AVX-512";
#elif defined(EIGEN_VECTORIZE_AVX2)
    return "AVX2";
#elif defined(EIGEN_VECTORIZE_SSE2)
    return "SSE2";
#elif defined(EIGEN_VECTORIZE_NEON)
    return "NEON";
#else
    return "no vectors";
#endif
}

class EigenBackend : public DenoiserBackend {
  public:
    EigenBackend(int threads, std::string reason) : network_(threads) {
        const int size = network_.pool.size();
        const std::string count = size == 1 ? "1 thread" : std::to_string(size) + " threads";
        description_ = {"cpu", "Eigen, " + count + ", " + vectorUnit(), std::move(reason)};
    }

    const BackendDescription& description() const override { return description_; }

    void setData(std::span<const float> points, std::span<const std::int32_t> labels) override {
        training_.setData(points, labels);
    }
    using DenoiserBackend::setLevels;
    void setLevels(std::span<const NoiseLevel> levels, const LossTable& loss) override {
        training_.setLevels(levels, loss);
    }

    void setState(const TrainingState& state) override { network_.setState(state); }
    TrainingState state() const override { return network_.state(); }
    std::int64_t step() const override { return network_.step; }

    void train(const BatchSettings& settings, std::span<float> losses) override {
        training_.train(settings, losses);
    }
    void predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                 const Guidance& guidance) override {
        sampling_.predict(xt, level, eps, guidance);
    }
    void reverse(std::span<const ReverseStep> steps, std::uint64_t seed, std::uint32_t firstParticle,
                 std::span<float> positions, std::span<float> memory, std::span<float> frames,
                 const Guidance& guidance) override {
        sampling_.reverse(steps, seed, firstParticle, positions, memory, frames, guidance);
    }
    std::shared_ptr<const Denoiser> idealDenoiser(std::shared_ptr<const DataSet> data) override {
        if (!ideal_ || idealData_ != data) ideal_ = diffuscope::idealDenoiser(data, network_.pool);
        idealData_ = std::move(data);
        return ideal_;
    }
    void splat(std::span<const float> positions, const SplatView& view,
               std::span<std::uint32_t> accumulator) override {
        diffuscope::splat(positions, view, accumulator);
    }

  private:
    BackendDescription description_;
    EigenNetwork network_;
    EigenTraining training_{network_};
    EigenSampling sampling_{network_};
    std::shared_ptr<const DataSet> idealData_;
    std::shared_ptr<const Denoiser> ideal_;  // of them
};

}  // namespace

std::unique_ptr<DenoiserBackend> makeEigenBackend(int threads, std::string reason) {
    return std::make_unique<EigenBackend>(threads, std::move(reason));
}

}  // namespace diffuscope
