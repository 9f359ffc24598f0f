#include "Error.h"
#include "bench/PaintWatch.h"
#include "bench/Spread.h"
#include "bench/WindowMeasures.h"
#include "diffusion/ReverseSampler.h"
#include "settings/Fields.h"

#include <QCoreApplication>
#include <QMouseEvent>
#include <QSlider>
#include <QStyleOptionSlider>
#include <random>
#include <vector>

namespace diffuscope {
namespace {

using Clock = PaintWatch::Clock;

constexpr double patience = 60.0;  // seconds

/// A hand on a slider's handle.
class Drag {
  public:
    explicit Drag(QSlider& slider) : slider_(slider) {
        QStyleOptionSlider option;
        option.initFrom(&slider);
        option.orientation = Qt::Horizontal;
        option.minimum = slider.minimum();
        option.maximum = slider.maximum();
        option.sliderPosition = slider.sliderPosition();
        option.sliderValue = slider.value();
        const QRect handle =
            slider.style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderHandle, &slider);
        at_ = handle.center();
        send(QEvent::MouseButtonPress, Qt::LeftButton, Qt::LeftButton);
    }
    ~Drag() { send(QEvent::MouseButtonRelease, Qt::LeftButton, Qt::NoButton); }
    Drag(const Drag&) = delete;
    Drag& operator=(const Drag&) = delete;

    void moveTo(int x) {
        at_.setX(x);
        send(QEvent::MouseMove, Qt::NoButton, Qt::LeftButton);
    }

  private:
    void send(QEvent::Type type, Qt::MouseButton button, Qt::MouseButtons held) {
        QMouseEvent event(type, at_, slider_.mapToGlobal(at_), button, held, Qt::NoModifier);
        QCoreApplication::sendEvent(&slider_, &event);
    }

    QSlider& slider_;
    QPointF at_;
};

double milliseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

bool whole(const Trajectory& trajectory) {
    return !trajectory.empty() && trajectory.complete();
}

}  // namespace

nlohmann::ordered_json measureInteraction(MainWindow& window, int moves) {
    auto* stage = window.findChild<StageWidget*>();
    auto* row = window.findChild<QWidget*>("schedule.beta-max");
    auto* slider = row ? row->findChild<QSlider*>() : nullptr;
    if (!slider || !slider->isVisible()) throw InputError("These settings have no slider for beta max.");
    PaintWatch watch(*stage);
    const auto sampled = [](const StageRequest& picture) {
        return picture.snapshot && picture.snapshot->step > 0 && whole(picture.snapshot->reverse);
    };
    watch.await(sampled, patience);

    Studio& studio = window.studio();
    std::mt19937 random(1);
    std::uniform_int_distribution<int> pause(50, 250);
    std::uniform_int_distribution<int> place(0, slider->width() - 1);
    std::vector<double> paths;
    std::vector<double> clouds;
    const std::int64_t firstStep = studio.snapshot()->step;
    const Clock::time_point began = Clock::now();
    Drag drag(*slider);
    while (static_cast<int>(paths.size()) < moves) {
        // A moment that was chosen before: the window may be busy when it comes, and a hand would have to
        // wait.
        const Clock::time_point moved = Clock::now() + std::chrono::milliseconds(pause(random));
        watch.rest(moved);
        const ScheduleSettings before = studio.settings().schedule;
        drag.moveTo(place(random));
        const ScheduleSettings wanted = studio.settings().schedule;
        if (wanted == before) continue;
        const auto shows = [&wanted](const StageRequest& picture) {
            return picture.snapshot && picture.snapshot->settings.schedule == wanted;
        };
        watch.await(
            [&](const StageRequest& picture) { return shows(picture) && picture.snapshot->pathsAreNew; },
            patience);
        paths.push_back(milliseconds(watch.paintedAt() - moved));
        watch.await([&](const StageRequest& picture) { return shows(picture) && sampled(picture); },
                    patience);
        clouds.push_back(milliseconds(watch.paintedAt() - moved));
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    const Settings& settings = studio.settings();
    const auto trained = static_cast<double>(studio.snapshot()->step - firstStep);
    return {{"sampler", fieldText(fieldById("sampler.kind"), settings)},
            {"sampler_steps", samplingTimes(*studio.snapshot()->schedule, settings.sampler).size() - 1},
            {"particles", settings.view.particles},
            {"moves", moves},
            {"paths_ms", spreadOf(paths)},
            {"cloud_ms", spreadOf(clouds)},
            {"steps_per_second", trained / seconds}};
}

}  // namespace diffuscope
