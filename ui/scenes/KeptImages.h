#pragma once
#include "settings/Settings.h"

#include <QImage>
#include <QPointF>
#include <QSizeF>
#include <functional>
#include <memory>

namespace diffuscope {

/// What a picture that does not move looks like on a device. `source` is held on to, so that another object
/// at the same address is never taken for it.
struct ImageKey {
    std::shared_ptr<const void> source;
    QSizeF size;
    QPointF offset;  ///< of its corner within a device pixel
    double pixels;   ///< device pixels per painter's pixel
    ThemeKind theme;
    double textPixels;
    int variant = 0;  ///< tells pictures of one source apart
    bool operator==(const ImageKey&) const = default;
};

/// The image of `key`, made when it is not among those that this thread used last (bounded in memory).
/// QImage shares its pixels: the copy is cheap.
[[nodiscard]] QImage keptImage(const ImageKey& key, const std::function<QImage()>& make);

}  // namespace diffuscope
