#include "bench/PaintWatch.h"
#include "bench/Spread.h"
#include "bench/WindowMeasures.h"
#include "settings/Fields.h"

#include <QFile>
#include <memory>
#include <utility>
#include <vector>

namespace diffuscope {
namespace {

using Clock = PaintWatch::Clock;

constexpr double patience = 120.0;  // seconds until a million particles are sampled

/// The most memory that this process ever had in use at once, MiB.
double peakMemory() {
    QFile file("/proc/self/status");
    if (!file.open(QIODevice::ReadOnly)) return 0.0;
    for (const QByteArray& line : file.readAll().split('\n'))
        if (line.startsWith("VmHWM:")) return line.mid(6).trimmed().split(' ').first().toDouble() / 1024.0;
    return 0.0;
}

}  // namespace

nlohmann::ordered_json measureStage(MainWindow& window, int seconds) {
    auto* stage = window.findChild<StageWidget*>();
    Studio& studio = window.studio();
    PaintWatch watch(*stage);
    watch.await(
        [](const StageRequest& picture) {
            const auto& snapshot = picture.snapshot;
            return snapshot && snapshot->step > 0 && !snapshot->reverse.empty() &&
                   snapshot->reverse.complete() && snapshot->forward.complete();
        },
        patience);
    const std::int64_t firstStep = studio.snapshot()->step;
    const Clock::time_point began = watch.paintedAt();
    Clock::time_point last = began;
    std::shared_ptr<const StagePicture> shown = stage->painted();
    std::vector<double> intervals;
    watch.await(
        [&](const StageRequest&) {
            // The same picture painted once more is no new frame.
            if (std::exchange(shown, stage->painted()) == stage->painted()) return false;
            intervals.push_back(std::chrono::duration<double, std::milli>(watch.paintedAt() - last).count());
            last = watch.paintedAt();
            return last - began >= std::chrono::seconds(seconds);
        },
        patience);
    const double passed = std::chrono::duration<double>(last - began).count();
    const auto trained = static_cast<double>(studio.snapshot()->step - firstStep);
    const auto frames = static_cast<double>(intervals.size());
    return {{"particles", studio.settings().view.particles},
            {"lanes", fieldText(fieldById("view.lanes"), studio.settings())},
            {"width", stage->width()},
            {"height", stage->height()},
            {"frames_per_second", frames / passed},
            {"frame_ms", spreadOf(std::move(intervals))},
            {"steps_per_second", trained / passed},
            {"peak_mib", peakMemory()}};
}

}  // namespace diffuscope
