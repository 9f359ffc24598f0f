#include "Error.h"
#include "ExactDenoisers.h"
#include "measures/Likelihood.h"
#include "measures/VariationalBound.h"

#include <QTest>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

using namespace diffuscope;

namespace {

const double nat = 1.0 / (2.0 * std::numbers::ln2);  // in bits per dimension

double relative(double actual, double expected) {
    return std::abs(actual - expected) / (1.0 + std::abs(expected));
}

SamplerSettings with(SigmaKind kind, double scale = 1.0) {
    SamplerSettings settings;
    settings.sigma = kind;
    settings.sigmaScale = scale;
    settings.clampX0 = false;
    return settings;
}

NoiseSchedule scheduleOf(int steps, ScheduleKind kind = ScheduleKind::Linear) {
    ScheduleSettings settings;
    settings.kind = kind;
    settings.steps = steps;
    return NoiseSchedule(settings);
}

}  // namespace

class BoundTest : public QObject {
    Q_OBJECT
  private slots:
    /// x_0 ~ N(0, I), the exact denoiser and sigma^2 = beta. With r = beta-tilde/beta the mean of the squares
    /// makes up for r - 1 in the KL of every step, and what stays is
    ///     L_{t-1} = ln((1 - alphaBar_t)/(1 - alphaBar_{t-1})),  L_0 = ln(2 pi beta_1) + 1,
    ///     L_T = -ln(1 - alphaBar_T)   (nats, two dimensions),
    /// which add up to the entropy ln(2 pi e): the bound is tight. Each term's samples scatter with a known
    /// deviation; 7 of them are a false alarm of 3e-12 a term.
    void standardNormalUpper_data() {
        QTest::addColumn<int>("steps");
        for (const int steps : {1, 2, 10, 200, 1000}) QTest::addRow("T = %d", steps) << steps;
    }
    void standardNormalUpper() {
        QFETCH(int, steps);
        const NoiseSchedule schedule = scheduleOf(steps);
        const std::vector<float> points = normals(1, 2000);
        const VariationalBound bound =
            variationalBound(StandardNormalDenoiser(), anyClass, schedule, with(SigmaKind::Upper),
                             Conditioning::LogSnr, {}, points, 5, alone_);
        QCOMPARE(bound.terms.size(), static_cast<std::size_t>(steps) + 1);
        for (int t = 1; t <= steps; ++t) {
            const double before = schedule.oneMinusAlphaBar(t - 1);
            const double now = schedule.oneMinusAlphaBar(t);
            const double expected =
                t == 1 ? std::log(2.0 * std::numbers::pi * now) + 1.0 : std::log(now / before);
            // The half sum of two squared normals has variance 1; their factor is 1 at t = 1.
            const double factor = t == 1 ? 1.0 : schedule.alphaBar(t - 1) * schedule.beta(t) / now;
            QVERIFY(std::abs(bound.terms[static_cast<std::size_t>(t - 1)] - nat * expected) <
                    7.0 * nat * factor / std::sqrt(2000.0) + 1e-6);
        }
        const double left = schedule.alphaBar(steps);
        QVERIFY(std::abs(bound.terms.back() + nat * std::log(schedule.oneMinusAlphaBar(steps))) <
                7.0 * nat * left / std::sqrt(2000.0) + 1e-9);
        const double entropy = nat * (std::log(2.0 * std::numbers::pi) + 1.0);
        QVERIFY(std::abs(bound.bitsPerDim - entropy) < 7.0 * bound.error);
        QVERIFY(bound.error < 0.05);
        QVERIFY(relative(bound.bitsPerDim, std::accumulate(bound.terms.begin(), bound.terms.end(), 0.0)) <
                1e-12);
        QVERIFY(bound.note.empty());
    }

    /// The wrong variance costs what the closed form says: with sigma^2 = c beta every step t > 1 has
    ///     (r/c - 1 - ln(r/c)) + (1 - r)/c   nats.
    void standardNormalScaled() {
        const NoiseSchedule schedule = scheduleOf(50);
        const std::vector<float> points = normals(3, 4000);
        for (const double scale : {0.5, 0.9, 2.0}) {
            const VariationalBound bound =
                variationalBound(StandardNormalDenoiser(), anyClass, schedule, with(SigmaKind::Upper, scale),
                                 Conditioning::LogSnr, {}, points, 6, alone_);
            const double c = scale * scale;
            double sum = std::log(2.0 * std::numbers::pi * c * schedule.beta(1)) + 1.0 / c -
                         std::log(schedule.oneMinusAlphaBar(50));
            for (int t = 2; t <= 50; ++t) {
                const double r = schedule.oneMinusAlphaBar(t - 1) / schedule.oneMinusAlphaBar(t);
                sum += r / c - 1.0 - std::log(r / c) + (1.0 - r) / c;
            }
            QVERIFY(std::abs(bound.bitsPerDim - nat * sum) < 7.0 * bound.error);
            QVERIFY(bound.bitsPerDim > nat * (std::log(2.0 * std::numbers::pi) + 1.0));
        }
    }

    /// One point, its exact denoiser and sigma^2 = beta-tilde: p and q are the same Gaussian at every step.
    void singlePointLower() {
        for (const int steps : {1, 2, 100, 1000}) {
            const NoiseSchedule schedule = scheduleOf(steps, ScheduleKind::Cosine);
            const std::vector<float> points{0.5f, -1.25f, 0.5f, -1.25f};
            const VariationalBound bound =
                variationalBound(SinglePointDenoiser(0.5f, -1.25f), anyClass, schedule,
                                 with(SigmaKind::Lower), Conditioning::LogSnr, {}, points, 1, alone_);
            const double replaced = steps > 1 ? schedule.posteriorVariance(2) : schedule.beta(1);
            QVERIFY(relative(bound.terms.front(), nat * std::log(2.0 * std::numbers::pi * replaced)) < 1e-6);
            for (int t = 2; t <= steps; ++t)
                QVERIFY(std::abs(bound.terms[static_cast<std::size_t>(t - 1)]) < 1e-6);
            const double left = schedule.alphaBar(steps);
            const double last = -std::log1p(-left) - left + 0.5 * left * (0.25 + 1.5625);
            QVERIFY(relative(bound.terms.back(), nat * last) < 1e-6);
            QVERIFY(!bound.note.empty());
        }
    }

    /// Where the guess is clamped the mean is that of the clamped guess: a box around the one point hides any
    /// error of the denoiser.
    void theClampBelongsToTheModel() {
        const NoiseSchedule schedule = scheduleOf(20);
        SamplerSettings settings = with(SigmaKind::Lower);
        settings.clampX0 = true;
        const Box box{{0.5f, -1.25f}, {0.5f, -1.25f}};
        const std::vector<float> points{0.5f, -1.25f};
        const VariationalBound bound =
            variationalBound(SinglePointDenoiser(40.0f, 40.0f), anyClass, schedule, settings,
                             Conditioning::LogSnr, box, points, 1, alone_);
        for (int t = 2; t <= 20; ++t) QVERIFY(std::abs(bound.terms[static_cast<std::size_t>(t - 1)]) < 1e-9);
        QVERIFY(std::isnan(bound.error));
    }

    void noNoiseIsRefused() {
        const NoiseSchedule schedule = scheduleOf(20);
        const std::vector<float> points{0.0f, 0.0f};
        for (const SamplerSettings& settings : {with(SigmaKind::Zero), with(SigmaKind::Upper, 0.0)})
            QVERIFY_EXCEPTION_THROWN(
                (void)variationalBound(StandardNormalDenoiser(), anyClass, schedule, settings,
                                       Conditioning::LogSnr, {}, points, 1, alone_),
                InputError);
        QVERIFY_EXCEPTION_THROWN(
            (void)variationalBound(StandardNormalDenoiser(), anyClass, schedule, with(SigmaKind::Upper),
                                   Conditioning::LogSnr, {}, {}, 1, alone_),
            InputError);
    }

    /// N(0, I) stays N(0, I): ln p(x) = -ln(2 pi) - |x|^2/2 at every point, -ln(2 pi) - 1 in the mean.
    void likelihoodOfTheStandardNormal() {
        const std::vector<float> points = normals(7, 3000);
        for (const int steps : {1, 2, 50, 1000, 10000})
            for (const Conditioning conditioning : {Conditioning::LogSnr, Conditioning::StepIndex}) {
                const std::vector<double> densities =
                    logDensities(StandardNormalDenoiser(), anyClass, scheduleOf(steps), conditioning,
                                 std::span(points).first(200), 20, alone_);
                for (std::size_t i = 0; i < densities.size(); ++i) {
                    const double squares =
                        std::pow(double(points[2 * i]), 2) + std::pow(double(points[2 * i + 1]), 2);
                    QVERIFY(std::abs(densities[i] + std::log(2.0 * std::numbers::pi) + 0.5 * squares) < 2e-4);
                }
            }
        const Likelihood likelihood = logLikelihood(StandardNormalDenoiser(), anyClass, scheduleOf(1000),
                                                    Conditioning::LogSnr, points, 20, 3, alone_);
        QVERIFY(std::abs(likelihood.mean + std::log(2.0 * std::numbers::pi) + 1.0) < 6.0 / std::sqrt(3000.0));
        QVERIFY(relative(likelihood.error, 1.0 / std::sqrt(3000.0)) < 0.01);
        QCOMPARE(likelihood.logSnr, scheduleOf(1000).logSnr(1));
        QCOMPARE(likelihood.count, 3000);
    }

    /// Two Gaussians: ln p_1 at every point of a grid against the closed form of the smoothed mixture, and
    /// the mean by quadrature over the grid. At lambda_T = -10 the mixture's own q_T is the prior N(0, I) to
    /// within these tolerances.
    void likelihoodOfAMixture_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("steps");
        QTest::addColumn<int>("solver");
        QTest::addColumn<double>("everywhere");
        QTest::addColumn<double>("inTheMean");
        const auto row = [](const char* name, ScheduleKind kind, int steps, int solver, double everywhere,
                            double inTheMean) {
            QTest::newRow(name) << static_cast<int>(kind) << steps << solver << everywhere << inTheMean;
        };
        row("cosine, T = 1000, 100 steps", ScheduleKind::Cosine, 1000, 100, 1e-3, 1e-5);
        row("linear, T = 1000, 100 steps", ScheduleKind::Linear, 1000, 100, 1e-3, 1e-5);
        row("linear, T = 1000, 24 steps", ScheduleKind::Linear, 1000, 24, 1e-2, 3e-4);
        row("linear, T = 50, 60 steps", ScheduleKind::Linear, 50, 60, 1e-3, 1e-5);
    }
    void likelihoodOfAMixture() {
        QFETCH(int, kind);
        QFETCH(int, steps);
        QFETCH(int, solver);
        QFETCH(double, everywhere);
        QFETCH(double, inTheMean);
        const NoiseSchedule schedule = scheduleOf(steps, static_cast<ScheduleKind>(kind));
        const TwoGaussians mixture(1.0, 0.3);
        constexpr int side = 40;
        constexpr double half = 2.6;
        const double cell = 2.0 * half / side;
        std::vector<float> grid;
        for (int row = 0; row < side; ++row)
            for (int column = 0; column < side; ++column)
                grid.insert(grid.end(), {static_cast<float>((column + 0.5) * cell - half),
                                         static_cast<float>((row + 0.5) * cell - half)});
        const std::vector<double> densities =
            logDensities(mixture, anyClass, schedule, Conditioning::LogSnr, grid, solver, alone_);
        double worst = 0.0;
        double mass = 0.0;
        double expected = 0.0;
        double actual = 0.0;
        for (std::size_t i = 0; i < densities.size(); ++i) {
            const double exact =
                mixture.logDensity(double(grid[2 * i]), double(grid[2 * i + 1]), schedule.alphaBar(1));
            const double weight = std::exp(exact) * cell * cell;
            if (exact > -12.0) worst = std::max(worst, std::abs(densities[i] - exact));
            mass += weight;
            expected += weight * exact;
            actual += weight * densities[i];
        }
        QVERIFY(std::abs(mass - 1.0) < 1e-6);
        qInfo("ln p: at most %.1e nats off, %.1e in the mean", worst, actual - expected);
        QVERIFY(worst < everywhere);
        QVERIFY(std::abs(actual - expected) < inTheMean);
    }

    /// The bound is one: above -ln p in the mean, of the same exact denoiser.
    void theBoundIsAboveTheLikelihood() {
        const NoiseSchedule schedule = scheduleOf(200);
        const TwoGaussians mixture(1.0, 0.3);
        const std::vector<float> points = mixture.draws(11, 3000);
        double entropy = 0.0;  // of x_0, by the same points
        for (std::size_t i = 0; i < points.size(); i += 2)
            entropy -= mixture.logDensity(double(points[i]), double(points[i + 1]), 1.0) / 3000.0;
        const Likelihood likelihood =
            logLikelihood(mixture, anyClass, schedule, Conditioning::LogSnr, points, 40, 4, alone_);
        QVERIFY(std::abs(likelihood.mean + entropy) < 0.05);
        for (const SigmaKind kind : {SigmaKind::Upper, SigmaKind::Lower, SigmaKind::Interpolated}) {
            const VariationalBound bound = variationalBound(mixture, anyClass, schedule, with(kind),
                                                            Conditioning::LogSnr, {}, points, 4, alone_);
            QVERIFY(bound.bitsPerDim > nat * entropy - 7.0 * bound.error);
            QVERIFY(bound.bitsPerDim > -nat * likelihood.mean - 7.0 * bound.error);
            QVERIFY(bound.bitsPerDim < nat * entropy + 1.5);
        }
    }

    void threadsDoNotMatter() {
        ThreadPool three(3);
        const NoiseSchedule schedule = scheduleOf(30);
        const TwoGaussians mixture(1.0, 0.3);
        const std::vector<float> points = mixture.draws(1, 700);
        const auto bound = [&](const Measuring& measuring) {
            return variationalBound(mixture, anyClass, schedule, with(SigmaKind::Upper), Conditioning::LogSnr,
                                    {}, points, 4, measuring)
                .terms;
        };
        QCOMPARE(bound({three}), bound(alone_));
        QCOMPARE(logDensities(mixture, anyClass, schedule, Conditioning::LogSnr, points, 5, {three}),
                 logDensities(mixture, anyClass, schedule, Conditioning::LogSnr, points, 5, alone_));
    }

  private:
    ThreadPool pool_{1};
    Measuring alone_{pool_};
};

QTEST_GUILESS_MAIN(BoundTest)
#include "BoundTest.moc"
