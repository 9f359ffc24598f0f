#include "io/Json.h"

#include "Error.h"
#include "io/Text.h"

#include <set>
#include <vector>

namespace diffuscope {

nlohmann::json parseStrictly(std::string_view text, const std::string& what) {
    using nlohmann::json;
    constexpr int deepest = 32;
    std::vector<std::set<std::string>> keys;
    const auto check = [&](int depth, json::parse_event_t event, json& parsed) {
        if (depth > deepest)
            throw InputError(what + " is nested deeper than " + std::to_string(deepest) + ".");
        if (event == json::parse_event_t::object_start) keys.emplace_back();
        if (event == json::parse_event_t::object_end) keys.pop_back();
        if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
            throw InputError(what + " has the key " + quote(parsed.get<std::string>()) + " twice.");
        return true;
    };
    try {
        return json::parse(text.begin(), text.end(), check);
    } catch (const json::parse_error& error) {
        throw InputError(what + " is not valid JSON at byte " + std::to_string(error.byte) + ".");
    } catch (const json::exception&) {
        throw InputError(what + " is not valid JSON: a number is out of range.");
    }
}

}  // namespace diffuscope
