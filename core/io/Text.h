#pragma once
#include <cstdio>
#include <string>
#include <string_view>

namespace diffuscope {

/// What a file holds, fit for a sentence: quoted, at most 40 characters, control characters replaced.
[[nodiscard]] inline std::string quote(std::string_view text) {
    constexpr std::size_t longest = 40;
    std::string shown(text.substr(0, longest));
    // A character of several bytes is not cut in two.
    if (text.size() > longest && (text[longest] & 0xC0) == 0x80) {
        while (!shown.empty() && (shown.back() & 0xC0) == 0x80) shown.pop_back();
        if (!shown.empty()) shown.pop_back();
    }
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    return "\"" + shown + (text.size() > longest ? "…\"" : "\"");
}

}  // namespace diffuscope
