#include "Progress.h"

#include "training/WorkPace.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace diffuscope {
namespace {

std::string bar(double share) {
    constexpr std::size_t cells = 30;
    const auto full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * cells);
    std::string text(cells + 3, '.');
    text.replace(0, 1, "[").replace(cells + 1, 2, "] ");
    return text.replace(1, full, full, '#');
}

/// ", 40 seconds left": by what passed for the share that is done. Empty where nothing can be said yet.
std::string timeLeft(double share, double passed) {
    if (!(share > 0.0) || share >= 1.0 || passed < 1.0) return {};
    return ", " + durationText(passed * (1.0 - share) / share) + " left";
}

}  // namespace

Progress::Progress(bool quiet)
    : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1), began_(Clock::now()), last_(began_) {}

Progress::~Progress() {
    clear();
}

void Progress::show(double share, const std::string& text) {
    if (quiet_) return;
    const auto pause = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000);
    const auto now = Clock::now();
    if (now - last_ < pause) return;
    last_ = now;
    const std::string percent =
        std::to_string(static_cast<int>(100.0 * std::clamp(share, 0.0, 1.0))) + " %  ";
    const std::string line =
        percent + text + timeLeft(share, std::chrono::duration<double>(now - began_).count());
    if (terminal_)
        std::cerr << "\r\x1B[K" << bar(share) << line << std::flush;
    else
        std::cerr << line << '\n';
    shown_ = terminal_;
}

void Progress::clear() {
    if (shown_) std::cerr << "\r\x1B[K" << std::flush;
    shown_ = false;
}

}  // namespace diffuscope
