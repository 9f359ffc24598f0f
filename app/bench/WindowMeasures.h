#pragma once
#include "widgets/MainWindow.h"

#include <nlohmann/json.hpp>

#include <string>

namespace diffuscope {

/// Measures a window that has just been shown, from time stamps of what it paints; `bench` starts the program
/// once for each of them.
struct WindowMeasure {
    std::string_view id;
    int rounds;  ///< when nobody says how many; 0: there is but one
    std::string_view help;
    /// Turns the event loop. @throws Interrupted, InputError where the window shows nothing more
    nlohmann::ordered_json (*run)(MainWindow& window, int rounds);
};
[[nodiscard]] std::span<const WindowMeasure> windowMeasures();

/// @throws UsageError naming those that are known
[[nodiscard]] const WindowMeasure& windowMeasureById(std::string_view id);

nlohmann::ordered_json measureInteraction(MainWindow& window, int moves);
nlohmann::ordered_json measureStage(MainWindow& window, int seconds);
nlohmann::ordered_json measureStart(MainWindow& window, int rounds);

}  // namespace diffuscope
