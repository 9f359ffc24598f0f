#pragma once
#include "denoiser/Mlp.h"
#include "diffusion/NoiseSchedule.h"

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>

namespace diffuscope {

/// Predicts the noise in x_t: a network with the weights that it had, or the best possible one of known data.
/// Immutable, so that any thread may ask: fields, measures and pictures do, beside the worker that trains.
class Denoiser {
  public:
    virtual ~Denoiser() = default;

    /// eps-hat of points that are all at one noise level, for data of the class `label`, or of any class
    /// where it is anyClass, or one that the denoiser does not know. `xt` and `eps` (count, 2).
    virtual void eps(std::span<const float> xt, const NoiseLevel& level, int label,
                     std::span<float> eps) const = 0;

    /// Points that take one thread some milliseconds: who must be able to give up asks about no more at once.
    [[nodiscard]] virtual std::size_t piece() const { return 256; }

    /// Whether it also says the variance of a reverse step: a network with a second head.
    [[nodiscard]] virtual bool saysVariance() const { return false; }

    /// eps(), and for each axis the share f in [0, 1] of the variance's range: see LevelLoss. `shares`
    /// (count, 2). Only where saysVariance().
    virtual void epsAndShares(std::span<const float> /*xt*/, const NoiseLevel& /*level*/, int /*label*/,
                              std::span<float> /*eps*/, std::span<float> /*shares*/) const {
        throw std::logic_error("a denoiser that says no variance was asked for it");
    }
};

/// The network with the averaged weights of `state`, on the processor, in the calling thread.
[[nodiscard]] std::shared_ptr<const Denoiser> networkDenoiser(const TrainingState& state);

}  // namespace diffuscope
