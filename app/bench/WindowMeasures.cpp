#include "bench/WindowMeasures.h"

#include "CommandLine.h"

#include <algorithm>

namespace diffuscope {

std::span<const WindowMeasure> windowMeasures() {
    static constexpr WindowMeasure rows[] = {
        {"interaction", 200,
         "milliseconds from a move of beta max's slider to the stage with the new trajectories and cloud; a "
         "round is a move",
         measureInteraction},
        {"stage", 10, "pictures a second while the animation plays, and memory; a round is a second",
         measureStage},
        {"start", 0, "seconds from the start to particles that have moved; a round is a start", measureStart},
    };
    return rows;
}

std::string windowMeasureIds(std::string_view last) {
    const auto rows = windowMeasures();
    std::string ids;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i > 0) ids += i + 1 == rows.size() ? " " + std::string(last) + " " : ", ";
        ids += rows[i].id;
    }
    return ids;
}

const WindowMeasure& windowMeasureById(std::string_view id) {
    for (const WindowMeasure& row : windowMeasures())
        if (row.id == id) return row;
    throw UsageError("There is no measurement \"" + std::string(id) + "\" of the window; known are " +
                     windowMeasureIds("and") + ".");
}

}  // namespace diffuscope
