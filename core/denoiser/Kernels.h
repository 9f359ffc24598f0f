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

/// One panel of C = A B + bias: c[r][j] = bias[j] + sum over k < 16 * panels of A(r, k) b[k][j].
/// `a`: panels, `aStride` floats apart, of which the first `rows` rows are used. `bias` may be null: zero.
void multiplyPanel(const float* a, std::size_t aStride, int panels, const float* b, const float* bias,
                   float* c, int rows);

/// g[i][j] = (accumulate ? g[i][j] : 0) + sum over s < rows of d[s][i] a[s][j], for 16 x 16.
void outerPanel(const float* d, const float* a, int rows, float* g, bool accumulate);

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
