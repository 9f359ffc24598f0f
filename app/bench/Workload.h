#pragma once
#include "CommandLine.h"
#include "Progress.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace diffuscope {

/// What a workload is run with.
struct BenchJob {
    std::string_view id;  ///< the workload's
    const CommonOptions& common;
    BackendKind backend;  ///< Cpu or Gpu; of a workload for each backend
    int rounds;           ///< of what is repeated; 0: the workload's own number
    Progress& progress;
    std::function<void(const nlohmann::ordered_json& line)> print;  ///< a line of standard output
};

enum class Runs {
    ForEachBackend,  ///< that the settings allow
    Once,
    InAWindow  ///< once, where there is a display
};

/// Something that `diffuscope bench` measures.
struct Workload {
    std::string_view id;
    Runs runs;
    /// @throws BackendError where there is no such backend, InputError
    void (*run)(const BenchJob& job);
};

// The workloads, a table for each kind.
[[nodiscard]] std::span<const Workload> rateWorkloads();
[[nodiscard]] std::span<const Workload> curveWorkloads();
[[nodiscard]] std::span<const Workload> windowWorkloads();

}  // namespace diffuscope
