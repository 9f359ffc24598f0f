#include "data/Letters.h"

#include "Error.h"
#include "io/Text.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>

namespace diffuscope {
namespace {

std::atomic<const FontEngine*> provided = nullptr;

bool isSpace(char32_t letter) {
    return letter == U' ' || letter == U'\u00A0';
}

/// The characters of UTF-8 text, with the bytes of each. @throws InputError when it is none
std::vector<std::pair<char32_t, std::string>> charactersOf(std::string_view text) {
    std::vector<std::pair<char32_t, std::string>> characters;
    const auto refuse = [] { throw InputError("The letters are not UTF-8 text."); };
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        const std::size_t size = first < 0x80   ? 1
                                 : first < 0xC2 ? 0
                                 : first < 0xE0 ? 2
                                 : first < 0xF0 ? 3
                                                : 4;
        if (size == 0 || first > 0xF4 || size > text.size()) refuse();
        char32_t letter = size == 1 ? first : first & (0x7Fu >> size);
        for (std::size_t i = 1; i < size; ++i) {
            const auto byte = static_cast<unsigned char>(text[i]);
            if ((byte & 0xC0) != 0x80) refuse();
            letter = letter << 6 | (byte & 0x3Fu);
        }
        characters.emplace_back(letter, text.substr(0, size));
        text.remove_prefix(size);
    }
    return characters;
}

}  // namespace

void provideFontEngine(const FontEngine& engine) {
    provided = &engine;
}

void requireLetters(std::string_view text) {
    const auto characters = charactersOf(text);
    if (characters.empty() || characters.size() > mostLetters)
        throw InputError("The letters are " + std::to_string(characters.size()) + " characters; from 1 to " +
                         std::to_string(mostLetters) + " are accepted.");
    const FontEngine* const engine = provided;
    bool dark = false;
    for (const auto& [letter, bytes] : characters) {
        if (letter < 0x20 || (letter >= 0x7F && letter < 0xA0))
            throw InputError("The letters hold a control character; printable ones are accepted.");
        dark = dark || !isSpace(letter);
        if (!isSpace(letter) && engine && !engine->has(letter))
            throw InputError("The font has no letter " + quote(bytes) + ".");
    }
    if (!dark) throw InputError("The letters are spaces only; at least one has to be seen.");
}

DataSet letters(std::string_view text, int count, std::uint64_t seed) {
    requireLetters(text);
    const FontEngine* const engine = provided;
    if (!engine) throw std::logic_error("letters are drawn without a font engine");
    const auto characters = charactersOf(text);
    std::u32string line;
    for (const auto& [letter, bytes] : characters) line += letter;
    const std::vector<DensityImage> images = engine->rasterise(line);
    const DensityPoints density(images);

    DataSet set;
    std::vector<std::int32_t> labelOf;
    for (const auto& [letter, bytes] : characters) {
        const auto known = std::find(set.classes.begin(), set.classes.end(), bytes);
        labelOf.push_back(static_cast<std::int32_t>(known - set.classes.begin()));
        if (known == set.classes.end() && !isSpace(letter)) set.classes.push_back(bytes);
    }
    std::vector<std::size_t> parts;
    set.points = density.draw(count, seed, &parts);
    for (const std::size_t part : parts) set.labels.push_back(labelOf[part]);
    return set;
}

}  // namespace diffuscope
