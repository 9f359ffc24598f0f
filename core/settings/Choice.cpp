#include "settings/Choice.h"

#include "Error.h"

namespace diffuscope {

std::optional<int> indexOf(std::span<const Choice> choices, std::string_view id) {
    for (std::size_t i = 0; i < choices.size(); ++i)
        if (choices[i].id == id) return static_cast<int>(i);
    return std::nullopt;
}

std::string listOfIds(std::span<const Choice> choices) {
    std::string list;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        if (i > 0) list += i + 1 == choices.size() ? " or " : ", ";
        list += choices[i].id;
    }
    return list;
}

int requireIndex(std::span<const Choice> choices, std::string_view id, std::string_view what) {
    if (const auto index = indexOf(choices, id)) return *index;
    throw InputError("There is no " + std::string(what) + " \"" + std::string(id) + "\"; known are " +
                     listOfIds(choices) + ".");
}

}  // namespace diffuscope
