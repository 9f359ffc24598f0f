#pragma once
#include "denoiser/PackedPass.h"
#include "denoiser/ThreadPool.h"

#include <cstdint>
#include <vector>

namespace diffuscope {

/// The network as the processor keeps it: everything that training changes, in the packed order, the threads
/// that work on it and the memory that each of them works in.
class EigenNetwork {
  public:
    explicit EigenNetwork(int threads);

    void setState(const TrainingState& state);
    [[nodiscard]] TrainingState state() const;

    /// The averaged weights in both orders; the transposed one is made anew where training moved on.
    [[nodiscard]] Weights average();
    void averageChanged() { averageCurrent_ = false; }

    ThreadPool pool;
    std::vector<PassScratch> scratch;  ///< one per thread
    MlpLayout mlp;
    PackedLayout layout;
    std::int64_t step = 0;
    FloatBuffer parameters, transposed, averaged, firstMoment, secondMoment;

  private:
    FloatBuffer averageTransposed_;
    bool averageCurrent_ = false;  // averageTransposed_ belongs to `averaged`
};

}  // namespace diffuscope
