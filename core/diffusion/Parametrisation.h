#pragma once
#include "settings/Choice.h"
#include "settings/Settings.h"

#include <span>

namespace diffuscope {

/// Rows of `list parametrisations`: eps, x0 and v = sqrt(alphaBar) eps - sqrt(1 - alphaBar) x_0. (Ho et al.
/// 2020; Salimans & Ho 2022)
[[nodiscard]] std::span<const Choice> parametrisations();

/// At a known x_t each of the three is linear in each other one: to = fromXt * x_t + fromValue * from.
template <typename Real>
struct Conversion {
    Real fromXt;
    Real fromValue;
    [[nodiscard]] Real operator()(Real xt, Real value) const { return fromXt * xt + fromValue * value; }
};

/// THE conversion between the parametrisations, at a noise level with signal = sqrt(alphaBar) and noise =
/// sqrt(1 - alphaBar), both above 0 and their squares adding to 1. Follows from x_t = signal x_0 + noise eps.
/// Between eps and x_0 a factor 1/signal or 1/noise loses as many digits as it has; from v nothing is lost.
template <typename Real>
[[nodiscard]] Conversion<Real> conversion(Parametrisation from, Parametrisation to, Real signal, Real noise) {
    using enum Parametrisation;
    constexpr Real one{1};
    if (from == to) return {Real{0}, one};
    switch (from) {
        case Eps:
            if (to == X0) return {one / signal, -noise / signal};
            return {-noise / signal, one / signal};
        case X0:
            if (to == Eps) return {one / noise, -signal / noise};
            return {signal / noise, -one / noise};
        case V:
            if (to == Eps) return {noise, signal};
            return {signal, -noise};
    }
    return {Real{0}, one};
}

}  // namespace diffuscope
