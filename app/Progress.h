#pragma once
#include <chrono>
#include <string>

namespace diffuscope {

/// Progress on standard error, with the time that is left: a bar on a terminal, else a line every five
/// seconds.
class Progress {
  public:
    explicit Progress(bool quiet);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `share` is 0 … 1.
    void show(double share, const std::string& text);
    void clear();  ///< takes the bar away, before something else is printed

  private:
    using Clock = std::chrono::steady_clock;
    bool quiet_;
    bool terminal_;
    bool shown_ = false;
    Clock::time_point began_;
    Clock::time_point last_;
};

}  // namespace diffuscope
