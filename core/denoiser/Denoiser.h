#pragma once
#include "denoiser/Mlp.h"
#include "diffusion/NoiseSchedule.h"

#include <cstddef>
#include <memory>
#include <span>

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
};

/// The network with the averaged weights of `state`, on the processor, in the calling thread.
[[nodiscard]] std::shared_ptr<const Denoiser> networkDenoiser(const TrainingState& state);

}  // namespace diffuscope
