#include "Progress.h"

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

}  // namespace

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1), last_(Clock::now()) {}

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
    if (terminal_)
        std::cerr << "\r\x1B[K" << bar(share) << percent << text << std::flush;
    else
        std::cerr << percent << text << '\n';
    shown_ = terminal_;
}

void Progress::clear() {
    if (shown_) std::cerr << "\r\x1B[K" << std::flush;
    shown_ = false;
}

}  // namespace diffuscope
