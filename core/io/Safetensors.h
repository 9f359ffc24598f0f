#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diffuscope {

/// A tensor of a safetensors file. `bytes` are little-endian, row-major.
struct Tensor {
    std::string name;
    std::string dtype;  ///< "F32", "I32" …
    std::vector<std::size_t> shape;
    std::string_view bytes;
};

/// A safetensors file: eight bytes with the length of a JSON header, the header, then the tensors' bytes
/// without gaps. (github.com/huggingface/safetensors, "Format")
struct Safetensors {
    std::vector<std::pair<std::string, std::string>> metadata;
    std::vector<Tensor> tensors;  ///< in the order of their bytes
};

/// Pads the header with blanks so that the tensors begin at a multiple of eight.
[[nodiscard]] std::string writeSafetensors(const Safetensors& file);

/// The views point into `bytes`. Refuses a header that is cut off, too long, not JSON, or has a key twice;
/// tensors of an unknown type, of another size than their shape, that overlap, leave a gap or end beyond the
/// file. @throws InputError with the tensor's name.
[[nodiscard]] Safetensors readSafetensors(std::string_view bytes);

}  // namespace diffuscope
