#include "bench/PaintWatch.h"
#include "bench/WindowMeasures.h"

#include <optional>

namespace diffuscope {

/// When the first picture came in which the particles have moved, by the steady clock, that all processes
/// share.
nlohmann::ordered_json measureStart(MainWindow& window, int) {
    using std::chrono::nanoseconds;
    PaintWatch watch(*window.findChild<StageWidget*>());
    std::optional<double> first;
    std::int64_t shown = 0;
    const auto now = [&] {
        return std::chrono::duration_cast<nanoseconds>(watch.paintedAt().time_since_epoch()).count();
    };
    watch.await(
        [&](const StageRequest& picture) {
            if (!picture.snapshot || picture.snapshot->forward.empty()) return false;
            if (!first) {
                first = picture.playhead;
                shown = now();
            }
            return picture.playhead != *first;
        },
        60.0);
    return {{"shown", shown}, {"moved", now()}};
}

}  // namespace diffuscope
