#include "Error.h"
#include "diffusion/NoiseSchedule.h"
#include "settings/Fields.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <set>
#include <string>

using namespace diffuscope;

class FieldsTest : public QObject {
    Q_OBJECT
  private slots:
    void everyField_data() {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < fields().size(); ++i)
            QTest::newRow(std::string(fields()[i].id).c_str()) << static_cast<int>(i);
    }

    /// Both ends are accepted and come back from text bit for bit; beyond the ends is refused by name.
    void everyField() {
        QFETCH(int, index);
        const Field& field = fields()[static_cast<std::size_t>(index)];
        QVERIFY(!field.label.empty());
        QVERIFY(!field.help.empty());
        const Settings defaults;
        if (field.type == FieldType::Text) {
            Settings parsed;
            parseField(field, fieldText(field, defaults), parsed);
            QVERIFY(parsed == defaults);
            return;
        }
        QVERIFY(field.get(defaults) >= field.minimum && field.get(defaults) <= field.upper());
        for (const double value : {field.minimum, field.upper(), field.get(defaults)}) {
            Settings settings;
            setField(field, value, settings);
            QCOMPARE(field.get(settings), value);
            Settings parsed;
            parseField(field, fieldText(field, settings), parsed);
            QVERIFY(parsed == settings);
        }
        for (const double value : {field.minimum - 1.0, field.upper() + 1.0, std::nan(""),
                                   std::numeric_limits<double>::infinity()}) {
            Settings settings;
            try {
                setField(field, value, settings);
                QFAIL("a value outside of the range was accepted");
            } catch (const InputError& error) {
                QVERIFY(std::string(error.what()).find(field.id) != std::string::npos);
            }
            QVERIFY(settings == defaults);
        }
    }

    void everyFieldHasAnIdOfItsOwn() {
        std::set<std::string_view> ids;
        for (const Field& field : fields()) ids.insert(field.id);
        QCOMPARE(ids.size(), fields().size());
    }

    /// A change of one field costs what its row says.
    void costs() {
        for (const Field& field : fields()) {
            if (field.type == FieldType::Text) continue;
            const Settings before;
            Settings after;
            field.set(after, field.get(before) == field.upper() ? field.minimum : field.upper());
            if (field.id == "network.conditioning")
                QCOMPARE(costOfChange(before, after), Cost::StartAnew);
            else
                QCOMPARE(costOfChange(before, after), field.cost);
        }
        const Settings same;
        QCOMPARE(costOfChange(same, same), Cost::Redraw);
        // A network that knows steps instead of noise levels has to learn a new schedule.
        Settings indexed;
        indexed.network.conditioning = Conditioning::StepIndex;
        Settings shorter = indexed;
        shorter.schedule.steps = 50;
        QCOMPARE(costOfChange(indexed, shorter), Cost::ContinueTraining);
    }

    void assignments_data() {
        QTest::addColumn<QString>("assignment");
        QTest::addColumn<QString>("refusal");
        QTest::newRow("fine") << "schedule.steps=50"
                              << "";
        QTest::newRow("choice") << "schedule.kind=cosine"
                                << "";
        QTest::newRow("no equals sign") << "schedule.steps"
                                        << "ID=VALUE";
        QTest::newRow("unknown id") << "schedule.step=50"
                                    << "schedule.steps";
        QTest::newRow("unknown choice") << "schedule.kind=cosin"
                                        << "cosine";
        QTest::newRow("no number") << "schedule.steps=many"
                                   << "whole number from 1 to 10000";
        QTest::newRow("trailing letters") << "schedule.beta-min=1e-4x"
                                          << "number from";
        QTest::newRow("fraction") << "schedule.steps=1.5"
                                  << "whole number";
        QTest::newRow("not a number") << "sampler.eta=nan"
                                      << "number from 0 to 1";
        QTest::newRow("neither on nor off") << "sampler.clamp=yes"
                                            << "on or off";
        QTest::newRow("empty") << "sampler.eta="
                               << "number from 0 to 1";
    }

    void assignments() {
        QFETCH(QString, assignment);
        QFETCH(QString, refusal);
        Settings settings;
        try {
            applyAssignment(assignment.toStdString(), settings);
            QVERIFY(refusal.isEmpty());
            QVERIFY(!(settings == Settings{}));
        } catch (const InputError& error) {
            QVERIFY(!refusal.isEmpty());
            QVERIFY2(QString::fromUtf8(error.what()).contains(refusal), error.what());
            QVERIFY(settings == Settings{});
        }
    }

    void crossedBetas() {
        Settings settings;
        settings.schedule.betaMin = 0.5;
        QVERIFY_EXCEPTION_THROWN(validate(settings), InputError);
        settings.schedule.kind = ScheduleKind::Cosine;  // has no use for beta
        validate(settings);
    }

    void stepsThatWouldTakeLong() {
        Settings settings;
        settings.training.batch = 65536;
        validate(settings);
        settings.network.width = 512;
        settings.network.depth = 8;
        try {
            validate(settings);
            QFAIL("a step of more than half a TFLOP was accepted");
        } catch (const InputError& error) {
            const QString sentence = QString::fromUtf8(error.what());
            const int accepted = sentence.section("up to ", -1).section('.', 0, 0).toInt();
            QVERIFY2(accepted > 0, error.what());
            settings.training.batch = accepted;
            validate(settings);
        }
    }
};

QTEST_GUILESS_MAIN(FieldsTest)
#include "FieldsTest.moc"
