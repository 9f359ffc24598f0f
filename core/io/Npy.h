#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

/// NPY version 1.0, little-endian float32, C order. `shape` multiplies to values.size().
[[nodiscard]] std::string writeNpy(std::span<const float> values, std::span<const std::size_t> shape);

struct NpyArray {
    std::vector<std::size_t> shape;  ///< two entries
    std::vector<double> values;      ///< row-major, whatever the file's order
};
/// Versions 1.0 and 2.0, `<f4` and `<f8`, C or Fortran order, 2-D. Not-finite values are read as they are.
/// @throws InputError
[[nodiscard]] NpyArray readNpy(std::string_view bytes);

}  // namespace diffuscope
