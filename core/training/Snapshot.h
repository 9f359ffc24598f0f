#pragma once
#include "data/DataSet.h"
#include "denoiser/Denoiser.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/Trajectory.h"
#include "settings/Settings.h"
#include "training/LossHistory.h"
#include "training/Readings.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace diffuscope {

/// Something that happened on the worker and that the user should read once.
struct Notice {
    std::int64_t serial;  ///< rises; a window shows each serial once
    bool warning;
    std::string sentence;
};

/// What the worker knows, immutable. The window draws from it and never asks the worker for anything in it.
struct Snapshot {
    Settings settings;  ///< those that everything below was computed with
    std::shared_ptr<const DataSet> data;
    std::shared_ptr<const DataSet>
        trained;  ///< what of `data` training and the ideal denoiser see: trainedOn()
    std::shared_ptr<const NoiseSchedule> schedule;
    std::shared_ptr<const std::vector<double>>
        stepNoise;  ///< stepNoises() at the network's meanShares(), t = 0…T

    Trajectory forward;        ///< the cloud, data to noise
    Trajectory reverse;        ///< the cloud; partial (from T downwards) after a change of settings
    Trajectory reverseBefore;  ///< the last complete cloud while `reverse` is partial, else empty
    Trajectory forwardPaths;   ///< the followed particles, the cloud's first, at every step
    Trajectory reversePaths;
    bool pathsAreNew = false;      ///< reversePaths are of `settings`; else of those before, or none
    double reverseComputed = 0.0;  ///< share of the reverse run that has been computed, 0 … 1
    /// Until it is complete, as the last seconds' work has shown. NaN before that, and where it is complete.
    double reverseSecondsLeft = std::numeric_limits<double>::quiet_NaN();

    /// The network with the weights that `reverse` was computed with, whichever denoiser the sampler used;
    /// null before there is a backend.
    std::shared_ptr<const Denoiser> network;
    std::shared_ptr<const TrainingState> networkState;  ///< whose `average` they are
    /// The last of this era; null before the first. An era ends with whatever makes readings untrue: other
    /// data, settings of the schedule, the sampler or the network, a network that starts anew.
    std::shared_ptr<const Readings> readings;
    std::uint64_t era = 0;  ///< rises with every era

    bool training = false;  ///< playing, not paused
    bool stopped = false;   ///< paused by itself, because training could not go on
    std::int64_t step = 0;
    double stepsPerSecond = 0.0;
    double loss = 0.0;  ///< mean of the recent steps; NaN before the first
    std::shared_ptr<const LossHistory> history;
    double rateScale = 1.0;  ///< below 1 after a non-finite loss

    BackendDescription backend;
    std::vector<Notice> notices;  ///< the last few
};

}  // namespace diffuscope
