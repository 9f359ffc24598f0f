#include "Error.h"
#include "data/DataSet.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/ReverseSampler.h"
#include "settings/Fields.h"
#include "settings/Kinds.h"

#include <QTest>
#include <cmath>

using namespace diffuscope;

namespace {

/// Su's symbols are roots: what is left of Ho's formulas after translation must not hold one of these.
void holdsNoFormulaOfHo(const std::string& shown) {
    const QString text = QString::fromStdString(shown);
    for (const char* ho : {"√ᾱ", "√β", "√α", "1 − ᾱ", "1−ᾱ", "1 − α", "p<sub>θ</sub>", "log q", "q_t",
                           "Variance of the noise that"})
        QVERIFY2(!text.contains(QString::fromUtf8(ho)), shown.c_str());
}

}  // namespace

class NotationTest : public QObject {
    Q_OBJECT
  private slots:
    void tableIsInOrder() {
        for (std::size_t i = 0; i < quantities().size(); ++i) {
            QCOMPARE(static_cast<std::size_t>(quantities()[i].quantity), i);
            QCOMPARE(quantities()[i].su.symbol.empty(), quantities()[i].ho.symbol.empty());
        }
        QVERIFY(notations().size() == 2);
    }

    /// What is shown is the transform, and reading it back gives what was computed with.
    void everyQuantityThereAndBack() {
        for (const QuantityRow& row : quantities())
            for (const double value : {1e-8, 1e-4, 0.02, 0.5, 0.999}) {
                QCOMPARE(row.ho.show(value), value);
                QCOMPARE(row.ho.read(value), value);
                QVERIFY(std::abs(row.su.read(row.su.show(value)) / value - 1.0) < 1e-15);
                if (row.quantity != Quantity::Plain) QCOMPARE(row.su.show(value), std::sqrt(value));
            }
    }

    void formulas_data() {
        QTest::addColumn<QString>("ho");
        QTest::addColumn<QString>("su");
        // The equation of a DDPM step, Su 2025 eq. 1.16 with sigma; and the closed form, eq. 1.8.
        QTest::newRow("step") << "x<sub>t−1</sub> = (x<sub>t</sub> − β<sub>t</sub>/√(1−ᾱ<sub>t</sub>) ε̂) / "
                                 "√α<sub>t</sub> + σ<sub>t</sub> z"
                              << "x<sub>t−1</sub> = (x<sub>t</sub> − β<sub>t</sub>²/β̄<sub>t</sub> ε̂) / "
                                 "α<sub>t</sub> + σ<sub>t</sub> z";
        QTest::newRow("closed form") << "√ᾱ<sub>t</sub> x<sub>0</sub> + √(1 − ᾱ<sub>t</sub>) ε"
                                     << "ᾱ<sub>t</sub> x<sub>0</sub> + β̄<sub>t</sub> ε";
        QTest::newRow("ddim") << "√(1−ᾱ<sub>s</sub>−σ<sub>t</sub>²)"
                              << "√(β̄<sub>s</sub>²−σ<sub>t</sub>²)";
        QTest::newRow("snr") << "ᾱ<sub>t</sub>/(1 − ᾱ<sub>t</sub>)"
                             << "ᾱ<sub>t</sub>²/β̄<sub>t</sub>²";
        QTest::newRow("bound") << "β<sub>t</sub>²/(2 σ<sub>t</sub>² α<sub>t</sub> (1 − ᾱ<sub>t</sub>))"
                               << "β<sub>t</sub>⁴/(2 σ<sub>t</sub>² α<sub>t</sub>² β̄<sub>t</sub>²)";
        QTest::newRow("posterior") << "β̃_{t}"
                                   << "β̃_{t}²";
        QTest::newRow("forward") << "q(x_{t} | x_{t−1})"
                                 << "p(x_{t} | x_{t−1})";
        QTest::newRow("reverse") << "p_{θ}(x_{t−1} | x_{t})"
                                 << "q(x_{t−1} | x_{t})";
        QTest::newRow("density") << "density q_{t}(x), exact"
                                 << "density p_{t}(x), exact";
        QTest::newRow("score") << "∇ log q, −ε̂/√(1 − ᾱ)"
                               << "∇ log p, −ε̂/β̄";
        QTest::newRow("kick") << "√(1 − β<sub>t</sub>) x + √β<sub>t</sub> z"
                              << "α<sub>t</sub> x + β<sub>t</sub> z";
        QTest::newRow("root of a ratio") << "√((1−ᾱ<sub>s</sub>)/(1−ᾱ<sub>t</sub>)) x + d√((1−ᾱ)/ᾱ)"
                                         << "(β̄<sub>s</sub>/β̄<sub>t</sub>) x + d(β̄/ᾱ)";
        QTest::newRow("no formula") << "Steps of 5 < 6, √2 and _{x}"
                                    << "Steps of 5 < 6, √2 and _{x}";
        QTest::newRow("cut off") << "√(1 − ᾱ"
                                 << "√(β̄²";
    }

    void formulas() {
        QFETCH(QString, ho);
        QFETCH(QString, su);
        QCOMPARE(QString::fromStdString(inNotation(ho.toStdString(), NotationKind::Ho)), ho);
        QCOMPARE(QString::fromStdString(inNotation(ho.toStdString(), NotationKind::Su)), su);
    }

    /// Every symbol, label, help and choice of every field.
    void everyFieldSpeaksBoth() {
        for (const Field& field : fields()) {
            QCOMPARE(shownSymbol(field, NotationKind::Ho), std::string(field.symbol));
            holdsNoFormulaOfHo(shownSymbol(field, NotationKind::Su));
            holdsNoFormulaOfHo(inNotation(field.label, NotationKind::Su));
            holdsNoFormulaOfHo(inNotation(field.help, NotationKind::Su));
            if (field.type != FieldType::Choice) continue;
            for (const Choice& choice : field.choices()) {
                holdsNoFormulaOfHo(inNotation(choice.title, NotationKind::Su));
                holdsNoFormulaOfHo(inNotation(choice.help, NotationKind::Su));
            }
        }
    }

    void everySamplerSpeaksBoth() {
        for (const SamplerRow& row : samplers())
            holdsNoFormulaOfHo(inNotation(row.equation, NotationKind::Su));
    }

    /// A field whose number is one of Ho's variances says so in the table, and its number is the root.
    void variancesAreShownAsRoots() {
        for (const char* id : {"schedule.beta-min", "schedule.beta-max"}) {
            const Field& field = fieldById(id);
            QVERIFY(field.quantity != Quantity::Plain);
            QCOMPARE(shownNumber(field, 0.0004, NotationKind::Su), 0.02);
            QCOMPARE(shownNumber(field, 0.0004, NotationKind::Ho), 0.0004);
        }
        QCOMPARE(shownNumber(fieldById("sampler.eta"), 0.3, NotationKind::Su), 0.3);
    }

    void typedNumbers() {
        const Field& field = fieldById("schedule.beta-max");
        Settings settings;
        parseShown(field, "0.1", NotationKind::Su, settings);
        QVERIFY(std::abs(settings.schedule.betaMax - 0.01) < 1e-15);
        parseShown(field, "0.1", NotationKind::Ho, settings);
        QCOMPARE(settings.schedule.betaMax, 0.1);
        // Both ends as the sentence of a refusal writes them.
        parseShown(field, "0.9995", NotationKind::Su, settings);
        QCOMPARE(settings.schedule.betaMax, 0.999);
        parseShown(field, "0.0001", NotationKind::Su, settings);
        QCOMPARE(settings.schedule.betaMax, 1e-8);
        for (const char* refused : {"0.99951", "0.00009", "-0.1", "nan", "inf", "", "a"}) {
            const Settings before = settings;
            try {
                parseShown(field, refused, NotationKind::Su, settings);
                QFAIL(refused);
            } catch (const InputError& error) {
                QVERIFY2(QString::fromUtf8(error.what()).contains("from 0.0001 to 0.9995"), error.what());
            }
            QVERIFY(settings == before);
        }
        parseShown(fieldById("schedule.steps"), "50", NotationKind::Su, settings);
        QCOMPARE(settings.schedule.steps, 50);
    }

    /// The notation is looked at, never computed with.
    void nothingIsComputedAnew() {
        Settings su;
        su.view.notation = NotationKind::Su;
        QCOMPARE(costOfChange(Settings{}, su), Cost::Redraw);
        for (const Field& field : fields())
            if (field.id != "view.notation") QCOMPARE(fieldText(field, su), fieldText(field, Settings{}));
    }
};

QTEST_GUILESS_MAIN(NotationTest)
#include "NotationTest.moc"
