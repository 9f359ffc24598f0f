#pragma once
#include <QSize>
#include <QString>
#include <functional>
#include <memory>
#include <span>

#include "settings/Choice.h"
#include "training/Engine.h"

namespace diffuscope {

/// Formats that a film can have, by file ending.
struct FilmFormat {
    Choice choice;  ///< id is the ending without its dot; "png" is a folder of frames
    bool needsFfmpeg;
};
[[nodiscard]] std::span<const FilmFormat> filmFormats();

struct FilmRequest {
    QString path;
    QSize size{1080, 1080};
    int framesPerSecond = 30;
    double seconds = 8.0;
    /// Settings (lanes, layers, theme, particles, sampler, schedule, seed), data and weights.
    std::shared_ptr<const SavedRun> run;
};

struct FilmProgress {
    double share;  ///< 0 … 1
    QString phase; ///< "Sampling", "Drawing 120 of 240", "Encoding"
};

/// Where frame `index` of `count` puts the playhead: data -> noise -> data over the film's length, with the ends
/// held for a moment. `steps` is T.
[[nodiscard]] double filmPlayhead(int index, int count, int steps);

/// Makes the film; blocks, so call it on a thread of its own. `progress` is called often and returns false to
/// cancel. Writes under a temporary name beside the target and renames it after the frame count was checked.
/// @throws InputError (bad request, cannot write, ffmpeg's own words). Returns false when cancelled; then, and
/// after an exception, nothing is left under the final name.
bool makeFilm(const FilmRequest& request, const std::function<bool(const FilmProgress&)>& progress);

}  // namespace diffuscope
