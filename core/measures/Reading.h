#pragma once

namespace diffuscope {

/// A distance between generated samples and fresh draws, beside the one between two sets of fresh draws.
struct Reading {
    double value;
    double floor;
};

}  // namespace diffuscope
