#pragma once

namespace diffuscope {

/// What this machine's processor can reach, in GFLOP/s: `threads` threads, each running independent chains of
/// fused multiply-adds in registers, in the widest vectors that the processor has (AVX-512, AVX2 and FMA, or
/// plain multiplies and adds), for about a third of a second. The best of three rounds.
[[nodiscard]] double measuredPeak(int threads);

/// Bytes that `threads` threads together read and write, in GB/s, of a = b + s c over arrays of 128 MB in
/// all, far more than a cache holds: 12 bytes an element. The best of three rounds.
[[nodiscard]] double measuredMemoryRate(int threads);

}  // namespace diffuscope
