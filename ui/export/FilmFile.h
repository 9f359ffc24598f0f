#pragma once
#include "export/Film.h"

#include <QImage>
#include <QString>
#include <functional>
#include <memory>

namespace diffuscope {

/// A film that is being written under a temporary name. When it is destroyed before finish(), what was
/// written is removed.
class FilmFile {
  public:
    virtual ~FilmFile() = default;
    /// The next frame, Format_RGB32, of the film's size. Returns when it is on its way, false when `stopped`
    /// said so.
    virtual bool add(const QImage& frame) = 0;
    /// Ends the film, checks it and gives it its name. Returns false when stopped.
    virtual bool finish() = 0;
};

/// Which of a film's frames are added, in their order. The others are the same ones backwards.
enum class DrawnHalf {
    Both,
    First,   ///< frames 0 … (frames - 1)/2: from data to noise
    Second,  ///< frames frames/2 … frames - 1: from noise to data
};

struct FilmShape {
    QString path;
    QSize size;
    int framesPerSecond;
    int frames;
    DrawnHalf drawn = DrawnHalf::Both;
    /// Asked while waiting, every 100 ms at the least; true ends the work.
    std::function<bool()> stopped;
    /// Draws any frame: a GIF's palette is chosen from a few before the first is written. Null when stopped.
    std::function<const QImage*(int)> draw;
};

/// Whether the format's encoder can make a film of one half, and hold as much.
[[nodiscard]] bool canMirror(const FilmShape& shape, std::string_view format);
/// @throws InputError when the target cannot be written or ffmpeg cannot be started.
[[nodiscard]] std::unique_ptr<FilmFile> frameFolder(FilmShape shape);
[[nodiscard]] std::unique_ptr<FilmFile> encodedFilm(FilmShape shape, std::string_view format);

}  // namespace diffuscope
