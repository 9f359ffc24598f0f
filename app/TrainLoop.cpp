#include "TrainLoop.h"

#include <algorithm>
#include <chrono>

namespace diffuscope {

double trainFor(Trainer& trainer, std::int64_t steps, double seconds,
                const std::function<void(const TrainPause&)>& pause,
                const std::function<void(const std::string&)>& notice) {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    const std::int64_t first = trainer.step();
    int chunk = 1;
    while (true) {
        const double before = elapsed();
        const std::int64_t done = trainer.step() - first;
        const double share =
            steps > 0 ? static_cast<double>(done) / static_cast<double>(steps) : before / seconds;
        pause({std::min(share, 1.0), before, done});
        if (steps > 0 ? done >= steps : before >= seconds && done > 0) return before;
        if (steps > 0) chunk = static_cast<int>(std::min<std::int64_t>(chunk, steps - done));
        if (const auto sentence = trainer.advance(chunk)) notice(*sentence);
        const double took = elapsed() - before;
        // A chunk lasts a twentieth of a second, so that Ctrl+C and a limit of seconds act soon.
        chunk =
            std::clamp(static_cast<int>(chunk * std::clamp(0.05 / std::max(took, 1e-6), 0.25, 4.0)), 1, 5000);
    }
}

}  // namespace diffuscope
