#include "PeakRate.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace diffuscope {
namespace {

// Enough independent chains to hide the latency of an addition (4 cycles, two units), and few enough for the
// registers.
constexpr int chains = 12;
constexpr std::int64_t rounds = 20000;

struct Kernel {
    float (*run)();
    int lanes;
};

#if defined(__x86_64__)
__attribute__((target("avx512f"))) float runAvx512() {
    const __m512 factor = _mm512_set1_ps(0.999f);
    const __m512 term = _mm512_set1_ps(0.001f);
    __m512 sums[chains];
    for (__m512& sum : sums) sum = _mm512_set1_ps(1.0f);
    for (std::int64_t i = 0; i < rounds; ++i)
#pragma GCC unroll 12
        for (int k = 0; k < chains; ++k) sums[k] = _mm512_fmadd_ps(sums[k], factor, term);
    float total = 0.0f;
    for (const __m512& sum : sums) total += _mm512_cvtss_f32(sum);
    return total;
}

__attribute__((target("avx2,fma"))) float runAvx2() {
    const __m256 factor = _mm256_set1_ps(0.999f);
    const __m256 term = _mm256_set1_ps(0.001f);
    __m256 sums[chains];
    for (__m256& sum : sums) sum = _mm256_set1_ps(1.0f);
    for (std::int64_t i = 0; i < rounds; ++i)
#pragma GCC unroll 12
        for (int k = 0; k < chains; ++k) sums[k] = _mm256_fmadd_ps(sums[k], factor, term);
    float total = 0.0f;
    for (const __m256& sum : sums) total += _mm256_cvtss_f32(sum);
    return total;
}
#endif

float runPlain() {
    using Four = float __attribute__((vector_size(16)));
    const Four factor{0.999f, 0.999f, 0.999f, 0.999f};
    const Four term{0.001f, 0.001f, 0.001f, 0.001f};
    Four sums[chains];
    for (Four& sum : sums) sum = factor + term;
    for (std::int64_t i = 0; i < rounds; ++i)
#pragma GCC unroll 12
        for (int k = 0; k < chains; ++k) sums[k] = sums[k] * factor + term;
    float total = 0.0f;
    for (const Four& sum : sums) total += sum[0];
    return total;
}

Kernel widestKernel() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return {runAvx512, 16};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {runAvx2, 8};
#endif
    return {runPlain, 4};
}

double rateOnce(const Kernel& kernel, int threads, double seconds) {
    using Clock = std::chrono::steady_clock;
    std::atomic<std::int64_t> calls{0};
    std::atomic<float> sink{0.0f};
    const auto begin = Clock::now();
    const auto end =
        begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    const auto work = [&] {
        std::int64_t mine = 0;
        float total = 0.0f;
        for (; Clock::now() < end; ++mine) total += kernel.run();
        calls += mine;
        sink.store(total);
    };
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back(work);
    for (std::thread& worker : workers) worker.join();
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
    const double flopsPerCall =
        2.0 * chains * static_cast<double>(kernel.lanes) * static_cast<double>(rounds);
    return static_cast<double>(calls.load()) * flopsPerCall / elapsed * 1e-9;
}

}  // namespace

double measuredPeak(int threads) {
    const Kernel kernel = widestKernel();
    double best = 0.0;
    for (int i = 0; i < 3; ++i) best = std::max(best, rateOnce(kernel, threads, 0.11));
    return best;
}

double measuredMemoryRate(int threads) {
    constexpr std::size_t bytes = std::size_t{128} << 20;
    const std::size_t each = bytes / (3 * sizeof(float) * static_cast<std::size_t>(threads));
    std::vector<std::vector<float>> arrays(3 * static_cast<std::size_t>(threads),
                                           std::vector<float>(each, 1.0f));
    double best = 0.0;
    for (int round = 0; round < 3; ++round) {
        using Clock = std::chrono::steady_clock;
        const auto begin = Clock::now();
        std::vector<std::thread> workers;
        for (std::size_t i = 0; i < static_cast<std::size_t>(threads); ++i)
            workers.emplace_back([&arrays, i, each, round] {
                float* a = arrays[3 * i].data();
                const float* b = arrays[3 * i + 1].data();
                const float* c = arrays[3 * i + 2].data();
                const float factor = 0.5f + static_cast<float>(round);
                for (std::size_t k = 0; k < each; ++k) a[k] = b[k] + factor * c[k];
            });
        for (std::thread& worker : workers) worker.join();
        const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
        best = std::max(best, static_cast<double>(each * 3 * sizeof(float)) * threads / elapsed * 1e-9);
    }
    return best;
}

}  // namespace diffuscope
