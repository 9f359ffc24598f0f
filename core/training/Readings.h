#pragma once
#include "measures/Reading.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace diffuscope {

/// What the network does at one stretch of t.
struct BinReading {
    double tFrom;  ///< the bin holds tFrom < t <= tTo
    double tTo;
    double loss;          ///< mean of |eps - eps-hat|^2
    double gradientNorm;  ///< of that mean, by all parameters
    double irreducible;   ///< mean of |eps - eps*|^2, eps* of the ideal denoiser of the training points;
                          ///< NaN until it has been computed, which many points delay
};

/// Two estimators of the same loss, each as the mean of the same batches: see estimatorSpread(). (Su 2025,
/// section 1.5)
struct SpreadReading {
    std::vector<float> simple;        ///< one per batch
    std::vector<float> fourVariable;  ///< likewise; the same expectation
    double varianceRatio = 0.0;       ///< of four-variable to simple; infinite where simple has no spread
};

/// Something that is known exactly about an exact case, beside what was measured of the cloud.
struct ExactReading {
    std::string name;  ///< "variance of x_0 along x"
    double measured;
    double exact;      ///< with the exact denoiser, under the sampler as it is set
    double tolerance;  ///< four standard errors of the measurement
    /// The same of q_t: what a perfect reverse process has.
    double ofQt = std::numeric_limits<double>::quiet_NaN();
};

/// What was measured of a run, off the worker's thread, every few seconds. Empty vectors and NaN where a
/// measure was not taken.
struct Readings {
    std::uint64_t era = 0;  ///< Snapshot::era of what was measured
    std::int64_t step = 0;  ///< of the network that was measured
    int count = 0;          ///< samples on either side of the distances
    std::string from;       ///< where the fresh draws come from, as FreshDraws says
    Reading slicedW2{};
    Reading mmd2{};
    Reading energy{};
    std::vector<double> boundTerms;  ///< bits per dimension: L_0, L_1 … L_{T-1}, L_T
    double boundBitsPerDim = 0.0;
    double boundError = 0.0;           ///< standard error over the points
    int boundCount = 0;                ///< points that each of the T + 1 terms was averaged over
    std::string boundNote;             ///< a sentence: why there is no bound, or what was replaced; or empty
    double logLikelihood = 0.0;        ///< mean, nats, of fresh points with the noise of t = 1
    double logLikelihoodError = 0.0;   ///< standard error over the points
    double logLikelihoodLogSnr = 0.0;  ///< lambda_1
    int logLikelihoodCount = 0;        ///< points
    std::vector<BinReading> bins;      ///< see readBins() and irreducibleOfBin()
    SpreadReading spread;
    std::vector<ExactReading> exact;  ///< empty unless the data set is an exact case
    double seconds = 0.0;             ///< processor time that this round took
};

}  // namespace diffuscope
