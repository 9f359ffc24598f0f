#include "scenes/KeptImages.h"

#include <algorithm>
#include <list>

namespace diffuscope {
namespace {

constexpr qsizetype largestBytes = qsizetype{64} << 20;

struct Kept {
    ImageKey key;
    QImage image;
};

}  // namespace

QImage keptImage(const ImageKey& key, const std::function<QImage()>& make) {
    thread_local std::list<Kept> images;  // the latest first
    const auto found =
        std::find_if(images.begin(), images.end(), [&key](const Kept& kept) { return kept.key == key; });
    if (found != images.end()) {
        images.splice(images.begin(), images, found);
        return images.front().image;
    }
    images.push_front({key, make()});
    qsizetype bytes = 0;
    for (auto kept = images.begin(); kept != images.end();) {
        bytes += kept->image.sizeInBytes();
        kept = bytes > largestBytes && kept != images.begin() ? images.erase(kept) : std::next(kept);
    }
    return images.front().image;
}

}  // namespace diffuscope
