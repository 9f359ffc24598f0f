#pragma once
#include <cstddef>

namespace diffuscope {

// The arithmetic of the CPU backend. Matrices lie in panels of 16 columns: element (row, column) of a matrix
// with `rows` rows is at [column / 16][row][column % 16], and columns are padded with zeros to a multiple
// of 16. A row's result depends on that row alone, not on how many rows are worked on together.

constexpr int panelWidth = 16;

[[nodiscard]] constexpr int padded(int count) {
    return (count + panelWidth - 1) / panelWidth * panelWidth;
}

/// Panels that lie `stride` floats apart.
template <typename Float>
struct Panels {
    Float* data = nullptr;
    std::size_t stride = 0;

    [[nodiscard]] Panels panel(int index) const {
        return data == nullptr ? *this : Panels{data + static_cast<std::size_t>(index) * stride, stride};
    }
    [[nodiscard]] Panels row(int index) const {
        return {data + static_cast<std::ptrdiff_t>(index) * panelWidth, stride};
    }
};

/// How many panels of a product are best asked for at once.
constexpr int panelGroup = 2;
/// Of how many rows a product works on together: the best size of a small tile is a multiple of it.
[[nodiscard]] int rowsAtOnce();

/// `panels` panels of C = A B + bias: c[p][r][j] = bias[p][j] + sum over k < 16 * aPanels of A(r, k)
/// b[p][k][j], for the first `rows` rows. `bias.data` may be null: zero.
void multiplyPanels(const Panels<const float>& a, int aPanels, const Panels<const float>& b,
                    const Panels<const float>& bias, const Panels<float>& c, int panels, int rows);

/// g[p][i][j] = (accumulate ? g[p][i][j] : 0) + sum over s < rows of d[s][i] a[p][s][j], for 16 x 16 in each
/// of `panels`.
void outerPanels(const float* d, const Panels<const float>& a, int rows, const Panels<float>& g, int panels,
                 bool accumulate);

/// In place z -> SiLU(z) = z / (1 + e^-z). `count` is a multiple of 16.
void silu(float* z, std::size_t count);

/// In place z -> SiLU(z), and its derivative into `derivative`. `count` is a multiple of 16.
void siluWithDerivative(float* z, float* derivative, std::size_t count);

/// Columns of one panel: dz = da * derivative in place, and bias[j] = (accumulate ? bias[j] : 0) + sum of dz.
void scaleAndSum(float* da, const float* derivative, int rows, float* bias, bool accumulate);

/// Output layer, 2 outputs: out0[s], out1[s] = bias + sum over all columns of A(s, k) weight[j][k];
/// weight[1] lies 16 * panels after weight[0].
void outputLayer(const float* a, std::size_t aStride, int panels, const float* weight, const float* bias,
                 float* out0, float* out1, int rows);

/// Backward through one panel of an output layer of 2 or 4 `outputs`: dz[s][j] = (sum over the outputs o of
/// g[o][s] w[o][j]) * derivative[s][j], the gradient of each w[o] over the activations `a`, and the sum of dz
/// for the bias of the layer before.
void outputLayerBackward(int outputs, const float* a, const float* derivative, const float* const* g,
                         const float* const* w, int rows, float* dz, float* const* gradient, float* bias,
                         bool accumulate);

}  // namespace diffuscope
