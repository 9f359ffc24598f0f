#pragma once
#include "denoiser/Kernels.h"
#include "denoiser/Mlp.h"

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <vector>

namespace diffuscope {

/// Floats on a cache line's boundary. Growing forgets what was in it; shrinking keeps the memory.
class FloatBuffer {
  public:
    void resize(std::size_t size);
    void fill(float value);
    [[nodiscard]] float* data() { return data_.get(); }
    [[nodiscard]] const float* data() const { return data_.get(); }
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    static constexpr std::align_val_t alignment{64};
    struct Free {
        void operator()(float* data) const { ::operator delete[](data, alignment); }
    };
    std::unique_ptr<float[], Free> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Where the parameters lie for the kernels: hidden weights (in, out) in panels of 16 inputs, each panel
/// [out][16]; biases; then the output layer's rows of weights, one for each output, and its biases. Units are
/// padded to multiples of 16 with zeros, which training keeps at zero.
struct PackedLayout {
    struct Layer {
        int in;   ///< padded
        int out;  ///< padded
        std::size_t weight;
        std::size_t bias;
    };
    /// Elements that one task updates: a panel of a hidden layer's weights, or everything else in pieces.
    struct Piece {
        std::size_t begin;
        std::size_t end;
        int layer;  ///< of a panel, else -1
        int panel;
    };

    PackedLayout() = default;
    explicit PackedLayout(const MlpLayout& mlp);

    [[nodiscard]] int lastWidth() const { return hidden.back().out; }

    std::vector<Layer> hidden;
    int inputs = 0;   ///< not padded
    int outputs = 0;  ///< 2 or 4
    std::size_t outputWeight = 0;
    std::size_t outputBias = 0;
    std::size_t size = 0;
    std::vector<Piece> pieces;
};

/// Between MlpLayout's flat order and the packed one; pack() sets the padding to zero.
void pack(const MlpLayout& mlp, const PackedLayout& layout, std::span<const float> flat, float* packed);
[[nodiscard]] std::vector<float> unpack(const MlpLayout& mlp, const PackedLayout& layout,
                                        const float* packed);

/// Writes one panel of a layer's weights into `transposed`, where the layer's weights lie in panels of 16
/// outputs, each [in][16]: what the forward pass multiplies by.
void transposePanel(const PackedLayout::Layer& layer, int panel, const float* packed, float* transposed);
void transposeAll(const PackedLayout& layout, const float* packed, float* transposed);

}  // namespace diffuscope
