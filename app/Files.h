#pragma once
#include "io/Session.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

/// The lower-case ending of a path without its dot, or nothing.
[[nodiscard]] std::string endingOf(const std::string& path);

/// The ending, if it is one of `known`. @throws UsageError naming the known ones
std::string requireEnding(const std::string& path, std::span<const std::string_view> known);

/// Refuses a path that cannot be written to before anything is computed for it. @throws InputError
void requireWritable(const std::string& path);

/// @throws InputError
[[nodiscard]] std::string readFile(const std::string& path);

/// Writes all of it under the final name, or nothing. @throws InputError
void writeFile(const std::string& path, std::string_view bytes);

/// A session file; its warnings go to standard error. Its backend is automatic again: the one that the file
/// names was chosen for the machine that wrote it. @throws InputError
[[nodiscard]] Session loadSession(const std::string& path);

/// Refuses settings that a session's points and weights cannot follow, and warns of a schedule that its
/// network was not trained for, where it is the network that is asked. @throws UsageError
void requireFit(const Settings& settings, const SavedRun& saved, const std::string& path);

/// Which units points are written in: the user's own, or those that the network sees.
enum class Units { Data, Model };
/// @throws UsageError
[[nodiscard]] Units unitsOf(const std::string& text);

/// Where a verb puts a table of points: `--out` (.csv or .npy), or CSV on standard output.
class PointsOutput {
  public:
    /// `trajectories`: three dimensions, which CSV does not have. @throws UsageError, InputError
    PointsOutput(std::string path, bool trajectories);
    /// Writes points of model units in the units that are asked for. CSV holds mapped numbers as doubles: a
    /// large offset would swallow the digits of a float.
    void write(std::vector<float> values, std::span<const std::size_t> shape, Units units,
               const UnitMap& map) const;

  private:
    std::string path_;
    std::string ending_;
};

}  // namespace diffuscope
