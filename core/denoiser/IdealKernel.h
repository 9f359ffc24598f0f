#pragma once
#include "data/DataSet.h"
#include "diffusion/NoiseSchedule.h"
#include "gpu/ComputeProgram.h"
#include "gpu/GlContext.h"
#include "gpu/StorageBuffer.h"

#include <map>
#include <memory>
#include <span>

namespace diffuscope {

/// idealEps() by compute shaders, on the context that is current. Points stay on the device, by class, until
/// another data set is asked about.
class IdealKernel {
  public:
    explicit IdealKernel(GlContext& context);

    /// eps* of the points of the class `label`, or of all where there are none of it. `xt` and `eps` (count,
    /// 2).
    /// @throws BackendError when the device is lost or too small
    void eps(const std::shared_ptr<const DataSet>& data, int label, const NoiseLevel& level,
             std::span<const float> xt, std::span<float> eps);

  private:
    struct Points {
        StorageBuffer quads;
        int chunks;
    };
    const Points& pointsOf(const std::shared_ptr<const DataSet>& data, int label);
    void pass(ComputeProgram& program, const Points& points, const NoiseLevel& level, int groups);

    GlContext& context_;
    ComputeProgram nearest_;
    ComputeProgram weights_;
    std::shared_ptr<const DataSet> data_;
    std::map<int, Points> points_;
    StorageBuffer queries_, found_, sums_, rests_;
    std::size_t room_ = 0;  ///< queries that the buffers hold
};

}  // namespace diffuscope
