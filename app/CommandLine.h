#pragma once
#include "settings/Settings.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

/// The command was given wrongly: exit status 2.
class UsageError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Calls `act`; an InputError in it is a wrong usage.
void asUsage(const std::function<void()>& act);

/// Options that several verbs take.
struct CommonOptions {
    std::string seed;
    std::string backend;
    std::vector<std::string> assignments;  ///< ID=VALUE
    bool quiet = false;
    int threads = 0;  ///< of the CPU backend; 0 is as many as the machine has

    /// Sets what was given, the assignments first. Call checked() after the verb's own options.
    void applyTo(Settings& settings) const;
};
/// All of them: for what computes.
void addCommonOptions(CLI::App& verb, CommonOptions& options);

/// Those of them that set settings: what the window takes.
void addSettingOptions(CLI::App& program, CommonOptions& options);
void addSeed(CLI::App& verb, CommonOptions& options);
void addAssignments(CLI::App& verb, CommonOptions& options);
void addWorkOptions(CLI::App& verb, CommonOptions& options);  ///< --threads and --quiet
void addRounds(CLI::App& verb, int& rounds);                  ///< how often what is measured is repeated

/// Sets a field from an option's text, if it was given. @throws UsageError
void setFromOption(std::string_view id, const std::string& text, Settings& settings);

/// Refuses an option that was given (`text` is not empty) and has no effect: the field does not apply.
/// @throws UsageError
void requireEffect(std::string_view option, const std::string& text, std::string_view id,
                   const Settings& settings);

/// Refuses combinations that no option alone can refuse. @throws UsageError
void check(const Settings& settings);

/// Whether a window could be opened, on a screen or on a platform of Qt that was asked for.
[[nodiscard]] bool hasDisplay();

/// What a verb does after its options were read; returns the exit status.
using Run = std::function<int()>;

/// Parses and runs. @returns the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
int runCommandLine(int argc, char** argv);

}  // namespace diffuscope
