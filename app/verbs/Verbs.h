#pragma once
#include "CommandLine.h"

namespace diffuscope {

// Each adds its verb to the program; when the verb was given, `run` is set to what it does.

CLI::App* addListVerb(CLI::App& program, Run& run);
CLI::App* addScheduleVerb(CLI::App& program, Run& run);
CLI::App* addDataVerb(CLI::App& program, Run& run);
CLI::App* addTrainVerb(CLI::App& program, Run& run);
CLI::App* addSampleVerb(CLI::App& program, Run& run);
CLI::App* addEvaluateVerb(CLI::App& program, Run& run);
CLI::App* addRenderVerb(CLI::App& program, Run& run);
CLI::App* addFieldVerb(CLI::App& program, Run& run);
CLI::App* addSweepVerb(CLI::App& program, Run& run);
CLI::App* addBenchVerb(CLI::App& program, Run& run);

/// Adds the options of a start without a verb; returns what opens the window.
[[nodiscard]] Run addWindow(CLI::App& program);

}  // namespace diffuscope
