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

/// "w1, w2 and sample", `last` being "and": the ids of rows that have one.
template <typename Rows>
[[nodiscard]] std::string idsOf(const Rows& rows, std::string_view last) {
    std::string ids;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i > 0) ids += i + 1 == rows.size() ? " " + std::string(last) + " " : ", ";
        ids += rows[i].id;
    }
    return ids;
}

// The workloads, a table for each kind.
[[nodiscard]] std::span<const Workload> rateWorkloads();
[[nodiscard]] std::span<const Workload> curveWorkloads();
[[nodiscard]] std::span<const Workload> windowWorkloads();

}  // namespace diffuscope
