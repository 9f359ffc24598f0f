#pragma once
#include "data/DataSet.h"
#include "training/Engine.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diffuscope {

/// A tensor of a file that this version does not know.
struct ForeignTensor {
    std::string name;
    std::string dtype;
    std::vector<std::size_t> shape;
    std::string bytes;
    bool operator==(const ForeignTensor&) const = default;
};

/// What a .diffuscope file holds. The playhead is a time t, so that reopening gives the same picture.
struct Session {
    SavedRun run;
    double playhead = 0.0;
    bool training = false;
    /// What a newer version wrote and this one does not know: kept and written back.
    std::vector<std::pair<std::string, std::string>> unknown;          ///< metadata
    std::vector<std::pair<std::string, std::string>> unknownSettings;  ///< id and JSON value
    std::vector<ForeignTensor> unknownTensors;
};

/// The bytes of a safetensors file: tensors denoiser.N.weight (out, in), denoiser.N.bias and the same under
/// ema., adam.m. and adam.v., data.points (N, 2), data.labels (N) where there are any; everything else as
/// strings of __metadata__. @throws InputError when a number is not finite, or there are no data.
[[nodiscard]] std::string writeSession(const Session& session);

struct ReadSession {
    Session session;
    std::vector<std::string> warnings;  ///< unknown keys, a sentence each
};
/// @throws InputError naming the tensor or key that is wrong.
[[nodiscard]] ReadSession readSession(std::string_view bytes);

}  // namespace diffuscope
