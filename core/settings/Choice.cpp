#include "settings/Choice.h"

#include "Error.h"

#include <algorithm>
#include <utility>

namespace diffuscope {
namespace {

std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

}  // namespace

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

std::string_view nearestOf(std::span<const std::string_view> ids, std::string_view id) {
    const auto closer = [id](std::string_view a, std::string_view b) {
        return editDistance(a, id) < editDistance(b, id);
    };
    return *std::min_element(ids.begin(), ids.end(), closer);
}

}  // namespace diffuscope
