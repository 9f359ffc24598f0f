#pragma once
#include "denoiser/DenoiserBackend.h"
#include "denoiser/EigenNetwork.h"

#include <cstdint>
#include <span>

namespace diffuscope {

/// Predictions and reverse steps of an EigenNetwork, as DenoiserBackend.h says. The network must outlive it.
class EigenSampling {
  public:
    explicit EigenSampling(EigenNetwork& network) : network_(network) {}

    void predict(std::span<const float> xt, const NoiseLevel& level, std::span<float> eps,
                 const Guidance& guidance);
    void reverse(std::span<const ReverseStep> steps, std::uint64_t seed, std::uint32_t firstParticle,
                 std::span<float> positions, std::span<float> memory, std::span<float> frames,
                 const Guidance& guidance);

  private:
    /// Of one call of reverse().
    struct Run {
        std::span<const ReverseStep> steps;
        std::uint64_t seed;
        std::uint32_t firstParticle;
        std::span<float> positions;
        std::span<float> memory;
        std::span<float> frames;
        const Guidance& guidance;
    };

    template <typename ConditionAt>
    void conditionBiases(int count, const Guidance& guidance, const ConditionAt& conditionAt);
    void predictGuided(const Guidance& guidance, std::size_t level, PassScratch& scratch, int rows) const;
    void reverseTile(const Run& run, int first, int rows, PassScratch& scratch) const;
    [[nodiscard]] int rowsOfTile(int count) const;

    EigenNetwork& network_;
    Weights weights_{};  // of the call in progress
    // The first layer's bias for each noise level and the class asked about, then, where guidance needs it,
    // for each and any class; in panels of biasRows_ rows.
    FloatBuffer biases_;
    int biasRows_ = 0;
};

}  // namespace diffuscope
