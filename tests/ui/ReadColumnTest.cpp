#include "diffusion/ReverseSampler.h"
#include "scenes/Scene.h"
#include "ui/FakeReadings.h"
#include "ui/FakeSnapshot.h"
#include "widgets/Controls.h"
#include "widgets/FieldRow.h"
#include "widgets/MainWindow.h"
#include "widgets/Plots.h"
#include "widgets/ReadColumn.h"

#include <QAction>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSlider>
#include <QTest>
#include <QToolButton>
#include <cmath>

using namespace diffuscope;

namespace {

Settings smallSettings() {
    Settings settings;
    settings.backend = BackendKind::Cpu;
    settings.data.points = 500;
    settings.schedule.steps = 100;
    settings.view.particles = 50;
    settings.network.width = 16;
    settings.network.depth = 1;
    settings.training.batch = 64;
    return settings;
}

QString shownIn(FieldRow* row) {
    return row->findChild<NumberField*>()->findChild<QLineEdit*>()->text();
}

/// A column that shows what a test puts into a snapshot, every section open.
struct Shown {
    explicit Shown(const Settings& settings = smallSettings())
        : window(settings),
          snapshot(std::make_shared<Snapshot>(fake::snapshot(settings))),
          column(std::make_unique<ReadColumn>(window.studio())) {
        snapshot->history = std::make_shared<const LossHistory>();
        column->setTheme(themeOf(ThemeKind::Dark));
        column->resize(320, 2000);
        column->show();
        for (auto* section : column->findChildren<Section*>())
            if (!section->isOpen()) section->findChild<QToolButton*>()->click();
    }
    void pick(NotationKind notation) {
        ViewSettings view = window.studio().settings().view;
        view.notation = notation;
        window.studio().changeView(view);
    }
    void show() {
        QTest::qWait(80);  // at most fifteen a second
        column->show(std::make_shared<Snapshot>(*snapshot), 40.0);
        QTest::qWait(10);
    }
    [[nodiscard]] Plot* plot(std::string_view id) const { return column->plot(id); }
    [[nodiscard]] QString texts() const {
        QStringList all;
        for (auto* label : column->findChildren<QLabel*>()) all << label->text();
        return all.join('\n');
    }

    MainWindow window;
    std::shared_ptr<Snapshot> snapshot;
    std::unique_ptr<ReadColumn> column;
};

void pick(MainWindow& window, NotationKind notation) {
    ViewSettings view = window.studio().settings().view;
    view.notation = notation;
    window.studio().changeView(view);
}

}  // namespace

class ReadColumnTest : public QObject {
    Q_OBJECT
  private slots:
    /// Every number field shows its transform, what is typed is read back, and nothing of it reaches the
    /// computation.
    void notationChangesWhatIsShown() {
        MainWindow window(smallSettings());
        window.show();
        auto& studio = window.studio();
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot(), 20000);
        const Settings before = studio.settings();
        std::vector<int> positions;
        for (auto* slider : window.findChildren<QSlider*>()) positions.push_back(slider->value());
        pick(window, NotationKind::Su);
        QCOMPARE(studio.undoStack().count(), 0);
        for (FieldRow* row : window.findChildren<FieldRow*>()) {
            const Field& field = row->field();
            if (!row->findChild<NumberField*>() || field.quantity == Quantity::Plain) continue;
            QCOMPARE(shownIn(row), formatNumber(std::sqrt(field.get(before))));
            QVERIFY(!row->toolTip().contains("Variance"));
        }
        std::vector<int> after;
        for (auto* slider : window.findChildren<QSlider*>()) after.push_back(slider->value());
        QVERIFY(positions == after);
        Settings same = studio.settings();
        same.view.notation = NotationKind::Ho;
        QVERIFY(same == before);

        auto* row = window.findChild<FieldRow*>("schedule.beta-max");
        auto* edit = row->findChild<NumberField*>()->findChild<QLineEdit*>();
        edit->setFocus();
        edit->selectAll();
        QTest::keyClicks(edit, "0.2");
        QTest::keyClick(edit, Qt::Key_Return);
        QVERIFY(std::abs(studio.settings().schedule.betaMax - 0.04) < 1e-15);
        pick(window, NotationKind::Ho);
        QCOMPARE(shownIn(row), QString("0.04"));
    }

    void theEquationAndTheNumbersOfTheMoment() {
        MainWindow window(smallSettings());
        window.show();
        window.playback().setPlaying(false);
        window.playback().setTime(40);
        auto* column = window.findChild<ReadColumn*>();
        const auto texts = [&] {
            QStringList all;
            for (auto* label : column->findChildren<QLabel*>()) all << label->text();
            return all.join('\n');
        };
        const NoiseSchedule schedule(smallSettings().schedule);
        QTRY_VERIFY_WITH_TIMEOUT(texts().contains(formatNumber(schedule.beta(40))), 20000);
        QVERIFY(texts().contains("√α<sub>t</sub>"));
        QVERIFY(texts().contains(formatNumber(schedule.alphaBar(40))));
        pick(window, NotationKind::Su);
        QTRY_VERIFY(texts().contains(formatNumber(std::sqrt(schedule.beta(40)))));
        QTRY_VERIFY(texts().contains(formatNumber(std::sqrt(schedule.alphaBar(40)))));
        QVERIFY(texts().contains("β̄<sub>t</sub>"));
        QVERIFY(!texts().contains("√α"));
        QVERIFY(!texts().contains("1−ᾱ"));
    }

    /// Each sampler's step, in its own equation.
    void everySamplerHasItsEquation() {
        Shown shown;
        QStringList equations;
        for (std::size_t i = 0; i < samplers().size(); ++i) {
            shown.snapshot->settings.sampler.kind = static_cast<SamplerKind>(i);
            shown.show();
            equations << shown.texts().section('\n', 0);
            QVERIFY(!shown.texts().contains("%1") && !shown.texts().contains("%2"));
            QVERIFY(shown.texts().contains("ε̂</span>"));
        }
        equations.removeDuplicates();
        QCOMPARE(equations.size(), static_cast<qsizetype>(samplers().size()));
    }

    /// The first picture comes before the sampler's noise is known.
    void beforeTheFirstReversePass() {
        Shown shown;
        shown.snapshot->stepNoise = nullptr;
        shown.show();
        QVERIFY(shown.texts().contains(formatNumber(shown.snapshot->schedule->beta(40))));
        const auto noise = stepNoises(*shown.snapshot->schedule, shown.snapshot->settings.sampler);
        QVERIFY(!shown.texts().contains(formatNumber(noise[40])));
        shown.snapshot->stepNoise = std::make_shared<const std::vector<double>>(noise);
        shown.show();
        QVERIFY(shown.texts().contains(formatNumber(noise[40])));
    }

    void theMenuHasBoth() {
        MainWindow window(smallSettings());
        window.show();
        for (QAction* action : window.actions())
            if (action->text() == "Su") action->trigger();
        QCOMPARE(window.studio().settings().view.notation, NotationKind::Su);
        for (QAction* action : window.actions())
            if (action->text() == "Ho") action->trigger();
        QCOMPARE(window.studio().settings().view.notation, NotationKind::Ho);
    }

    /// The stage's formulas change places; nothing else of the picture does.
    void theStageWritesItsFormulas() {
        const Snapshot snapshot = fake::snapshot(smallSettings());
        ViewSettings view;
        const auto paint = [&](Lane lane) {
            QImage image(600, 600, QImage::Format_RGB32);
            image.fill(Qt::black);
            QPainter painter(&image);
            paintLane(painter, image.rect(), {&snapshot, &view, 50.0, 13, {}}, lane);
            return image;
        };
        const QImage forward = paint(Lane::Forward);
        view.notation = NotationKind::Su;
        const QImage su = paint(Lane::Forward);
        QVERIFY(su != forward);
        QRect changed;
        for (int y = 0; y < su.height(); ++y)
            for (int x = 0; x < su.width(); ++x)
                if (su.pixel(x, y) != forward.pixel(x, y)) changed |= QRect(x, y, 1, 1);
        QVERIFY(changed.top() > 0 && changed.bottom() < 40 && changed.left() > 300);
    }

    /// Curves and their names in both notations: a root wherever the table says so, and nothing else changes.
    void everyPlotInBothNotations() {
        Shown shown;
        shown.snapshot->readings = fake::readings(500, 100);
        shown.show();
        std::vector<std::vector<ShownCurve>> ho;
        for (const PlotRow& row : plots()) ho.push_back(shown.plot(row.choice.id)->curves());
        shown.pick(NotationKind::Su);
        shown.show();
        for (std::size_t i = 0; i < plots().size(); ++i) {
            const auto su = shown.plot(plots()[i].choice.id)->curves();
            QCOMPARE(su.size(), ho[i].size());
            for (std::size_t c = 0; c < su.size(); ++c) {
                QCOMPARE(su[c].name, ho[i][c].name);
                QCOMPARE(su[c].x, ho[i][c].x);
                const bool root = su[c].name == "β" || su[c].name == "ᾱ";
                for (qsizetype k = 0; k < su[c].y.size(); ++k)
                    if (std::isfinite(su[c].y[k]))
                        QCOMPARE(su[c].y[k], root ? std::sqrt(ho[i][c].y[k]) : ho[i][c].y[k]);
            }
        }
        QCOMPARE(ho[0].size(), std::size_t{3});
        const NoiseSchedule schedule(smallSettings().schedule);
        QCOMPARE(ho[0][0].name, QString("β"));
        QCOMPARE(ho[0][0].y.last(), schedule.beta(100));
        QCOMPARE(ho[0][2].name, QString("ᾱ"));
        QCOMPARE(ho[0][2].y.last(), schedule.alphaBar(100));
    }

    void thePlaneOfTheLogSnr() {
        Shown shown;
        shown.show();
        const auto buttons = shown.plot("schedule")->findChildren<QToolButton*>();
        QCOMPARE(buttons.size(), 2);
        QTest::mouseClick(buttons[1], Qt::LeftButton);
        const auto curves = shown.plot("schedule")->curves();
        QCOMPARE(curves.size(), std::size_t{2});
        const NoiseSchedule schedule(smallSettings().schedule);
        QCOMPARE(curves[0].y.last(), schedule.logSnr(100));
    }

    /// Each reading arrives in its plot, number by number.
    void readingsArePlotted() {
        Shown shown;
        auto history = std::make_shared<LossHistory>();
        for (int step = 1; step <= 500; ++step) history->add(step, 1.0f + 1.0f / static_cast<float>(step));
        shown.snapshot->history = history;
        shown.snapshot->step = 500;
        const auto readings = fake::readings(500, 100);
        shown.snapshot->readings = readings;
        shown.show();

        const auto perStep = shown.plot("loss-per-t")->curves();
        QCOMPARE(perStep.size(), std::size_t{3});
        double mean = 0.0;
        for (std::size_t i = 0; i < 64; ++i) {
            const BinReading& bin = readings->bins[i];
            const auto k = static_cast<qsizetype>(i);
            QCOMPARE(perStep[0].x[k], (bin.tFrom + bin.tTo) / 2);
            QCOMPARE(perStep[0].y[k], bin.loss);
            QCOMPARE(perStep[1].y[k], bin.irreducible);
            QCOMPARE(perStep[2].y[k], std::max(0.0, bin.loss - bin.irreducible));
            mean += bin.irreducible / 64;
        }
        const auto loss = shown.plot("loss")->curves();
        QCOMPARE(loss[0].y.size() > 100, true);
        QVERIFY(std::abs(loss[1].y.first() - mean) < 1e-12);
        const auto gradient = shown.plot("gradient")->curves();
        QCOMPARE(gradient[0].y[10], readings->bins[10].gradientNorm);
        const auto bound = shown.plot("bound")->curves();
        QCOMPARE(bound[0].y.size(), 99);  // L_1 … L_{T-1}
        QCOMPARE(bound[0].y[0], readings->boundTerms[1]);
        const auto spread = shown.plot("spread")->curves();
        QCOMPARE(spread[0].y.size(), 200);
        QCOMPARE(spread[1].name, QString("four-variable"));
        QCOMPARE(spread[1].y[7], static_cast<double>(readings->spread.fourVariable[7]));
        QVERIFY(shown.texts().contains("VARIANCE × 9"));
        QVERIFY(shown.texts().contains("-1.234 nats"));
        QVERIFY(shown.texts().contains("2,048 samples"));
        QVERIFY(shown.texts().contains("0.8 s of processor"));
    }

    /// Of many points the best possible loss is not taken: no bar and no number stands for it.
    void withoutABestPossibleLoss() {
        Shown shown;
        auto readings = std::make_shared<Readings>(*fake::readings(0, 100));
        for (BinReading& bin : readings->bins) bin.irreducible = std::nan("");
        shown.snapshot->readings = readings;
        shown.show();
        QCOMPARE(shown.plot("loss-per-t")->curves()[2].y[5], readings->bins[5].loss);
        QVERIFY(!shown.texts().contains("STILL TO GAIN"));
        QCOMPARE(shown.plot("loss")->curves()[1].y.size(), 0);
    }

    /// The dashed line is the simple loss's best; under another loss it would lie.
    void theBestLossBelongsToTheSimpleOne() {
        Shown shown;
        shown.snapshot->readings = fake::readings(0, 100);
        shown.show();
        QCOMPARE(shown.plot("loss")->curves()[1].y.size(), 2);
        shown.snapshot->settings.training.loss = LossKind::Bound;
        shown.show();
        QCOMPARE(shown.plot("loss")->curves()[1].y.size(), 0);
        shown.snapshot->settings.training.loss = LossKind::Simple;
        shown.snapshot->data = std::make_shared<const DataSet>(
            datasets()[static_cast<std::size_t>(DatasetKind::EightGaussians)].draw(50, 1));
        for (const bool told : {true, false}) {  // the class: then less than that best is possible
            shown.snapshot->settings.network.classes = told;
            shown.show();
            QCOMPARE(shown.plot("loss")->curves()[1].y.size(), told ? 0 : 2);
        }
    }

    /// The pairs of a followed particle have room for the signs and digits that they take.
    void pairsAreNotCut() {
        Shown shown;
        shown.show();
        const QString widest = QString::fromUtf8("(−8.88, −8.88)");
        int found = 0;
        for (auto* label : shown.column->findChildren<QLabel*>()) {
            if (!label->toolTip().startsWith("Where the particle is")) continue;
            if (!label->alignment().testFlag(Qt::AlignRight)) continue;
            ++found;
            label->setText(widest);
            QVERIFY2(label->sizeHint().width() <= label->width(),
                     qPrintable(QString::number(label->width())));
        }
        QCOMPARE(found, 1);
        QVERIFY(shown.column->minimumSizeHint().width() <= 320);
    }

    /// A learned sigma is the network's own, and its number moves as the network learns.
    void aLearnedSigmaHasItsEquationAndItsNumber() {
        Shown shown;
        shown.show();
        const auto learned = QString::fromUtf8("σ<sub>θ</sub>(x<sub>t</sub>)");
        QVERIFY(!shown.texts().contains(learned));
        shown.snapshot->settings.sampler.sigma = SigmaKind::Learned;
        shown.show();
        QVERIFY(shown.texts().contains(learned));
        for (const double noise : {0.28125, 0.34375}) {
            shown.snapshot->stepNoise = std::make_shared<const std::vector<double>>(101, noise);
            shown.show();
            QVERIFY(shown.texts().contains(formatNumber(noise)));
        }
        shown.snapshot->settings.sampler.kind = SamplerKind::Ddim;
        shown.show();
        QVERIFY(!shown.texts().contains(learned));
    }

    /// The equation says where the noise comes from.
    void everyParametrisationHasItsEquation() {
        Shown shown;
        for (const auto& [kind, part] : {std::pair{Parametrisation::Eps, "ε<sub>θ</sub>"},
                                         std::pair{Parametrisation::X0, "x̂<sub>θ</sub>"},
                                         std::pair{Parametrisation::V, "v<sub>θ</sub>"}}) {
            shown.snapshot->settings.network.parametrisation = kind;
            shown.show();
            QVERIFY(shown.texts().contains(QString::fromUtf8(part)));
        }
        shown.snapshot->settings.sampler.denoiser = DenoiserKind::Ideal;
        shown.snapshot->settings.sampler.kind = SamplerKind::Ddim;
        shown.show();
        QVERIFY(shown.texts().contains("E[x<sub>0</sub>|x<sub>t</sub>]"));
    }

    /// More terms than bars are summed: nothing of the bound is lost.
    void aLongBoundIsSummed() {
        Settings settings = smallSettings();
        settings.schedule.steps = 1000;
        Shown shown(settings);
        const auto readings = fake::readings(5, 1000);
        shown.snapshot->readings = readings;
        shown.show();
        const auto bound = shown.plot("bound")->curves();
        QVERIFY(bound[0].y.size() <= 128);
        double drawn = readings->boundTerms.front() + readings->boundTerms.back();
        for (const double sum : bound[0].y) drawn += sum;
        QVERIFY(std::abs(drawn - readings->boundBitsPerDim) < 1e-12);
    }

    void measuresOverTraining() {
        Shown shown;
        for (const int step : {100, 200, 400}) {
            shown.snapshot->step = step;
            shown.snapshot->readings = fake::readings(step, 100);
            shown.show();
        }
        const auto curves = shown.plot("distances")->curves();
        QCOMPARE(curves[0].x, QVector<double>({100, 200, 400}));
        QCOMPARE(curves[0].y[1], fake::readings(200, 100)->slicedW2.value);
        QCOMPARE(curves[1].y[1], 0.017);
        const auto buttons = shown.plot("distances")->findChildren<QToolButton*>();
        QCOMPARE(buttons.size(), 3);
        QTest::mouseClick(buttons[1], Qt::LeftButton);
        QCOMPARE(shown.plot("distances")->curves()[0].y[2], fake::readings(400, 100)->mmd2.value);
        QCOMPARE(shown.plot("distances")->curves()[1].y[2], -3e-5);
        // An undo goes back to step 250: what was measured later did not happen.
        shown.snapshot->step = 250;
        shown.show();
        QCOMPARE(shown.plot("distances")->curves()[0].x, QVector<double>({100, 200}));
        // The distances to other points are of no use.
        shown.snapshot->data = std::make_shared<const DataSet>(*shown.snapshot->data);
        shown.snapshot->step = 260;
        shown.show();
        QCOMPARE(shown.plot("distances")->curves()[0].x.size(), 0);
    }

    void theHistoryOfMeasuresStaysSmall() {
        Shown shown;
        MeasureHistory history;
        for (int step = 1; step <= 5000; ++step) {
            shown.snapshot->step = step;
            shown.snapshot->readings = fake::readings(step, 4);
            history.add(*shown.snapshot);
        }
        QVERIFY(history.points().size() < MeasureHistory::capacity);
        QCOMPARE(history.points().back().step, std::int64_t{5000});
        QVERIFY(history.points().front().step < 10);
    }

    /// No plot pretends: without readings it says why, and old ones say whose they are.
    void absentAndOldReadings() {
        Shown shown;
        shown.show();
        QVERIFY(shown.texts().contains("measuring…"));
        shown.snapshot->settings.view.measure = false;
        shown.show();
        QVERIFY(shown.texts().contains("measuring is switched off"));
        shown.snapshot->settings.view.measure = true;
        for (const PlotRow& row : plots())
            if (row.source)
                for (const ShownCurve& curve : shown.plot(row.choice.id)->curves())
                    QCOMPARE(curve.y.size(), 0);
        shown.snapshot->readings = fake::readings(4000, 100);
        shown.snapshot->step = 5000;
        shown.show();
        QVERIFY(shown.texts().contains("step 4,000, paused"));
        shown.snapshot->step = 4000;
        shown.show();
        QVERIFY(shown.texts().contains("this network"));
    }

    /// Broken numbers are gaps, not crashes or axes without end.
    void readingsThatWereNotTaken() {
        Shown shown;
        auto readings = std::make_shared<Readings>(*fake::readings(10, 100));
        const double nothing = std::nan("");
        readings->slicedW2 = readings->mmd2 = readings->energy = {nothing, nothing};
        readings->boundTerms.clear();
        readings->boundBitsPerDim = readings->logLikelihood = nothing;
        readings->spread = {};
        for (BinReading& bin : readings->bins) bin.gradientNorm = 0.0;
        shown.snapshot->readings = readings;
        shown.snapshot->step = 10;
        shown.show();
        QCOMPARE(shown.plot("distances")->curves()[0].y.size(), 0);
        QVERIFY(!shown.texts().contains("nan"));
        readings = std::make_shared<Readings>(*readings);
        readings->bins.clear();
        shown.snapshot->readings = readings;
        shown.show();
        QCOMPARE(shown.plot("loss-per-t")->curves()[0].y.size(), 0);
    }

    /// By mouse and by keyboard; the head's number stays.
    void sectionsFold() {
        Shown shown;
        shown.snapshot->readings = fake::readings(0, 100);
        shown.show();
        auto* section = shown.column->findChild<Section*>("plot.loss-per-t");
        auto* head = section->findChild<QToolButton*>();
        QVERIFY(section->isOpen());
        QTest::mouseClick(head, Qt::LeftButton);
        QVERIFY(!section->isOpen());
        QVERIFY(!shown.plot("loss-per-t")->isVisible());
        QVERIFY(shown.texts().contains("STILL TO GAIN"));
        head->setFocus();
        QTest::keyClick(head, Qt::Key_Space);
        QVERIFY(section->isOpen());
        QVERIFY(shown.plot("loss-per-t")->isVisible());
    }

    /// What is folded or has been answered keeps no clouds of a run that is gone.
    void aFoldedColumnLetsSnapshotsGo() {
        Shown shown;
        auto first = std::make_shared<Snapshot>(*shown.snapshot);
        const std::weak_ptr<Snapshot> gone = first;
        QTest::qWait(80);
        shown.column->show(first, 40.0);
        for (auto* section : shown.column->findChildren<Section*>())
            section->findChild<QToolButton*>()->click();
        first.reset();
        QVERIFY(!gone.expired());  // the column's own last one, until the next comes
        shown.show();
        QTRY_VERIFY(gone.expired());
        // Opened again in a pause, when nothing new comes, it is of the moment.
        shown.column->show(std::make_shared<Snapshot>(*shown.snapshot), 60.0);
        auto* now = shown.column->findChild<NowSection*>();
        QVERIFY(!shown.texts().contains("t = 60"));
        now->findChild<QToolButton*>()->click();
        QVERIFY(now->isOpen());
        QVERIFY(shown.texts().contains("t = 60"));
    }

    /// What the sampler sees: the numbers of a particle fit the equations of the schedule.
    void theFollowedParticle() {
        Settings settings = smallSettings();
        settings.sampler.denoiser = DenoiserKind::Ideal;
        settings.sampler.clampX0 = false;
        auto snapshot = std::make_shared<Snapshot>(fake::snapshot(settings));
        const NoiseSchedule& schedule = *snapshot->schedule;
        for (const double playhead : {100.0, 40.2, 1.0, 0.0}) {
            const auto followed = follow({snapshot, 3, playhead});
            QVERIFY(followed);
            QCOMPARE(followed->t, playhead == 0.0 ? 1 : static_cast<int>(std::lround(playhead)));
            QCOMPARE(followed->next, followed->t - 1);
            for (std::size_t axis = 0; axis < 2; ++axis) {
                const double built =
                    std::sqrt(schedule.alphaBar(followed->t)) * static_cast<double>(followed->x0[axis]) +
                    std::sqrt(schedule.oneMinusAlphaBar(followed->t)) *
                        static_cast<double>(followed->eps[axis]);
                QVERIFY(std::abs(built - static_cast<double>(followed->xt[axis])) < 1e-4);
                QCOMPARE(
                    followed->xNext[axis],
                    (*snapshot->reversePaths.positions[static_cast<std::size_t>(followed->next)])[6 + axis]);
            }
        }
        // Of a class that there is not, any is sampled and followed.
        const auto any = follow({snapshot, 3, 5.0});
        snapshot->settings.sampler.classNumber = 9;
        QCOMPARE(follow({snapshot, 3, 5.0})->eps, any->eps);
        QVERIFY(!follow({snapshot, 10, 5.0}));  // there are ten
        snapshot->reversePaths.positions[41] = nullptr;
        QVERIFY(!follow({snapshot, 3, 41.0}));
        snapshot->settings.sampler.denoiser = DenoiserKind::Network;
        snapshot->network = nullptr;
        QVERIFY(!follow({snapshot, 3, 5.0}));  // there is none yet
    }

    void anotherParticleIsFollowed() {
        MainWindow window(smallSettings());
        window.show();
        window.playback().setPlaying(false);
        window.playback().setTime(40);
        auto* now = window.findChild<NowSection*>();
        const auto texts = [&] {
            QStringList all;
            for (auto* label : now->findChildren<QLabel*>()) all << label->text();
            return all.join('\n');
        };
        QTRY_VERIFY_WITH_TIMEOUT(texts().contains("particle 1 of 10: t = 40, s = 39"), 20000);
        QTRY_VERIFY(texts().contains(QRegularExpression("\\(−?\\d\\.\\d\\d, −?\\d\\.\\d\\d\\)")));
        for (auto* button : now->findChildren<QToolButton*>())
            if (button->accessibleName() == "Follow the particle before") button->click();
        QTRY_VERIFY(texts().contains("particle 10 of 10"));
    }
};

QTEST_MAIN(ReadColumnTest)
#include "ReadColumnTest.moc"
