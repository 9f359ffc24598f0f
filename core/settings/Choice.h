#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

/// What every row of every table of kinds has: its name on the command line and in files, in the window,
/// and a sentence. A row's index in its table is the value of its enumerator.
struct Choice {
    std::string_view id;
    std::string_view title;
    std::string_view help;
};

/// The choices of a table whose rows have a member `choice`.
template <typename Row>
[[nodiscard]] std::vector<Choice> choicesOf(std::span<const Row> rows) {
    std::vector<Choice> choices;
    for (const Row& row : rows) choices.push_back(row.choice);
    return choices;
}

[[nodiscard]] std::optional<int> indexOf(std::span<const Choice> choices, std::string_view id);

/// "a, b or c": the ids, for a sentence that says what is accepted.
[[nodiscard]] std::string listOfIds(std::span<const Choice> choices);

/// Index of `id`. @throws InputError naming `what` (such as "schedule") and the known ids.
[[nodiscard]] int requireIndex(std::span<const Choice> choices, std::string_view id, std::string_view what);

/// The one of `ids` (at least one) that is spelled most like `id`: for "did you mean".
[[nodiscard]] std::string_view nearestOf(std::span<const std::string_view> ids, std::string_view id);

}  // namespace diffuscope
