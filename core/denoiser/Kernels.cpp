#include "denoiser/Kernels.h"

#include "denoiser/Elementary.h"

#include <Eigen/Core>

#include <utility>

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
// Accumulators, one row of B and a broadcast fill 16 registers. 32 of the widest take two panels, because
// memory feeds two values for each product of a single one.
constexpr int blockRows = lanes == 16 ? 8 : lanes == 8 ? 6 : 3;
constexpr int blockPanels = lanes == 16 ? panelGroup : 1;

Packet load(const float* from) {
    return simd::ploadu<Packet>(from);
}
Packet all(float value) {
    return simd::pset1<Packet>(value);
}
void store(float* to, const Packet& value) {
    simd::pstoreu(to, value);
}

/// Rows of some panels, each of which lies `stride` floats after the one before.
template <int rows, int panels>
struct Block {
    Packet sum[rows][panels][packets];

    void zero() {
        for (auto& row : sum)
            for (auto& panel : row)
                for (Packet& p : panel) p = all(0.0f);
    }
    /// sum[r] += x[r * xStride] * b
    void add(const float* x, std::size_t xStride, const float* b, std::size_t stride) {
        Packet row[panels][packets];
        for (int p = 0; p < panels; ++p)
            for (int v = 0; v < packets; ++v) row[p][v] = load(b + at(p, stride) + v * lanes);
        for (int r = 0; r < rows; ++r) {
            const Packet scale = all(x[static_cast<std::size_t>(r) * xStride]);
            for (int p = 0; p < panels; ++p)
                for (int v = 0; v < packets; ++v) sum[r][p][v] = simd::pmadd(scale, row[p][v], sum[r][p][v]);
        }
    }
    void loadFrom(const float* c, std::size_t rowStride, std::size_t stride) {
        for (int r = 0; r < rows; ++r)
            for (int p = 0; p < panels; ++p)
                for (int v = 0; v < packets; ++v)
                    sum[r][p][v] = load(c + at(r, rowStride) + at(p, stride) + v * lanes);
    }
    void storeTo(float* c, std::size_t stride) const {
        for (int r = 0; r < rows; ++r)
            for (int p = 0; p < panels; ++p)
                for (int v = 0; v < packets; ++v)
                    store(c + at(r, panelWidth) + at(p, stride) + v * lanes, sum[r][p][v]);
    }

  private:
    static std::size_t at(int i, std::size_t stride) { return static_cast<std::size_t>(i) * stride; }
};

template <int rows, int panels>
void multiplyBlock(const Panels<const float>& a, int aPanels, const Panels<const float>& b,
                   const Panels<const float>& bias, const Panels<float>& c) {
    Block<rows, panels> block;
    if (bias.data != nullptr) {
        block.loadFrom(bias.data, 0, bias.stride);
    } else {
        block.zero();
    }
    const float* x = a.data;
    const float* y = b.data;
    for (int p = 0; p < aPanels; ++p, x += a.stride) {
#pragma GCC unroll 4
        for (int k = 0; k < panelWidth; ++k, y += panelWidth) block.add(x + k, panelWidth, y, b.stride);
    }
    block.storeTo(c.data, c.stride);
}

template <int rows, int panels>
void outerBlock(const float* d, const Panels<const float>& a, int samples, const Panels<float>& g,
                bool accumulate) {
    Block<rows, panels> block;
    if (accumulate) {
        block.loadFrom(g.data, panelWidth, g.stride);
    } else {
        block.zero();
    }
    const float* x = a.data;
#pragma GCC unroll 4
    for (int s = 0; s < samples; ++s, d += panelWidth, x += panelWidth) block.add(d, 1, x, a.stride);
    block.storeTo(g.data, g.stride);
}

/// Calls block.operator()<rows, panels>(first row, first panel) so that the blocks cover all.
template <int panels, typename Call>
void rowBlocks(int rows, int panel, const Call& block) {
    int row = 0;
    for (; row + blockRows <= rows; row += blockRows)
        block.template operator()<blockRows, panels>(row, panel);
    const auto rest = [&]<int... n>(std::integer_sequence<int, n...>) {
        ((rows - row == n + 1 ? block.template operator()<n + 1, panels>(row, panel) : void()), ...);
    };
    rest(std::make_integer_sequence<int, blockRows - 1>());
}
template <typename Call>
void inBlocks(int rows, int panels, const Call& block) {
    int panel = 0;
    for (; panel + blockPanels <= panels; panel += blockPanels) rowBlocks<blockPanels>(rows, panel, block);
    if constexpr (blockPanels > 1)
        for (; panel < panels; ++panel) rowBlocks<1>(rows, panel, block);
}

/// 1 / x for x >= 1. The division of the widest vectors takes as long as the rest of a logistic.
Packet reciprocal(const Packet& x) {
#ifdef __AVX512F__
    const Packet estimate = _mm512_rcp14_ps(x);  // to 2^-14, and after Newton's step to the last bit or so
    return simd::pmadd(estimate, simd::pmadd(simd::pnegate(x), estimate, all(1.0f)), estimate);
#else
    return simd::pdiv(all(1.0f), x);
#endif
}

/// 1 / (1 + e^-z), e^-z being 2^n 2^r with a whole n. The polynomial of 2^r on [-1/2, 1/2], minimax before
/// its coefficients were rounded, is off by 1.6e-7 at the most.
Packet logistic(const Packet& z) {
    using Whole = simd::unpacket_traits<Packet>::integer_packet;
    const Packet x = simd::pmin(simd::pmax(z, all(-87.0f)), all(87.0f));
    const Packet toPower = all(-1.44269504f);
    const Packet shift = all(roundingShift);
    const Packet shifted = simd::pmadd(x, toPower, shift);
    const Packet r = simd::pmadd(x, toPower, simd::psub(shift, shifted));
    Packet p = all(0.0013276472f);
    p = simd::pmadd(p, r, all(0.009675541f));
    p = simd::pmadd(p, r, all(0.05550713f));
    p = simd::pmadd(p, r, all(0.2402212f));
    p = simd::pmadd(p, r, all(0.69314694f));
    p = simd::pmadd(p, r, all(1.0000001f));
    // n stands in the low bits of `shifted`, from where it goes to the exponent.
    const Whole n = simd::plogical_shift_left<23>(simd::preinterpret<Whole>(shifted));
    return reciprocal(simd::padd(
        all(1.0f), simd::preinterpret<Packet>(Whole(simd::padd(simd::preinterpret<Whole>(p), n)))));
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

int rowsAtOnce() {
    return blockRows;
}

void multiplyPanels(const Panels<const float>& a, int aPanels, const Panels<const float>& b,
                    const Panels<const float>& bias, const Panels<float>& c, int panels, int rows) {
    inBlocks(rows, panels, [&]<int n, int m>(int row, int panel) {
        multiplyBlock<n, m>(a.row(row), aPanels, b.panel(panel), bias.panel(panel), c.panel(panel).row(row));
    });
}

void outerPanels(const float* d, const Panels<const float>& a, int rows, const Panels<float>& g, int panels,
                 bool accumulate) {
    inBlocks(panelWidth, panels, [&]<int n, int m>(int row, int panel) {
        outerBlock<n, m>(d + row, a.panel(panel), rows, g.panel(panel).row(row), accumulate);
    });
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
    Block<1, 1> sum;
    if (accumulate) {
        sum.loadFrom(bias, 0, 0);
    } else {
        sum.zero();
    }
    for (int s = 0; s < rows; ++s, da += panelWidth, derivative += panelWidth) {
        for (int v = 0; v < packets; ++v) {
            const Packet dz = simd::pmul(load(da + v * lanes), load(derivative + v * lanes));
            store(da + v * lanes, dz);
            sum.sum[0][0][v] = simd::padd(sum.sum[0][0][v], dz);
        }
    }
    sum.storeTo(bias, 0);
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
