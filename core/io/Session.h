#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/DataSet.h"
#include "training/Engine.h"

namespace diffuscope {

/// What a .diffuscope file holds. The playhead is a time t, so that reopening gives the same picture.
struct Session {
    SavedRun run;
    double playhead = 0.0;
    bool training = false;
    /// Metadata entries of the file that this version does not know: kept and written back.
    std::vector<std::pair<std::string, std::string>> unknown;
};

/// The bytes of a safetensors file. @throws InputError when a number is not finite.
[[nodiscard]] std::string writeSession(const Session& session);

struct ReadSession {
    Session session;
    std::vector<std::string> warnings;  ///< unknown keys, a sentence each
};
/// @throws InputError naming the tensor or key that is wrong.
[[nodiscard]] ReadSession readSession(std::string_view bytes);

}  // namespace diffuscope
