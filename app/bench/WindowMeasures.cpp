#include "bench/WindowMeasures.h"

#include "CommandLine.h"
#include "bench/Workload.h"

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

const WindowMeasure& windowMeasureById(std::string_view id) {
    for (const WindowMeasure& row : windowMeasures())
        if (row.id == id) return row;
    throw UsageError("There is no measurement \"" + std::string(id) + "\" of the window; known are " +
                     idsOf(windowMeasures(), "and") + ".");
}

}  // namespace diffuscope
