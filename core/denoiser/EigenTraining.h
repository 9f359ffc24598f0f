#pragma once
#include "denoiser/DenoiserBackend.h"
#include "denoiser/EigenNetwork.h"

#include <cstdint>
#include <span>
#include <vector>

namespace diffuscope {

/// Training steps of an EigenNetwork, as DenoiserBackend.h says. The network must outlive it.
class EigenTraining {
  public:
    explicit EigenTraining(EigenNetwork& network) : network_(network) {}

    void setData(std::span<const float> points, std::span<const std::int32_t> labels);
    void setLevels(std::span<const NoiseLevel> levels, const LossTable& loss);
    void train(const BatchSettings& settings, std::span<float> losses);

  private:
    /// Numbers of one training step.
    struct AdamStep {
        float clip;       ///< factor of the gradient
        float rate;       ///< learning rate / (1 - beta1^n)
        float rootScale;  ///< 1 / sqrt(1 - beta2^n)
        float decay;      ///< of the average
    };

    float step(const BatchSettings& settings);
    int prepareSlots(int tiles);
    AdamStep adamStep(const BatchSettings& settings) const;
    bool worthSharing() const;
    void addSlots(int slots);
    void update(const AdamStep& adam);
    template <typename Body>
    void forEachPiece(const Body& body);

    EigenNetwork& network_;
    std::vector<float> data_;
    std::vector<std::int32_t> labels_;
    std::vector<NoiseLevel> levels_;
    LossTable loss_;
    FloatBuffer gradients_;  // one set per slot
    std::vector<double> slotLosses_;
    std::vector<double> pieceNorms_;
};

}  // namespace diffuscope
