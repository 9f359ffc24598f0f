#include "data/DataSet.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/Parametrisation.h"

#include <QTest>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <vector>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)
#define COUNTS_ALLOCATIONS 1
#endif

namespace {

std::atomic<bool> counting{false};
std::atomic<int> allocations{0};

[[maybe_unused]] void count() {
    if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

#ifdef COUNTS_ALLOCATIONS
// Every allocation of the process, operator new's and Eigen's too, comes through these: glibc allows a
// program to bring its own.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
    count();
    return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
    count();
    return __libc_calloc(number, size);
}
void* realloc(void* old, std::size_t size) {
    count();
    return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}
int posix_memalign(void** made, std::size_t alignment, std::size_t size) {
    count();
    *made = __libc_memalign(alignment, size);
    return *made ? 0 : 12;  // ENOMEM
}
}
#endif

using namespace diffuscope;

namespace {

template <typename Work>
int allocationsOf(const Work& work) {
    allocations = 0;
    counting = true;
    work();
    counting = false;
    return allocations;
}

struct Task {
    Settings settings;
    std::shared_ptr<const DataSet> data;
    std::unique_ptr<DenoiserBackend> backend;
};

Task taskOf(Settings settings, int threads) {
    settings.data.dataset = DatasetKind::EightGaussians;
    settings.data.points = 1000;
    settings.schedule.steps = 100;
    settings.network.width = 64;
    Task task{settings, trainingData(settings.data, 1), makeEigenBackend(threads, "test")};
    const NoiseSchedule schedule(settings.schedule);
    task.backend->setData(task.data->points, task.data->labels);
    task.backend->setLevels(noiseLevels(schedule, settings.network.conditioning),
                            lossTable(schedule, settings.training));
    task.backend->setState(initialState(layoutOf(settings, *task.data), 1));
    return task;
}

}  // namespace

/// The inner loops take all their memory before they begin: an allocation there is a lock that all threads
/// share.
class AllocationTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() {
#ifndef COUNTS_ALLOCATIONS
        QSKIP("a sanitizer, or another C library, has the allocator");
#endif
        const int seen = allocationsOf([] {
            void* volatile made = ::operator new(1000);  // volatile: not to be optimised away
            ::operator delete(made);
            made = std::aligned_alloc(64, 640);
            std::free(made);
        });
        QCOMPARE(seen, 2);
    }

    void training_data() {
        QTest::addColumn<LossKind>("loss");
        QTest::addColumn<bool>("classes");
        for (std::size_t i = 0; i < losses().size(); ++i)
            for (const bool classes : {false, true})
                QTest::addRow("%s, classes %d", losses()[i].choice.id.data(), classes)
                    << static_cast<LossKind>(i) << classes;
    }
    void training() {
        QFETCH(LossKind, loss);
        QFETCH(bool, classes);
        Settings settings;
        settings.training.loss = loss;
        settings.network.classes = classes;
        for (const int threads : {1, 2}) {
            Task task = taskOf(settings, threads);
            BatchSettings batch;
            batch.batch = 700;
            std::vector<float> values(20);
            task.backend->train(batch, values);
            QCOMPARE(allocationsOf([&] { task.backend->train(batch, values); }), 0);
        }
    }

    void idealDenoiser() {
        Settings settings;
        const Task task = taskOf(settings, 2);
        const auto ideal = task.backend->idealDenoiser(task.data);
        std::vector<float> xt(2 * 500, 0.25f);
        std::vector<float> eps(xt.size());
        for (const double logSnr : {-6.0, 2.0, 8.0}) {
            const NoiseLevel level = noiseLevelOfLogSnr(logSnr);
            ideal->eps(xt, level, anyClass, eps);
            QCOMPARE(allocationsOf([&] { ideal->eps(xt, level, anyClass, eps); }), 0);
        }
    }

    void sampling_data() {
        QTest::addColumn<SamplerKind>("sampler");
        QTest::addColumn<bool>("guided");
        for (std::size_t i = 0; i < samplers().size(); ++i)
            for (const bool guided : {false, true})
                QTest::addRow("%s, guided %d", samplers()[i].choice.id.data(), guided)
                    << static_cast<SamplerKind>(i) << guided;
    }
    void sampling() {
        QFETCH(SamplerKind, sampler);
        QFETCH(bool, guided);
        Settings settings;
        settings.network.classes = true;
        settings.sampler.kind = sampler;
        settings.sampler.steps = 20;
        for (const int threads : {1, 2}) {
            Task task = taskOf(settings, threads);
            const NoiseSchedule schedule(task.settings.schedule);
            const auto plan = reversePlan(schedule, task.settings.sampler, task.settings.network.conditioning,
                                          clampBox(task.data->points));
            std::vector<float> positions(2 * 777, 0.5f);
            std::vector<float> memory(positions.size(), 0.0f);
            const Guidance guidance = guided ? Guidance{1, 2.0f} : Guidance{};
            const auto run = [&] { task.backend->reverse(plan, 1, 0, positions, memory, {}, guidance); };
            run();
            QCOMPARE(allocationsOf(run), 0);
        }
    }
};

QTEST_GUILESS_MAIN(AllocationTest)
#include "AllocationTest.moc"
