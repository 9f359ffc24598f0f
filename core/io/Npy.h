#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace diffuscope {

/// NPY version 1.0, little-endian float32, C order. `shape` multiplies to values.size().
[[nodiscard]] std::string writeNpy(std::span<const float> values, std::span<const std::size_t> shape);

struct NpyArray {
    std::vector<std::size_t> shape;
    std::vector<double> values;
};
/// Versions 1.0 and 2.0, `<f4` and `<f8`, C or Fortran order, 2-D. @throws InputError
[[nodiscard]] NpyArray readNpy(std::string_view bytes);

}  // namespace diffuscope
