#include "bench/PaintWatch.h"

#include "Error.h"
#include "Interrupt.h"

#include <QEvent>
#include <QEventLoop>
#include <QTimer>
#include <algorithm>

namespace diffuscope {

PaintWatch::PaintWatch(StageWidget& stage) : stage_(stage) {
    stage.installEventFilter(this);
}

/// A paint event goes on to the widget after this, and then what was painted goes to the display: only what
/// is queued here comes after both.
bool PaintWatch::eventFilter(QObject*, QEvent* event) {
    if (event->type() != QEvent::Paint || !told_) return false;
    told_ = false;
    const auto tell = [this] {
        told_ = true;
        paintedAt_ = Clock::now();
        if (painted_) painted_();
    };
    QMetaObject::invokeMethod(this, tell, Qt::QueuedConnection);
    return false;
}

void PaintWatch::await(const std::function<bool(const StageRequest& picture)>& seen, double seconds) {
    QEventLoop loop;
    const auto end =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    bool found = false;
    painted_ = [&] {
        const auto picture = stage_.painted();
        found = found || (picture && seen(picture->request));
        if (found) loop.quit();
    };
    QTimer poll;
    connect(&poll, &QTimer::timeout, &loop, [&] {
        if (interrupted() || !stage_.isVisible() || Clock::now() > end) loop.quit();
    });
    poll.start(100);
    loop.exec();
    painted_ = nullptr;
    stopIfInterrupted();
    if (!found)
        throw InputError(stage_.isVisible() ? "The window did not show what was waited for in time."
                                            : "The window was closed before it was measured.");
}

void PaintWatch::rest(Clock::time_point then) {
    using std::chrono::milliseconds;
    QEventLoop loop;
    const auto left = std::chrono::duration_cast<milliseconds>(then - Clock::now());
    QTimer::singleShot(std::max(left, milliseconds(0)), Qt::PreciseTimer, &loop, &QEventLoop::quit);
    loop.exec();
    stopIfInterrupted();
}

}  // namespace diffuscope
