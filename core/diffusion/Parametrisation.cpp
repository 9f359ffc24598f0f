#include "diffusion/Parametrisation.h"

namespace diffuscope {

std::span<const Choice> parametrisations() {
    static constexpr Choice rows[] = {
        {"eps", "noise ε", "The network says which noise is in the point. (Ho et al. 2020)"},
        {"x0", "clean point x₀", "The network says where the point comes from."},
        {"v", "velocity v", "The network says v = √ᾱ ε − √(1 − ᾱ) x₀. (Salimans & Ho 2022)"},
    };
    return rows;
}

}  // namespace diffuscope
