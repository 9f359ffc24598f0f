#pragma once
#include "data/DensityImage.h"

#include <string_view>

namespace diffuscope {

constexpr std::size_t mostLetters = 24;

/// The font engine is Qt's, and core has no Qt: who starts the program provides it. Both functions may be
/// called on any thread.
struct FontEngine {
    bool (*has)(char32_t letter);  ///< whether the font has it
    /// One line of text as ink: an image for each of its characters, in one frame; an empty one for a space.
    std::vector<DensityImage> (*rasterise)(std::u32string_view line);
};

/// Once, before letters are drawn. `engine` lives as long as the program.
void provideFontEngine(const FontEngine& engine);

/// Refuses a text that cannot be a data set: 1 to 24 printable characters that the font has, not all of them
/// spaces. Without a font engine all printable characters are taken. @throws InputError
void requireLetters(std::string_view text);

/// Points uniform over the ink of the text, a class for each different letter.
/// @throws InputError as requireLetters(), std::logic_error without a font engine
[[nodiscard]] DataSet letters(std::string_view text, int count, std::uint64_t seed);

}  // namespace diffuscope
