#pragma once
#include "settings/Choice.h"
#include "training/Engine.h"

#include <QSize>
#include <QString>
#include <functional>
#include <memory>
#include <span>

namespace diffuscope {

/// Formats that a film can have, by file ending.
struct FilmFormat {
    Choice choice;  ///< id is the ending without its dot; "png" is a folder of frames
    bool needsFfmpeg;
};
[[nodiscard]] std::span<const FilmFormat> filmFormats();

struct FilmRequest {
    QString path;  ///< the ending chooses the format; a path without an ending is a folder of PNG frames
    QSize size{1080, 1080};
    int framesPerSecond = 30;
    double seconds = 8.0;
    int threads = 0;  ///< of the CPU backend; 0 is as many as the machine has
    /// Settings (lanes, layers, theme, particles, sampler, schedule, seed), data and weights.
    std::shared_ptr<const SavedRun> run;
};

struct FilmProgress {
    double share;   ///< 0 … 1
    QString phase;  ///< "Sampling", "Drawing 120 of 240", "Encoding"
};

/// Where frame `index` of `count` puts the playhead: data -> noise -> data over the film's length, with the
/// data held for 6 % of it at either end and the noise for 6 % in the middle, at the pace of scenes/Pace.h.
[[nodiscard]] double filmPlayhead(int index, int count, const NoiseSchedule& schedule);

/// Makes the film; blocks, so call it on a thread of its own. `progress` is called often and returns false to
/// cancel. Writes under a temporary name beside the target and renames it after the film was read back and
/// its frames counted. An existing file is replaced; an existing folder only when it is empty.
/// @throws InputError (bad request, cannot write, ffmpeg's own words), BackendError. Returns false when
/// cancelled; then, and after an exception, nothing new is left under the final name or any other.
bool makeFilm(const FilmRequest& request, const std::function<bool(const FilmProgress&)>& progress);

}  // namespace diffuscope
