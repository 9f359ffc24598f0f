#include "diffusion/GaussianMixture.h"
#include "measures/ExactCase.h"

#include <QTest>
#include <cmath>

using namespace diffuscope;

namespace {

std::shared_ptr<DataSet> caseOf(const GaussianComponent& component) {
    auto data = std::make_shared<DataSet>();
    data->points = {-4, -4, 4, 4};
    data->mixture = {component};
    return data;
}

const auto standardNormal = caseOf({1.0, {0.0, 0.0}, {1.0, 0.0, 1.0}, 0});
const auto singlePoint = caseOf({1.0, {0.5, -0.75}, {0.0, 0.0, 0.0}, 0});

std::vector<ReverseStep> planOf(const NoiseSchedule& schedule, const SamplerSettings& settings) {
    return reversePlan(schedule, settings, Conditioning::LogSnr, {{-5, -5}, {5, 5}});
}

ScheduleSettings scheduleOf(ScheduleKind kind, int steps) {
    ScheduleSettings settings;
    settings.kind = kind;
    settings.steps = steps;
    return settings;
}

bool near(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance * (1.0 + std::abs(b));
}

}  // namespace

class ExactCaseTest : public QObject {
    Q_OBJECT
  private slots:
    void casesAreRecognised() {
        QCOMPARE(exactCaseOf(*standardNormal), ExactCase::StandardNormal);
        QCOMPARE(exactCaseOf(*singlePoint), ExactCase::SinglePoint);
        QCOMPARE(exactCaseOf(DataSet{}), ExactCase::None);
        QCOMPARE(exactCaseOf(*caseOf({1.0, {0.1, 0.0}, {1.0, 0.0, 1.0}, 0})), ExactCase::None);
        QCOMPARE(exactCaseOf(*caseOf({1.0, {0.0, 0.0}, {1.0, 0.0, 0.5}, 0})), ExactCase::None);
        QVERIFY(exactMoments(DataSet{}, planOf(NoiseSchedule({}), {})).empty());
    }

    /// N(0, I) under DDPM: v_{t-1} = alpha_t v_t + (k sigma_t)^2. So beta_t keeps N(0, I) at every step, and
    /// no noise at all leaves alphaBar_T of the variance.
    void standardNormalUnderDdpm() {
        for (const ScheduleKind kind : {ScheduleKind::Linear, ScheduleKind::Cosine})
            for (const int steps : {1, 2, 50, 1000}) {
                const NoiseSchedule schedule(scheduleOf(kind, steps));
                for (std::size_t choice = 0; choice < sigmas().size(); ++choice)
                    for (const double scale : {0.5, 1.0, 2.0}) {
                        SamplerSettings settings;
                        settings.sigma = static_cast<SigmaKind>(choice);
                        settings.sigmaScale = scale;
                        const auto moments = exactMoments(*standardNormal, planOf(schedule, settings));
                        QCOMPARE(moments.size(), std::size_t(steps) + 1);
                        double variance = 1.0;
                        for (int t = steps; t >= 1; --t) {
                            const auto& at = moments[std::size_t(steps - t)];
                            QCOMPARE(at.t, t);
                            QVERIFY(near(at.variance, variance, 2e-4));
                            QVERIFY(std::abs(at.mean[0]) + std::abs(at.mean[1]) < 1e-12);
                            double noise = t == 1 ? 0.0 : std::pow(sigma(schedule, settings, t), 2.0);
                            if (settings.sigma == SigmaKind::Learned && t > 1)  // the optimal one
                                noise = scale * scale * schedule.beta(t);
                            variance = schedule.alpha(t) * variance + noise;
                        }
                        QVERIFY(near(moments.back().variance, variance, 2e-4));
                        if (settings.sigma == SigmaKind::Zero)
                            QVERIFY(near(moments.back().variance, schedule.alphaBar(steps), 1e-4));
                        const bool optimal =
                            settings.sigma == SigmaKind::Upper || settings.sigma == SigmaKind::Learned;
                        if (optimal && scale == 1.0)
                            for (const auto& at : moments) QVERIFY(at.t == 0 || near(at.variance, 1.0, 2e-4));
                    }
            }
    }

    /// N(0, I) under DDIM from t to s: x_s = (sqrt(ab_s ab_t) + sqrt((1 - ab_s - sigma^2)(1 - ab_t))) x_t +
    /// sigma z.
    void standardNormalUnderDdim() {
        const NoiseSchedule schedule(scheduleOf(ScheduleKind::Linear, 100));
        for (const double eta : {0.0, 0.5, 1.0}) {
            SamplerSettings settings;
            settings.kind = SamplerKind::Ddim;
            settings.eta = eta;
            settings.steps = 10;
            const auto moments = exactMoments(*standardNormal, planOf(schedule, settings));
            double variance = 1.0;
            for (std::size_t i = 1; i < moments.size(); ++i) {
                const double from = schedule.alphaBar(moments[i - 1].t);
                const double to = schedule.alphaBar(moments[i].t);
                const double noise = eta * eta * (1.0 - to) / (1.0 - from) * (1.0 - from / to);
                const double factor = std::sqrt(to * from) + std::sqrt((1.0 - to - noise) * (1.0 - from));
                variance = factor * factor * variance + noise;
                QVERIFY(near(moments[i].variance, variance, 1e-5));
            }
        }
    }

    /// One point with beta-tilde_t: had x_T come from q_T, every x_t would come from q_t. Of what it lacks,
    /// alphaBar_T of variance and sqrt(alphaBar_T) of p, the factors of the steps leave nothing at t = 0.
    void singlePointUnderDdpm() {
        const NoiseSchedule schedule(scheduleOf(ScheduleKind::Linear, 50));
        SamplerSettings settings;
        settings.sigma = SigmaKind::Lower;
        const auto moments = exactMoments(*singlePoint, planOf(schedule, settings));
        double left = 1.0;  // product of sqrt(alpha_t) (1 - alphaBar_{t-1}) / (1 - alphaBar_t)
        for (std::size_t i = 0; i < moments.size(); ++i) {
            const int t = moments[i].t;
            const double variance = schedule.oneMinusAlphaBar(t) + schedule.alphaBar(50) * left * left;
            const double mean = std::sqrt(schedule.alphaBar(t)) - std::sqrt(schedule.alphaBar(50)) * left;
            QVERIFY(near(moments[i].variance, variance, 1e-5));
            QVERIFY(near(moments[i].mean[0], 0.5 * mean, 1e-5) &&
                    near(moments[i].mean[1], -0.75 * mean, 1e-5));
            if (t > 0)
                left *= std::sqrt(schedule.alpha(t)) * schedule.oneMinusAlphaBar(t - 1) /
                        schedule.oneMinusAlphaBar(t);
        }
        QCOMPARE(moments.back().variance, 0.0);
    }

    void theCloudFollows_data() {
        QTest::addColumn<bool>("point");
        QTest::addColumn<int>("sampler");
        QTest::addColumn<int>("sigma");
        QTest::addColumn<double>("scale");
        for (const bool point : {false, true}) {
            for (int choice = 0; choice < int(sigmas().size()); ++choice)
                QTest::addRow("%s ddpm %d", point ? "point" : "normal", choice)
                    << point << 0 << choice << 1.0;
            QTest::addRow("%s ddpm twice", point ? "point" : "normal") << point << 0 << 0 << 2.0;
            for (int sampler = 1; sampler < int(samplers().size()); ++sampler)
                QTest::addRow("%s %s", point ? "point" : "normal",
                              std::string(samplers()[std::size_t(sampler)].choice.id).c_str())
                    << point << sampler << 0 << 1.0;
        }
    }

    /// 10,000 particles of a real run, at each time within six standard errors of what is exact: a false
    /// alarm in less than one of 10^6 runs, and the seed is fixed.
    void theCloudFollows() {
        QFETCH(bool, point);
        QFETCH(int, sampler);
        QFETCH(int, sigma);
        QFETCH(double, scale);
        const auto& data = point ? singlePoint : standardNormal;
        const NoiseSchedule schedule(scheduleOf(ScheduleKind::Linear, 20));
        SamplerSettings settings;
        settings.kind = static_cast<SamplerKind>(sampler);
        settings.sigma = static_cast<SigmaKind>(sigma);
        settings.sigmaScale = scale;
        settings.clampX0 = false;
        settings.eta = 0.7;
        settings.steps = 7;
        const auto plan = planOf(schedule, settings);
        const auto denoiser = mixtureDenoiser(data->mixture);
        std::vector<float> x(20'000);
        std::vector<float> eps(x.size());
        std::vector<float> memory(x.size());
        reverseStart(5, 0, x);
        for (const ReverseStep& step : plan) {
            denoiser->eps(x, step.level, anyClass, eps);
            const std::vector<float> shares(eps.size(), point ? 0.0f : 1.0f);  // of a perfect second head
            applyReverseStep(step, 5, 0, eps, x, memory, shares);
            if (&step != &plan.back() && (&step)[1].to == step.to) continue;  // a part of the step
            const auto readings = exactReadings(*data, schedule, plan, step.to, x);
            QVERIFY(readings.size() >= 4);
            for (const ExactReading& reading : readings)
                QVERIFY2(std::abs(reading.measured - reading.exact) < 1.5 * reading.tolerance,
                         reading.name.c_str());
        }
        const auto last = exactReadings(*data, schedule, plan, 0, x);
        QCOMPARE(last.size(), std::size_t(point ? 5 : 4));
        QCOMPARE(last[1].name, std::string("variance of x_0 along x"));
        QCOMPARE(last[1].ofQt, point ? 0.0 : 1.0);
        QVERIFY(exactReadings(*data, schedule, plan, 21, x).empty());
    }

    /// The measurement is able to fail: a cloud that is 5 % too wide is outside of its tolerance.
    void aWrongCloudShows() {
        const NoiseSchedule schedule(scheduleOf(ScheduleKind::Linear, 10));
        std::vector<float> x(40'000);
        reverseStart(6, 0, x);
        const auto plan = planOf(schedule, {});
        for (const ExactReading& reading : exactReadings(*standardNormal, schedule, plan, 10, x))
            QVERIFY(std::abs(reading.measured - reading.exact) < reading.tolerance);
        for (float& value : x) value *= 1.05f;
        const auto readings = exactReadings(*standardNormal, schedule, plan, 10, x);
        QVERIFY(std::abs(readings[1].measured - readings[1].exact) > readings[1].tolerance);
        QVERIFY(exactReadings(*standardNormal, schedule, plan, 10, std::vector<float>{1, 2}).size() == 2);
    }
};

QTEST_GUILESS_MAIN(ExactCaseTest)
#include "ExactCaseTest.moc"
