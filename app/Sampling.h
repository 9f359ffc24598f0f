#pragma once
#include "CommandLine.h"
#include "training/CloudRun.h"

#include <string>

namespace diffuscope {

/// Options of the verbs that sample: what sets the sampler, in one place.
struct SamplerOptions {
    std::string sampler;
    std::string steps;
    std::string spacing;
    std::string schedule;
    std::string sigma;
    std::string sigmaScale;
    std::string eta;
    std::string denoiser;
    bool raw = false;
    bool ofTheBound = false;  ///< the verb also measures DDPM's bound, which takes sigma whatever the sampler
};
void addSamplerOptions(CLI::App& verb, SamplerOptions& options);

/// Adds the required --count of points.
void addCount(CLI::App& verb, int& count, int fewest, int most);

/// A session's settings with what was given on top. Another sampler than the session's takes its recommended
/// steps. @throws UsageError, also for an option that has no effect
[[nodiscard]] Settings samplingSettings(const CommonOptions& common, const SamplerOptions& options,
                                        Settings settings);

/// Runs the reverse process with progress; a slice lasts about a twentieth of a second, so that Ctrl+C acts
/// soon. @throws Interrupted
[[nodiscard]] Trajectory generate(CloudRun run, bool quiet);

}  // namespace diffuscope
