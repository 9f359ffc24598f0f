#include "diffusion/Noise.h"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace diffuscope {

std::array<std::uint32_t, 4> philox(std::uint64_t seed, Stream stream, std::uint32_t particle,
                                    std::uint32_t step, std::uint32_t place) {
    const r123::Philox4x32::ctr_type counter = {{particle, step, static_cast<std::uint32_t>(stream), place}};
    const r123::Philox4x32::key_type key = {
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
    const auto words = r123::Philox4x32{}(counter, key);
    return {words[0], words[1], words[2], words[3]};
}

float uniformOf(std::uint32_t word) {
    return static_cast<float>((word >> 8) + 1u) * 0x1p-24f;
}

std::array<float, 2> normalsOf(std::uint32_t first, std::uint32_t second) {
    const float radius = std::sqrt(-2.0f * std::log(uniformOf(first)));
    const float angle = 2.0f * std::numbers::pi_v<float> * uniformOf(second);
    return {radius * std::cos(angle), radius * std::sin(angle)};
}

std::array<float, 2> normalAt(std::uint64_t seed, Stream stream, std::uint32_t particle, std::uint32_t step) {
    const auto words = philox(seed, stream, particle, step);
    return normalsOf(words[0], words[1]);
}

std::uint32_t indexBelow(std::uint32_t word, std::uint32_t count) {
    return static_cast<std::uint32_t>((std::uint64_t{word} * count) >> 32);
}

}  // namespace diffuscope
