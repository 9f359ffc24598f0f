#include "denoiser/Kernels.h"

#include "denoiser/Elementary.h"

#include <Eigen/Core>

// The alignment of a vector type is not part of a template argument, and need not be here.
#pragma GCC diagnostic ignored "-Wignored-attributes"

namespace diffuscope {
namespace {

// Eigen's packets are the portable name of the machine's vectors (SSE, AVX with FMA, NEON …). Its matrix
// product is made for large matrices: packing both sides costs more than it gains on panels that stay in L1.
namespace simd = Eigen::internal;
using Packet = simd::packet_traits<float>::type;
constexpr int lanes = simd::unpacket_traits<Packet>::size;
static_assert(panelWidth % lanes == 0);
constexpr int packets = panelWidth / lanes;
constexpr int blockRows = lanes >= 8 ? 6 : 3;  // accumulators, one row of B and a broadcast fill 16 registers

Packet load(const float* from) {
    return simd::ploadu<Packet>(from);
}
Packet all(float value) {
    return simd::pset1<Packet>(value);
}
void store(float* to, const Packet& value) {
    simd::pstoreu(to, value);
}

template <int rows>
struct Block {
    Packet sum[rows][packets];

    void zero() {
        for (auto& row : sum)
            for (Packet& p : row) p = all(0.0f);
    }
    /// sum[r] += x[r * stride] * b
    void add(const float* x, std::size_t stride, const float* b) {
        Packet row[packets];
        for (int v = 0; v < packets; ++v) row[v] = load(b + v * lanes);
        for (int r = 0; r < rows; ++r) {
            const Packet scale = all(x[static_cast<std::size_t>(r) * stride]);
            for (int v = 0; v < packets; ++v) sum[r][v] = simd::pmadd(scale, row[v], sum[r][v]);
        }
    }
    void loadFrom(const float* c, std::size_t stride) {
        for (int r = 0; r < rows; ++r)
            for (int v = 0; v < packets; ++v)
                sum[r][v] = load(c + static_cast<std::size_t>(r) * stride + v * lanes);
    }
    void storeTo(float* c) const {
        for (int r = 0; r < rows; ++r)
            for (int v = 0; v < packets; ++v) store(c + r * panelWidth + v * lanes, sum[r][v]);
    }
};

template <int rows>
void multiplyBlock(const float* a, std::size_t aStride, int panels, const float* b, const float* bias,
                   float* c) {
    Block<rows> block;
    if (bias != nullptr) {
        block.loadFrom(bias, 0);
    } else {
        block.zero();
    }
    for (int p = 0; p < panels; ++p, a += aStride) {
#pragma GCC unroll 4
        for (int k = 0; k < panelWidth; ++k, b += panelWidth) block.add(a + k, panelWidth, b);
    }
    block.storeTo(c);
}

template <int rows>
void outerBlock(const float* d, const float* a, int samples, float* g, bool accumulate) {
    Block<rows> block;
    if (accumulate) {
        block.loadFrom(g, panelWidth);
    } else {
        block.zero();
    }
#pragma GCC unroll 4
    for (int s = 0; s < samples; ++s, d += panelWidth, a += panelWidth) block.add(d, 1, a);
    block.storeTo(g);
}

/// Calls block.operator()<n>(first row) so that the blocks cover `rows`.
template <typename Call>
void inBlocks(int rows, const Call& block) {
    int row = 0;
    for (; row + blockRows <= rows; row += blockRows) block.template operator()<blockRows>(row);
    if constexpr (blockRows == 6) {
        switch (rows - row) {
            case 5:
                return block.template operator()<5>(row);
            case 4:
                return block.template operator()<4>(row);
            case 3:
                return block.template operator()<3>(row);
            default:
                break;
        }
    }
    if (rows - row == 2) block.template operator()<2>(row);
    if (rows - row == 1) block.template operator()<1>(row);
}

/// 1 / (1 + e^-z) with the steps of logisticOf(), fused where the machine can.
Packet logistic(const Packet& z) {
    const Packet x = simd::pmin(simd::pmax(simd::pnegate(z), all(-87.0f)), all(88.0f));
    const Packet shift = all(roundingShift);
    const Packet shifted = simd::pmadd(x, all(1.44269504f), shift);
    const Packet n = simd::psub(shifted, shift);
    Packet r = simd::pmadd(n, all(-0.693115234375f), x);
    r = simd::pmadd(n, all(-3.194618329871446e-05f), r);
    // degree 6 suffices for the float range of r: the next term is below 1.2e-7
    Packet p = all(1.0f / 720.0f);
    p = simd::pmadd(p, r, all(1.0f / 120.0f));
    p = simd::pmadd(p, r, all(1.0f / 24.0f));
    p = simd::pmadd(p, r, all(1.0f / 6.0f));
    p = simd::pmadd(p, r, all(0.5f));
    p = simd::pmadd(p, r, all(1.0f));
    p = simd::pmadd(p, r, all(1.0f));
    using Whole = simd::unpacket_traits<Packet>::integer_packet;
    const Whole exponent = simd::padd(simd::plogical_shift_left<23>(simd::preinterpret<Whole>(shifted)),
                                      simd::pset1<Whole>(0x3F800000));
    p = simd::pmul(p, simd::preinterpret<Packet>(exponent));
    return simd::pdiv(all(1.0f), simd::padd(all(1.0f), p));
}

template <int outputs>
void backwardOf(const float* a, const float* derivative, const float* const* g, const float* const* w,
                int rows, float* dz, float* const* gradient, float* bias, bool accumulate) {
    for (int v = 0; v < packets; ++v) {
        const int at = v * lanes;
        Packet sums[outputs];
        Packet weights[outputs];
        for (int o = 0; o < outputs; ++o) {
            sums[o] = accumulate ? load(gradient[o] + at) : all(0.0f);
            weights[o] = load(w[o] + at);
        }
        Packet sumBias = accumulate ? load(bias + at) : all(0.0f);
        for (int s = 0; s < rows; ++s) {
            const int i = s * panelWidth + at;
            const Packet x = load(a + i);
            Packet d = simd::pmul(all(g[outputs - 1][s]), weights[outputs - 1]);
            for (int o = outputs - 1; o-- > 0;) d = simd::pmadd(all(g[o][s]), weights[o], d);
            d = simd::pmul(d, load(derivative + i));
            store(dz + i, d);
            for (int o = 0; o < outputs; ++o) sums[o] = simd::pmadd(all(g[o][s]), x, sums[o]);
            sumBias = simd::padd(sumBias, d);
        }
        for (int o = 0; o < outputs; ++o) store(gradient[o] + at, sums[o]);
        store(bias + at, sumBias);
    }
}

}  // namespace

void multiplyPanel(const float* a, std::size_t aStride, int panels, const float* b, const float* bias,
                   float* c, int rows) {
    inBlocks(rows, [&]<int n>(int row) {
        multiplyBlock<n>(a + row * panelWidth, aStride, panels, b, bias, c + row * panelWidth);
    });
}

void outerPanel(const float* d, const float* a, int rows, float* g, bool accumulate) {
    inBlocks(panelWidth,
             [&]<int n>(int row) { outerBlock<n>(d + row, a, rows, g + row * panelWidth, accumulate); });
}

void silu(float* z, std::size_t count) {
    for (std::size_t i = 0; i < count; i += lanes) {
        const Packet x = load(z + i);
        store(z + i, simd::pmul(x, logistic(x)));
    }
}

void siluWithDerivative(float* z, float* derivative, std::size_t count) {
    for (std::size_t i = 0; i < count; i += lanes) {
        const Packet x = load(z + i);
        const Packet s = logistic(x);
        const Packet y = simd::pmul(x, s);
        store(z + i, y);
        store(derivative + i, simd::pmadd(y, simd::psub(all(1.0f), s), s));
    }
}

void scaleAndSum(float* da, const float* derivative, int rows, float* bias, bool accumulate) {
    Block<1> sum;
    if (accumulate) {
        sum.loadFrom(bias, 0);
    } else {
        sum.zero();
    }
    for (int s = 0; s < rows; ++s, da += panelWidth, derivative += panelWidth) {
        for (int v = 0; v < packets; ++v) {
            const Packet dz = simd::pmul(load(da + v * lanes), load(derivative + v * lanes));
            store(da + v * lanes, dz);
            sum.sum[0][v] = simd::padd(sum.sum[0][v], dz);
        }
    }
    sum.storeTo(bias);
}

void outputLayer(const float* a, std::size_t aStride, int panels, const float* weight, const float* bias,
                 float* out0, float* out1, int rows) {
    const float* weight1 = weight + panels * panelWidth;
    for (int s = 0; s < rows; ++s) {
        Packet sum0 = all(0.0f);
        Packet sum1 = all(0.0f);
        for (int p = 0; p < panels; ++p) {
            const float* row = a + static_cast<std::size_t>(p) * aStride + s * panelWidth;
            for (int v = 0; v < packets; ++v) {
                const Packet x = load(row + v * lanes);
                sum0 = simd::pmadd(x, load(weight + p * panelWidth + v * lanes), sum0);
                sum1 = simd::pmadd(x, load(weight1 + p * panelWidth + v * lanes), sum1);
            }
        }
        out0[s] = bias[0] + simd::predux(sum0);
        out1[s] = bias[1] + simd::predux(sum1);
    }
}

void outputLayerBackward(int outputs, const float* a, const float* derivative, const float* const* g,
                         const float* const* w, int rows, float* dz, float* const* gradient, float* bias,
                         bool accumulate) {
    if (outputs == 2)
        backwardOf<2>(a, derivative, g, w, rows, dz, gradient, bias, accumulate);
    else
        backwardOf<4>(a, derivative, g, w, rows, dz, gradient, bias, accumulate);
}

}  // namespace diffuscope
