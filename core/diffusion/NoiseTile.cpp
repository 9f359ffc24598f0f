#include "diffusion/NoiseTile.h"

#include "denoiser/Elementary.h"

#include <cmath>
#include <numbers>

namespace diffuscope {

void philoxTile(std::uint64_t seed, Stream stream, std::uint32_t firstParticle, std::uint32_t step,
                WordTile& out, std::uint32_t place) {
    for (std::uint32_t row = 0; row < tileRows; ++row) {
        std::uint32_t c0 = firstParticle + row;
        std::uint32_t c1 = step;
        std::uint32_t c2 = static_cast<std::uint32_t>(stream);
        std::uint32_t c3 = place;
        std::uint32_t k0 = static_cast<std::uint32_t>(seed);
        std::uint32_t k1 = static_cast<std::uint32_t>(seed >> 32);
        for (int round = 0; round < 10; ++round) {
            const std::uint64_t a = std::uint64_t{c0} * 0xD2511F53u;
            const std::uint64_t b = std::uint64_t{c2} * 0xCD9E8D57u;
            c0 = static_cast<std::uint32_t>(b >> 32) ^ c1 ^ k0;
            c1 = static_cast<std::uint32_t>(b);
            c2 = static_cast<std::uint32_t>(a >> 32) ^ c3 ^ k1;
            c3 = static_cast<std::uint32_t>(a);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        out.words[0][row] = c0;
        out.words[1][row] = c1;
        out.words[2][row] = c2;
        out.words[3][row] = c3;
    }
}

void normalsTile(const std::uint32_t* first, const std::uint32_t* second, TileRow& z0, TileRow& z1) {
    for (int row = 0; row < tileRows; ++row) {
        // signed: vectors of unsigned integers have no conversion to float
        const float u = static_cast<float>(static_cast<std::int32_t>(first[row] >> 8) + 1) * 0x1p-24f;
        const float v = static_cast<float>(static_cast<std::int32_t>(second[row] >> 8) + 1) * 0x1p-24f;
        const float radius = std::sqrt(-2.0f * logOf(u));
        const SinCos angle = sinCosOf(2.0f * std::numbers::pi_v<float> * v);
        z0.values[row] = radius * angle.cos;
        z1.values[row] = radius * angle.sin;
    }
}

}  // namespace diffuscope
