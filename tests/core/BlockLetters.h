#pragma once
#include "data/Letters.h"

/// A font engine without a font, for tests of core: A is a full square of 4 by 4 pixels, B two bars of 1 by 4
/// at its edges, C a square of half darkness; all are 4 wide, and so is a space.
inline constexpr diffuscope::FontEngine blockLetters{
    [](char32_t letter) { return letter >= U'A' && letter <= U'C'; },
    [](std::u32string_view line) {
        std::vector<diffuscope::DensityImage> images;
        for (const char32_t letter : line) {
            diffuscope::DensityImage image{4, 4, {}, 4.0 * double(images.size()), -4.0};
            for (int i = 0; i < 16; ++i) {
                const bool edge = i % 4 == 0 || i % 4 == 3;
                image.density.push_back(letter == U'A' ? 1.0f : letter == U'C' ? 0.5f : edge ? 1.0f : 0.0f);
            }
            if (letter == U' ') image = {};
            images.push_back(image);
        }
        return images;
    }};
