#include "Error.h"
#include "core/GoldenTable.h"
#include "diffusion/NoiseSchedule.h"

#include <QTest>
#include <cmath>

using namespace diffuscope;

namespace {

bool close(double actual, double expected, double relative) {
    return std::abs(actual - expected) <= relative * std::abs(expected);
}

ScheduleSettings settingsOf(int kind, int steps, bool keepCurve) {
    ScheduleSettings settings;
    settings.kind = static_cast<ScheduleKind>(kind);
    settings.steps = steps;
    settings.keepCurve = keepCurve;
    return settings;
}

}  // namespace

class NoiseScheduleTest : public QObject {
    Q_OBJECT
  private slots:
    void goldenValues();
    void goldenCurves();
    void everyRowIsASchedule_data();
    void everyRowIsASchedule();
    void bothModesAgreeAtTheReference();
    void keptCurveIsCutNotChanged_data();
    void keptCurveIsCutNotChanged();
    void unusableSettingsAreRefused();
    void tablesFollowTheirEnumerators();
    void defaultsReachTheNoise();
    void curvesFollowASchedule_data();
    void curvesFollowASchedule();
    void levelsStayUsable();
    void conditions();
};

void NoiseScheduleTest::goldenValues() {
    const std::vector<Choice> choices = choicesOf(schedules());
    for (const QStringList& row : goldenTable("schedules.csv")) {
        ScheduleSettings settings = settingsOf(requireIndex(choices, row[0].toStdString(), "schedule"),
                                               row[4].toInt(), row[1] == "keep");
        settings.betaMin = row[2].toDouble();
        settings.betaMax = row[3].toDouble();
        const NoiseSchedule schedule(settings);
        const int t = row[5].toInt();
        const QByteArray where = row.join(',').toUtf8();
        QVERIFY2(close(schedule.beta(t), row[6].toDouble(), 1e-10), where);
        QVERIFY2(close(schedule.logAlphaBar(t), row[7].toDouble(), 1e-10), where);
        QVERIFY2(close(schedule.posteriorVariance(t), row[8].toDouble(), 1e-10), where);
    }
}

void NoiseScheduleTest::goldenCurves() {
    const std::vector<Choice> choices = choicesOf(schedules());
    for (const QStringList& row : goldenTable("curves.csv")) {
        ScheduleSettings settings = settingsOf(requireIndex(choices, row[0].toStdString(), "schedule"),
                                               row[3].toInt(), row[1] == "keep");
        if (settings.kind == ScheduleKind::Custom) {
            settings.curve = customCurveOf(QString(row[2]).replace(' ', ',').toStdString());
        } else {
            settings.logSnrMax = row[2].section(' ', 0, 0).toDouble();
            settings.logSnrMin = row[2].section(' ', 1, 1).toDouble();
        }
        const NoiseSchedule schedule(settings);
        const int t = row[4].toInt();
        const QByteArray where = row.join(',').toUtf8();
        // A beta of a curve is the difference of two log alphaBar, each good to 1e-16 of itself.
        const auto same = [&](double actual, double expected) {
            return std::abs(actual - expected) <= 1e-12 + 1e-10 * std::abs(expected);
        };
        QVERIFY2(same(schedule.beta(t), row[5].toDouble()), where);
        QVERIFY2(close(schedule.logAlphaBar(t), row[6].toDouble(), 1e-10), where);
        QVERIFY2(same(schedule.posteriorVariance(t), row[7].toDouble()), where);
    }
}

void NoiseScheduleTest::everyRowIsASchedule_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("steps");
    QTest::addColumn<bool>("keepCurve");
    for (int kind = 0; kind < int(schedules().size()); ++kind)
        for (const int steps : {1, 2, 50, 1000, 10000})
            for (const bool keep : {false, true})
                QTest::addRow("%s %d %s", schedules()[std::size_t(kind)].choice.id.data(), steps,
                              keep ? "keep" : "raw")
                    << kind << steps << keep;
}

void NoiseScheduleTest::everyRowIsASchedule() {
    QFETCH(int, kind);
    QFETCH(int, steps);
    QFETCH(bool, keepCurve);
    const NoiseSchedule schedule(settingsOf(kind, steps, keepCurve));
    QCOMPARE(schedule.steps(), steps);
    QCOMPARE(schedule.alphaBar(0), 1.0);
    QCOMPARE(schedule.oneMinusAlphaBar(0), 0.0);
    QVERIFY(std::isinf(schedule.snr(0)) && std::isinf(schedule.logSnr(0)));
    for (int t = 1; t <= steps; ++t) {
        QVERIFY(schedule.beta(t) > 0.0 && schedule.beta(t) < 1.0);
        QVERIFY(schedule.alphaBar(t) > 0.0 && schedule.alphaBar(t) < schedule.alphaBar(t - 1));
        QVERIFY(schedule.logSnr(t) < schedule.logSnr(t - 1));
        QVERIFY(close(schedule.alpha(t), schedule.alphaBar(t) / schedule.alphaBar(t - 1), 1e-12));
        QVERIFY(close(schedule.alphaBar(t) + schedule.oneMinusAlphaBar(t), 1.0, 1e-15));
        QVERIFY(close(std::exp(schedule.logSnr(t)), schedule.snr(t), 1e-12));
        QVERIFY(schedule.posteriorVariance(t) >= 0.0 && schedule.posteriorVariance(t) <= schedule.beta(t));
    }
    QVERIFY(close(schedule.signalLeft(), std::sqrt(schedule.alphaBar(steps)), 1e-14));
}

void NoiseScheduleTest::bothModesAgreeAtTheReference() {
    for (int kind = 0; kind < int(schedules().size()); ++kind) {
        const NoiseSchedule kept(settingsOf(kind, NoiseSchedule::referenceSteps, true));
        const NoiseSchedule raw(settingsOf(kind, NoiseSchedule::referenceSteps, false));
        for (int t = 1; t <= kept.steps(); ++t) QCOMPARE(kept.beta(t), raw.beta(t));
    }
}

void NoiseScheduleTest::keptCurveIsCutNotChanged_data() {
    QTest::addColumn<int>("kind");
    for (int kind = 0; kind < int(schedules().size()); ++kind)
        QTest::addRow("%s", schedules()[std::size_t(kind)].choice.id.data()) << kind;
}

void NoiseScheduleTest::keptCurveIsCutNotChanged() {
    QFETCH(int, kind);
    const NoiseSchedule reference(settingsOf(kind, 1000, true));
    for (const int steps : {50, 100, 500, 2000, 10000}) {
        const NoiseSchedule schedule(settingsOf(kind, steps, true));
        // The last step is left out: the cosine's is clamped to 0.999, which is the one place of
        // disagreement.
        for (int t = 50; t < 1000; t += 50)
            if (std::int64_t{t} * steps % 1000 == 0)
                QVERIFY(close(schedule.logAlphaBar(t * steps / 1000), reference.logAlphaBar(t), 1e-9));
    }
}

void NoiseScheduleTest::unusableSettingsAreRefused() {
    const auto refused = [](auto change) {
        ScheduleSettings settings;
        change(settings);
        try {
            const NoiseSchedule schedule(settings);
            return false;
        } catch (const InputError&) {
            return true;
        }
    };
    QVERIFY(!refused([](ScheduleSettings&) {}));
    QVERIFY(refused([](ScheduleSettings& s) { s.steps = 0; }));
    QVERIFY(refused([](ScheduleSettings& s) { s.steps = 10001; }));
    QVERIFY(refused([](ScheduleSettings& s) { s.betaMin = 0.0; }));
    QVERIFY(refused([](ScheduleSettings& s) { s.betaMax = 1.0; }));
    QVERIFY(refused([](ScheduleSettings& s) { s.betaMin = std::nan(""); }));
    QVERIFY(refused([](ScheduleSettings& s) { s.betaMin = 0.03; }));
    QVERIFY(!refused([](ScheduleSettings& s) { s.betaMin = s.betaMax; }));
    QVERIFY(refused([](ScheduleSettings& s) {
        s.kind = ScheduleKind::LogSnr;
        s.logSnrMin = s.logSnrMax;
    }));
    QVERIFY(refused([](ScheduleSettings& s) {
        s.kind = ScheduleKind::Custom;
        s.curve.points.pop_back();
    }));
    // What a schedule does not read cannot spoil it.
    QVERIFY(!refused([](ScheduleSettings& s) { s.curve.points.clear(); }));
}

void NoiseScheduleTest::tablesFollowTheirEnumerators() {
    const std::vector<Choice> choices = choicesOf(schedules());
    QCOMPARE(choices.size(), std::size_t{9});
    QCOMPARE(indexOf(choices, "log-snr").value(), int(ScheduleKind::LogSnr));
    QCOMPARE(indexOf(choices, "custom").value(), int(ScheduleKind::Custom));
    QCOMPARE(indexOf(choices, "linear").value(), int(ScheduleKind::Linear));
    QCOMPARE(indexOf(choices, "cosine").value(), int(ScheduleKind::Cosine));
    QCOMPARE(indexOf(choices, "quadratic").value(), int(ScheduleKind::Quadratic));
    QCOMPARE(indexOf(choices, "sigmoid").value(), int(ScheduleKind::Sigmoid));
    QCOMPARE(indexOf(choices, "tanh").value(), int(ScheduleKind::Tanh));
    QCOMPARE(indexOf(choices, "constant").value(), int(ScheduleKind::Constant));
    QCOMPARE(indexOf(choices, "su").value(), int(ScheduleKind::Su));
    for (const ScheduleRow& row : schedules()) QVERIFY(row.beta || row.logAlphaBar);
    ScheduleSettings custom = settingsOf(int(ScheduleKind::Custom), 10, true);
    QVERIFY(!isClosed(custom));
    custom.curve = customCurveOf("log-snr:0,9;1,-9");
    QVERIFY(isClosed(custom));
    QVERIFY(isClosed(settingsOf(int(ScheduleKind::Cosine), 10, true)));
    QVERIFY(!isClosed(settingsOf(int(ScheduleKind::Linear), 10, true)));
}

// What the gauge "signal left" warns of, at every T that keeps the curve.
void NoiseScheduleTest::defaultsReachTheNoise() {
    for (int kind = 0; kind < int(schedules().size()); ++kind)
        for (const int steps : {50, 1000, 10000})
            QVERIFY2(NoiseSchedule(settingsOf(kind, steps, true)).signalLeft() < 0.05,
                     schedules()[std::size_t(kind)].choice.id.data());
}

void NoiseScheduleTest::curvesFollowASchedule_data() {
    everyRowIsASchedule_data();
}

void NoiseScheduleTest::curvesFollowASchedule() {
    QFETCH(int, kind);
    QFETCH(int, steps);
    QFETCH(bool, keepCurve);
    const NoiseSchedule schedule(settingsOf(kind, steps, keepCurve));
    for (const CurvePlane plane : {CurvePlane::Beta, CurvePlane::LogSnr}) {
        ScheduleSettings settings = settingsOf(int(ScheduleKind::Custom), steps, keepCurve);
        settings.curve = curveThrough(schedule, plane);
        requireValid(settings.curve);
        if (plane != CurvePlane::LogSnr || steps < 50 || !keepCurve) continue;
        // Nine points of lambda hold the middle of every curve to a third of a unit of log-SNR.
        const NoiseSchedule bent(settings);
        for (int t = steps / 4; t <= 3 * steps / 4; ++t)
            QVERIFY(std::abs(bent.logSnr(t) - schedule.logSnr(t)) < 0.34);
    }
}

// The harshest schedule: alphaBar would be e^-69000, far below the smallest float.
void NoiseScheduleTest::levelsStayUsable() {
    ScheduleSettings settings = settingsOf(int(ScheduleKind::Constant), 10000, false);
    settings.betaMax = 0.999;
    const std::vector<NoiseLevel> levels = noiseLevels(NoiseSchedule(settings), Conditioning::LogSnr);
    QCOMPARE(levels.size(), std::size_t{10000});
    for (const NoiseLevel& level : levels) {
        QVERIFY(level.sqrtAlphaBar > 0.0f && std::isfinite(1e3f / level.sqrtAlphaBar));
        QVERIFY(level.sqrtOneMinusAlphaBar > 0.0f && level.sqrtOneMinusAlphaBar <= 1.0f);
        QVERIFY(std::abs(level.condition) <= 12.0f);
    }
}

void NoiseScheduleTest::conditions() {
    const NoiseSchedule schedule(settingsOf(int(ScheduleKind::Linear), 100, true));
    QCOMPARE(noiseLevel(schedule, 25, Conditioning::StepIndex).condition, 6.0f);
    QCOMPARE(noiseLevel(schedule, 100, Conditioning::StepIndex).condition, -12.0f);
    for (int t = 1; t <= 100; ++t) {
        const NoiseLevel level = noiseLevel(schedule, t, Conditioning::LogSnr);
        const NoiseLevel same = noiseLevelOfLogSnr(schedule.logSnr(t));
        QVERIFY(close(double(level.sqrtAlphaBar), double(same.sqrtAlphaBar), 1e-6));
        QVERIFY(close(double(level.sqrtOneMinusAlphaBar), double(same.sqrtOneMinusAlphaBar), 1e-6));
        QCOMPARE(level.condition, same.condition);
    }
    QCOMPARE(noiseLevelOfLogSnr(30.0).condition, 12.0f);
    QCOMPARE(noiseLevelOfLogSnr(-30.0).condition, -12.0f);
    QCOMPARE(noiseLevelOfLogSnr(0.0).sqrtAlphaBar, std::sqrt(0.5f));
}

QTEST_GUILESS_MAIN(NoiseScheduleTest)
#include "NoiseScheduleTest.moc"
