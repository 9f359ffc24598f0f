#include "Error.h"
#include "core/BlockLetters.h"
#include "data/DataSet.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/ReverseSampler.h"
#include "settings/Fields.h"
#include "settings/Kinds.h"
#include "training/CloudRun.h"
#include "training/Trainer.h"

#include <QTest>
#include <cmath>

using namespace diffuscope;

namespace {

bool allFinite(std::span<const float> values) {
    return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

/// N points, all of them here.
std::shared_ptr<const DataSet> pointsAt(std::size_t count, float x, float y) {
    DataSet data;
    for (std::size_t i = 0; i < count; ++i) data.points.insert(data.points.end(), {x, y});
    return std::make_shared<const DataSet>(std::move(data));
}

Settings smallSettings() {
    Settings settings;
    settings.backend = BackendKind::Cpu;
    settings.data.dataset = DatasetKind::Imported;
    settings.network = {.width = 8, .depth = 1};
    settings.training.batch = 32;
    return settings;
}

/// Everything that a sampler can be told, each alone: its kind with the ends of each setting that applies.
std::vector<Settings> everySampler(const Settings& base, const DataSet& data) {
    std::vector<Settings> all;
    for (std::size_t kind = 0; kind < samplers().size(); ++kind)
        for (std::size_t denoiser = 0; denoiser < denoisers().size(); ++denoiser) {
            Settings settings = base;
            settings.sampler.kind = static_cast<SamplerKind>(kind);
            settings.sampler.denoiser = static_cast<DenoiserKind>(denoiser);
            if (settings.sampler.denoiser == DenoiserKind::Mixture && data.mixture.empty()) continue;
            for (const Field& field : fields()) {
                if (field.group != Group::Sampler || field.type == FieldType::Text) continue;
                if (field.id == "sampler.kind" || field.id == "sampler.denoiser") continue;
                if (field.applies && !field.applies(settings)) continue;
                const double last =  // a class beyond those of the data is refused
                    field.id == "sampler.class" ? static_cast<double>(data.classes.size()) : field.upper();
                for (const double value : {field.minimum, last}) {
                    Settings changed = settings;
                    field.set(changed, value);
                    try {
                        validate(changed);
                    } catch (const InputError&) {
                        continue;  // refused, with the reason
                    }
                    all.push_back(changed);
                }
            }
        }
    return all;
}

std::string described(const Settings& settings) {
    std::string text;
    for (const Field& field : fields())
        if (field.group == Group::Sampler || field.group == Group::Schedule)
            text += std::string(field.id) + "=" + fieldText(field, settings) + " ";
    return text;
}

}  // namespace

class ExtremesTest : public QObject {
    Q_OBJECT

    /// Every sampler with every denoiser ends in finite points.
    static void sampleEverything(const Settings& base, const std::shared_ptr<const DataSet>& data,
                                 int count) {
        Settings training = base;
        training.sampler = {};
        Trainer trainer(training, data, makeBackend(BackendKind::Cpu, 1));
        QVERIFY(!trainer.advance(20));
        QVERIFY(std::isfinite(trainer.history().recent(20)));
        const NoiseSchedule schedule(base.schedule);
        for (const Settings& settings : everySampler(base, *data)) {
            CloudRun run = reverseRun(trainer.backend(), schedule, data, settings, count, 0);
            while (!run.done()) (void)run.advance(1u << 20);
            if (settings.sampler.clampX0) {
                QVERIFY2(allFinite(*run.trajectory().positions.front()), described(settings).c_str());
                continue;
            }
            // Without the clamp a step may magnify the network's error by 1/sqrt(1 - beta) = 31, fifty times.
            try {
                requireFinite(run.trajectory());
            } catch (const InputError& error) {
                QVERIFY(QString(error.what()).contains("sampler.clamp"));
            }
        }
    }

  private slots:
    void initTestCase() { provideFontEngine(blockLetters); }
    void everySamplerAtEveryLength_data() {
        QTest::addColumn<int>("steps");
        QTest::addColumn<int>("kind");
        for (const int steps : {1, 2, 10, 1000})
            for (std::size_t kind = 0; kind < schedules().size(); ++kind)
                QTest::addRow("T = %d, %s", steps, std::string(schedules()[kind].choice.id).c_str())
                    << steps << static_cast<int>(kind);
        QTest::addRow("T = 10000") << 10000 << 0;
    }
    void everySamplerAtEveryLength() {
        QFETCH(int, steps);
        QFETCH(int, kind);
        Settings settings = smallSettings();
        settings.schedule.kind = static_cast<ScheduleKind>(kind);
        settings.schedule.steps = steps;
        sampleEverything(settings, std::make_shared<const DataSet>(datasets()[1].draw(20, 1)), 4);
    }

    void theLargestBeta_data() {
        QTest::addColumn<int>("steps");
        QTest::addColumn<bool>("keepCurve");
        for (const int steps : {1, 2, 50, 1000})
            for (const bool keepCurve : {false, true})
                QTest::addRow("T = %d, %s", steps, keepCurve ? "curve kept" : "raw") << steps << keepCurve;
    }
    void theLargestBeta() {
        QFETCH(int, steps);
        QFETCH(bool, keepCurve);
        for (const ScheduleKind kind : {ScheduleKind::Linear, ScheduleKind::Constant}) {
            Settings settings = smallSettings();
            settings.schedule.kind = kind;
            settings.schedule.betaMax = NoiseSchedule::largestBeta;
            settings.schedule.steps = steps;
            settings.schedule.keepCurve = keepCurve;
            sampleEverything(settings, std::make_shared<const DataSet>(datasets()[1].draw(20, 1)), 4);
        }
    }

    void onePointAndEqualPoints_data() {
        QTest::addColumn<int>("count");
        QTest::newRow("one point") << 1;
        QTest::newRow("equal points") << 300;
    }
    void onePointAndEqualPoints() {
        QFETCH(int, count);
        const auto data = pointsAt(static_cast<std::size_t>(count), 0.3f, -1.2f);
        Settings settings = smallSettings();
        for (const int steps : {1, 2, 100}) {
            settings.schedule.steps = steps;
            sampleEverything(settings, data, 4);
        }
        // With the ideal denoiser DDPM lands on the point whatever the steps are.
        settings.sampler.denoiser = DenoiserKind::Ideal;
        settings.sampler.sigma = SigmaKind::Lower;
        const auto backend = makeBackend(BackendKind::Cpu, 1);
        CloudRun run = reverseRun(*backend, NoiseSchedule(settings.schedule), data, settings, 50, 0);
        while (!run.done()) (void)run.advance(1u << 20);
        const auto& points = *run.trajectory().positions.front();
        for (std::size_t i = 0; i < points.size(); ++i)
            QVERIFY(std::abs(points[i] - data->points[i % 2]) < 1e-5f);
    }

    void twiceTheNoiseAtTenSteps() {
        Settings settings = smallSettings();
        settings.schedule.steps = 10;
        settings.sampler.sigmaScale = 2.0;
        sampleEverything(settings, std::make_shared<const DataSet>(datasets()[1].draw(500, 1)), 500);
    }

    /// The strongest guidance, by every sampler and denoiser on both backends: finite, and the particles lie
    /// on the class's side. The clamp holds them in the data's box, as it does where a picture is shown.
    void guidanceOfEight_data() {
        QTest::addColumn<bool>("gpu");
        QTest::newRow("cpu") << false;
        QTest::newRow("gpu") << true;
    }
    void guidanceOfEight() {
        QFETCH(bool, gpu);
        const auto data =
            std::make_shared<DataSet>(datasets()[std::size_t(DatasetKind::EightGaussians)].draw(300, 1));
        QVERIFY(data->classes.size() == 8 && !data->mixture.empty());
        Settings settings = smallSettings();
        settings.data.dataset = DatasetKind::EightGaussians;
        settings.network.classes = true;
        settings.schedule.steps = 60;
        settings.sampler.steps = 30;
        settings.sampler.eta = 1.0;
        settings.sampler.guidance = 8.0;
        settings.sampler.classNumber = 3;
        Trainer trainer(settings, data, makeBackend(gpu ? BackendKind::Gpu : BackendKind::Cpu, 1));
        QVERIFY(!trainer.advance(20));
        const auto& mean = data->mixture[2].mean;
        for (std::size_t denoiser = 0; denoiser < denoisers().size(); ++denoiser)
            for (std::size_t kind = 0; kind < samplers().size(); ++kind) {
                settings.sampler.kind = static_cast<SamplerKind>(kind);
                settings.sampler.denoiser = static_cast<DenoiserKind>(denoiser);
                CloudRun run =
                    reverseRun(trainer.backend(), NoiseSchedule(settings.schedule), data, settings, 50, 0);
                while (!run.done()) (void)run.advance(1u << 20);
                const auto& points = *run.trajectory().positions.front();
                QVERIFY2(allFinite(points), described(settings).c_str());
                if (settings.sampler.denoiser == DenoiserKind::Network) continue;
                for (std::size_t i = 0; i < points.size(); i += 2)
                    QVERIFY2(double(points[i]) * mean[0] + double(points[i + 1]) * mean[1] > 0.0,
                             described(settings).c_str());
            }
    }

    void denoisersAtBothEndsOfTheLogSnr() {
        const auto data = std::make_shared<const DataSet>(
            datasets()[static_cast<std::size_t>(DatasetKind::EightGaussians)].draw(500, 1));
        const auto network = networkDenoiser(initialState(layoutOf(smallSettings(), 0), 1));
        const std::vector<float> far{0.0f, 0.0f, 100.0f, -100.0f, 1e4f, 1e4f, -0.5f, 2.0f};
        std::vector<float> eps(far.size());
        for (const double logSnr : {-12.0, 12.0})
            for (std::size_t kind = 0; kind < denoisers().size(); ++kind) {
                const auto denoiser = denoiserFor(static_cast<DenoiserKind>(kind), data, network);
                const NoiseLevel level = noiseLevelOfLogSnr(logSnr);
                denoiser->eps(far, level, anyClass, eps);
                QVERIFY(allFinite(eps));
                for (std::size_t i = 0; i < far.size(); ++i) {
                    QVERIFY(std::isfinite(scoreOf(eps[i], level)));
                    QVERIFY(std::isfinite(posteriorMean(far[i], eps[i], level)));
                }
            }
    }

    /// All of the points count: no subsampling that nobody told it to do.
    void theIdealDenoiserOfAHundredThousandPoints() {
        constexpr std::size_t count = 100'000;
        DataSet data;
        for (std::size_t i = 0; i < count; ++i) {
            // On a ring, but for the very last point.
            const double angle = 2.0 * 3.14159265358979 * static_cast<double>(i) / static_cast<double>(count);
            data.points.push_back(i + 1 < count ? static_cast<float>(std::cos(angle)) : 5.0f);
            data.points.push_back(i + 1 < count ? static_cast<float>(std::sin(angle)) : 5.0f);
        }
        const NoiseLevel level = noiseLevelOfLogSnr(6.0);
        const std::vector<float> xt{5.0f, 5.0f, 0.0f, 0.0f, 1.0f, 0.0f};
        std::vector<float> eps(xt.size());
        idealEps(data.points, level, xt, eps);
        QVERIFY(std::abs(posteriorMean(xt[0], eps[0], level) - 5.0f) < 1e-3f);
        QVERIFY(std::abs(posteriorMean(xt[2], eps[2], level)) < 1e-3f);  // in the middle of the ring
        Settings settings = smallSettings();
        settings.sampler.kind = SamplerKind::Ddim;
        settings.sampler.denoiser = DenoiserKind::Ideal;
        settings.schedule.steps = 20;
        const auto backend = makeBackend(BackendKind::Cpu, 1);
        const auto shared = std::make_shared<const DataSet>(std::move(data));
        CloudRun run = reverseRun(*backend, NoiseSchedule(settings.schedule), shared, settings, 100, 0);
        while (!run.done()) (void)run.advance(1000);
        const auto& points = *run.trajectory().positions.front();
        for (std::size_t i = 0; i < points.size(); i += 2)
            QVERIFY(std::abs(std::hypot(points[i], points[i + 1]) - 1.0f) < 0.2f ||
                    std::hypot(points[i] - 5.0f, points[i + 1] - 5.0f) < 0.2f);
    }
};

QTEST_GUILESS_MAIN(ExtremesTest)
#include "ExtremesTest.moc"
