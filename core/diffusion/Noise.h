#pragma once
#include <array>
#include <cstdint>

namespace diffuscope {

/// What a random draw is for. Draws of different streams are independent.
enum class Stream : std::uint32_t {
    Data = 1,
    ForwardStart = 2,
    ForwardChain = 3,
    ReverseStart = 4,
    ReverseChain = 5,
    Batch = 6,
    Initialisation = 7,
    Measure = 8,
    HeldOut = 9,
    BatchExtra = 22,  ///< what only some batches draw, see BatchSettings
    Bins = 20,    ///< readBins()
    Spread = 21,  ///< estimatorSpread()
};

/// Four independent 32-bit words as a function of (seed, stream, particle, step, place) alone: Philox 4x32-10
/// with counter {particle, step, stream, place} and key {seed's low word, seed's high word}. (Salmon et al.
/// 2011)
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::uint64_t seed, Stream stream, std::uint32_t particle,
                                                  std::uint32_t step, std::uint32_t place = 0);

/// In (0, 1]: (word >> 8 + 1) * 2^-24. Exact in float, the same on every backend.
[[nodiscard]] float uniformOf(std::uint32_t word);

/// Two independent N(0, 1) from two words by Box and Muller.
[[nodiscard]] std::array<float, 2> normalsOf(std::uint32_t first, std::uint32_t second);

/// z of a particle at a step: normalsOf(words 0 and 1 of philox(...)).
[[nodiscard]] std::array<float, 2> normalAt(std::uint64_t seed, Stream stream, std::uint32_t particle,
                                            std::uint32_t step);

/// An integer in [0, count) from a word: the high half of word * count.
[[nodiscard]] std::uint32_t indexBelow(std::uint32_t word, std::uint32_t count);

}  // namespace diffuscope
