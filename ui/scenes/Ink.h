#pragma once
#include "data/DensityImage.h"

#include <QByteArray>
#include <QString>

namespace diffuscope {

// What core gets of pictures and fonts: densities of ink.

/// Gives core the bundled font, for its data set of letters; initialiseResources() does it. Any thread may
/// draw.
void provideLetters();

[[nodiscard]] bool isPicture(const QString& path);  ///< ends in .png, .jpg or .jpeg

/// Darkness of a PNG or JPEG over white paper: (255 - grey) * opacity. The unit is the file's pixel, y
/// upwards from the lower left corner; above 2048 pixels a side it is read coarser. @throws InputError saying
/// what is wrong
[[nodiscard]] DensityImage readPicture(const QByteArray& bytes);

/// `count` points of such a picture. @throws InputError, also for a blank one
[[nodiscard]] DataSet importPicture(const QByteArray& bytes, int count, std::uint64_t seed);

}  // namespace diffuscope
