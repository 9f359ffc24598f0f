#include "scenes/Scene.h"
#include "scenes/Stage.h"
#include "widgets/Controls.h"
#include "widgets/ExactCard.h"
#include "widgets/ExportDialog.h"
#include "widgets/FieldRow.h"
#include "widgets/MainWindow.h"
#include "widgets/MessageBar.h"
#include "widgets/PaintPad.h"
#include "widgets/StageWidget.h"

#include <time.h>

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QSignalSpy>
#include <QSlider>
#include <QStandardItemModel>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

using namespace diffuscope;

namespace {

Settings smallSettings() {
    Settings settings;
    settings.backend = BackendKind::Cpu;
    settings.data.points = 1000;
    settings.schedule.steps = 100;
    settings.view.particles = 200;
    settings.network.width = 32;
    settings.network.depth = 2;
    settings.training.batch = 128;
    return settings;
}

std::shared_ptr<const NoiseSchedule> scheduleOf(int steps) {
    return std::make_shared<const NoiseSchedule>(ScheduleSettings{
        .kind = ScheduleKind::Linear, .betaMin = 1e-4, .betaMax = 0.02, .steps = steps, .keepCurve = true});
}

double threadSeconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Turns the event loop and keeps the longest that one turn kept the GUI thread's processor busy. Time on the
/// processor, not on the wall: what other programs on the machine do is not a stall of this one.
class Turns {
  public:
    void run(int milliseconds) {
        QElapsedTimer clock;
        clock.start();
        while (clock.elapsed() < milliseconds) {
            const double start = threadSeconds();
            QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
            longest_ = std::max(longest_, threadSeconds() - start);
            QTest::qSleep(1);
        }
    }
    [[nodiscard]] double longest() const { return longest_; }

  private:
    double longest_ = 0.0;
};

bool allFinite(const Trajectory& trajectory) {
    for (const Positions& positions : trajectory.positions)
        if (positions)
            for (const float value : *positions)
                if (!std::isfinite(value)) return false;
    return true;
}

}  // namespace

class WindowTest : public QObject {
    Q_OBJECT
  private slots:
    void showsAPictureThatMoves() {
        MainWindow window(smallSettings());
        window.show();
        QTRY_VERIFY_WITH_TIMEOUT(window.studio().snapshot() && window.studio().snapshot()->step > 20, 20000);
        const QImage first = window.grab().toImage();
        QTest::qWait(400);
        QVERIFY(window.grab().toImage() != first);
    }

    /// Every control to both ends while training: no warning, nothing non-finite, the thread of the window is
    /// never busy for long, and each change arrives at the worker.
    void everyControlToBothEnds() {
        MainWindow window(smallSettings());
        window.show();
        QTRY_VERIFY_WITH_TIMEOUT(window.studio().snapshot() && window.studio().snapshot()->step > 5, 20000);
        auto& studio = window.studio();
        Turns turns;
        int moved = 0;
        for (FieldRow* row : window.findChildren<FieldRow*>()) {
            const Settings before = studio.settings();
            for (const bool high : {false, true}) {
                if (auto* slider = row->findChild<QSlider*>()) {
                    if (row->field().id == "seed") continue;
                    slider->setValue(high ? slider->maximum() : slider->minimum());
                    if (row->field().id != "schedule.beta-min" && row->field().id != "schedule.beta-max")
                        QCOMPARE(row->field().get(studio.settings()),
                                 high ? row->reach() : row->field().minimum);
                } else if (auto* button = row->findChild<SwitchButton*>()) {
                    button->setChecked(high);
                } else if (auto* combo = row->findChild<QComboBox*>()) {
                    combo->setCurrentIndex(high ? combo->count() - 1 : 0);
                } else if (auto* segments = row->findChild<Segments*>()) {
                    const auto buttons = segments->findChildren<QToolButton*>();
                    (high ? buttons.last() : buttons.first())->click();
                } else if (auto* line = row->findChild<QLineEdit*>()) {
                    // Text has no ends: what it holds is said once more.
                    line->setText(QString::fromStdString(row->field().getText(studio.settings())));
                    emit line->editingFinished();
                } else {
                    QFAIL("a row without a control");
                }
                ++moved;
                turns.run(60);
                const auto snapshot = studio.snapshot();
                QVERIFY2(allFinite(snapshot->reversePaths) && allFinite(snapshot->forwardPaths),
                         std::string(row->field().id).c_str());
            }
            studio.change(before, "back");
            turns.run(20);
        }
        QVERIFY(moved >= 40);
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot()->settings == studio.settings(), 30000);
        QTRY_VERIFY_WITH_TIMEOUT(std::isfinite(studio.snapshot()->loss),
                                 20000);  // a new network has none yet
        qInfo("longest turn of the window's thread: %.0f ms of processor time", turns.longest() * 1e3);
        QVERIFY(turns.longest() < 0.1);
    }

    void undoAndRedo() {
        MainWindow window(smallSettings());
        window.show();
        auto& studio = window.studio();
        auto* row = window.findChild<FieldRow*>("sampler.sigma-scale");
        auto* slider = row->findChild<QSlider*>();
        for (int i = 0; i < 5; ++i) slider->setValue(slider->value() + 10);
        const Settings after = studio.settings();
        QVERIFY(!(after == smallSettings()));
        QCOMPARE(studio.undoStack().count(), 1);  // one drag is one step
        studio.undoStack().undo();
        QVERIFY(studio.settings() == smallSettings());
        studio.undoStack().redo();
        QVERIFY(studio.settings() == after);
    }

    /// Trails are thinned on long runs: no index may leave them at the ends.
    void playheadAtTheEndsOfLongRuns() {
        Settings settings = smallSettings();
        settings.view.particles = 20;
        MainWindow window(settings);
        window.show();
        auto& studio = window.studio();
        for (const int steps : {534, 999, 1001, 10000}) {
            settings.schedule.steps = steps;
            studio.change(settings, "steps");
            QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot() &&
                                         studio.snapshot()->settings.schedule.steps == steps &&
                                         studio.snapshot()->reversePaths.steps() == steps &&
                                         studio.snapshot()->forwardPaths.complete(),
                                     30000);
            for (const double t : {double(steps), steps - 1.0, 1.0, 0.0}) {
                window.playback().setPlaying(false);
                window.playback().setTime(t);
                QTest::qWait(60);
                QCOMPARE(window.playback().time(), t);
            }
        }
    }

    /// A change that starts the network anew trains by itself even when paused, and undo brings the weights
    /// back.
    void aNewWidthTrainsAndIsUndone() {
        MainWindow window(smallSettings());
        window.show();
        auto& studio = window.studio();
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot() && studio.snapshot()->step > 300, 20000);
        studio.setTraining(false);
        QTRY_VERIFY(!studio.snapshot()->training);
        const auto trained = studio.snapshot()->step;
        Settings wider = studio.settings();
        wider.network.width = 64;
        studio.change(wider, "width");
        QVERIFY(studio.training());
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot()->settings == wider && studio.snapshot()->training &&
                                     studio.snapshot()->step > 0,
                                 20000);
        studio.setTraining(false);
        studio.undoStack().undo();
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot()->settings == smallSettings(), 20000);
        QVERIFY(studio.snapshot()->step >= trained);
    }

    void theWheelScrollsAndDoesNotSet() {
        MainWindow window(smallSettings());
        window.show();
        const Settings before = window.studio().settings();
        for (FieldRow* row : window.findChildren<FieldRow*>())
            for (QWidget* control : row->findChildren<QWidget*>()) {
                QWheelEvent wheel(QPointF(5, 5), control->mapToGlobal(QPointF(5, 5)), {}, {0, -120},
                                  Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
                QCoreApplication::sendEvent(control, &wheel);
            }
        QVERIFY(window.studio().settings() == before);
    }

    void numbersAreTypedAndRefused() {
        MainWindow window(smallSettings());
        window.show();
        auto* row = window.findChild<FieldRow*>("schedule.steps");
        auto* number = row->findChild<NumberField*>();
        auto* edit = number->findChild<QLineEdit*>();
        const auto type = [&](const QString& text) {
            edit->setFocus();
            edit->selectAll();
            QTest::keyClicks(edit, text);
            QTest::keyClick(edit, Qt::Key_Return);
        };
        type("250");
        QCOMPARE(window.studio().settings().schedule.steps, 250);
        type("1,000");
        QCOMPARE(window.studio().settings().schedule.steps, 1000);
        type("250");
        type("0");
        QCOMPARE(window.studio().settings().schedule.steps, 250);
        auto* bar = window.findChild<MessageBar*>();
        QVERIFY(bar->isVisible());
        QVERIFY(bar->sentence().contains("1 to 10000"));
        QCOMPARE(edit->text(), QString("250"));
    }

    void keysMoveThePlayhead() {
        MainWindow window(smallSettings());
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        auto& playback = window.playback();
        QTest::keyClick(&window, Qt::Key_End);
        QTest::keyClick(&window, Qt::Key_Left);
        QVERIFY(!playback.playing());
        QCOMPARE(playback.time(), 99.0);
        QTest::keyClick(&window, Qt::Key_Home);
        QCOMPARE(playback.time(), 0.0);
        QTest::keyClick(&window, Qt::Key_Right);
        QCOMPARE(playback.time(), 1.0);
        QTest::keyClick(&window, Qt::Key_Space);
        QVERIFY(playback.playing());
        QTest::keyClick(&window, Qt::Key_F11);
        QVERIFY(window.isFullScreen());
        QTest::keyClick(&window, Qt::Key_Escape);
        QVERIFY(!window.isFullScreen());
        QTRY_VERIFY(window.studio().snapshot() && window.studio().snapshot()->step > 0);
        QTest::keyClick(&window, Qt::Key_R);
        QTest::qWait(50);
        QCOMPARE(window.studio().undoStack().undoText(), QString("reset of the network"));
    }

    void playbackLoops() {
        Playback playback;
        playback.setSchedule(scheduleOf(100));
        ViewSettings view;
        double highest = 0.0;
        for (int i = 0; i < 400; ++i) {
            playback.advance(0.05, view);
            highest = std::max(highest, playback.time());
        }
        QCOMPARE(highest, 100.0);
        QVERIFY(playback.playing());
        view.loop = LoopKind::Once;
        for (int i = 0; i < 400; ++i) playback.advance(0.05, view);
        QCOMPARE(playback.time(), 0.0);
        QVERIFY(!playback.playing());
        // T changes under the playhead: the fraction stays.
        playback.setTime(50.0);
        playback.setSchedule(scheduleOf(1000));
        QCOMPARE(playback.time(), 500.0);
    }

    void savedAndOpenedIsTheSamePicture() {
        QTemporaryDir folder;
        const QString path = folder.filePath("a.diffuscope");
        MainWindow window(smallSettings());
        window.show();
        auto& studio = window.studio();
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot() && studio.snapshot()->step > 50, 20000);
        studio.setTraining(false);
        window.playback().setPlaying(false);
        window.playback().setTime(37.0);
        QTRY_VERIFY(!studio.snapshot()->training);
        studio.save(path, window.playback().time());
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path), 10000);
        QTRY_COMPARE(studio.path(), path);
        const auto step = studio.snapshot()->step;

        Settings own;
        own.backend = BackendKind::Cpu;  // the backend is this window's, not the file's
        MainWindow other(own);
        other.show();
        other.open(path);
        QTRY_VERIFY_WITH_TIMEOUT(other.studio().snapshot() &&
                                     other.studio().snapshot()->settings == smallSettings() &&
                                     other.studio().snapshot()->step == step,
                                 20000);
        QCOMPARE(other.playback().time(), 37.0);
        QVERIFY(!other.studio().training());
        const auto complete = [](const Studio& s) {
            const auto snapshot = s.snapshot();
            return snapshot->reverseBefore.empty() && !snapshot->reverse.empty() &&
                   snapshot->reverse.complete();
        };
        QTRY_VERIFY_WITH_TIMEOUT(complete(other.studio()) && complete(studio), 20000);
        // The first window's cloud may be of an earlier step of training: sample it anew.
        for (MainWindow* each : {&window, &other}) {
            Settings changed = smallSettings();
            changed.sampler.sigma = SigmaKind::Lower;
            each->studio().change(changed, "sigma");
            QTRY_VERIFY_WITH_TIMEOUT(
                each->studio().snapshot()->settings == changed && complete(each->studio()), 20000);
        }
        QCOMPARE(*other.studio().snapshot()->reverse.positions.front(),
                 *studio.snapshot()->reverse.positions.front());
    }

    /// What is asked for beside a file is set when it is open: settings as one step, and the view.
    void optionsBesideAFile() {
        QTemporaryDir folder;
        MainWindow window(smallSettings());
        window.show();
        auto& studio = window.studio();
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot() && studio.snapshot()->step > 5, 20000);
        QSignalSpy opened(&studio, &Studio::playheadLoaded);
        const QString path = folder.filePath("a.diffuscope");
        studio.save(path, 10.0);
        QTRY_COMPARE_WITH_TIMEOUT(studio.path(), path, 10000);
        studio.open(path, [](Settings& settings) {
            settings.view.showField = true;
            settings.view.theme = ThemeKind::Projector;
            settings.sampler.sigmaScale = 0.5;
        });
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, 10000);
        QVERIFY(studio.settings().view.showField);
        QCOMPARE(studio.settings().view.theme, ThemeKind::Projector);
        QCOMPARE(studio.settings().sampler.sigmaScale, 0.5);
        studio.undoStack().undo();
        QCOMPARE(studio.settings().sampler.sigmaScale, 1.0);
        QVERIFY(studio.settings().view.showField);
    }

    /// The lines under the controls name what costs what, as the settings have it.
    void whatAChangeCosts() {
        MainWindow window(smallSettings());
        window.show();
        auto& studio = window.studio();
        const auto lines = [&] {
            QStringList all;
            for (auto* label : window.findChildren<QLabel*>())
                if (label->property("role") == "hint" && label->isVisible()) all << label->text();
            return all.join('\n');
        };
        const QString anew = text(sentenceOf(Cost::StartAnew)).mid(1);
        const QString on = text(sentenceOf(Cost::ContinueTraining)).mid(1);
        QVERIFY2(lines().contains("Width, Depth, Prediction: t" + anew), qPrintable(lines()));
        QVERIFY2(lines().contains("Loss, Learning rate, Batch: t" + on), qPrintable(lines()));
        QVERIFY(!lines().contains("Conditioning"));                    // folded away
        QCOMPARE(lines().count(text(sentenceOf(Cost::Resample))), 2);  // schedule and sampler
        Settings indexed = studio.settings();
        indexed.network.conditioning = Conditioning::StepIndex;
        studio.change(indexed, "conditioning");
        QCOMPARE(lines().count(text(sentenceOf(Cost::Resample))), 1);
        QVERIFY(lines().contains("it must be trained for this schedule"));
        auto* row = window.findChild<FieldRow*>("schedule.steps");
        QVERIFY(row->toolTip().contains(text(sentenceOf(Cost::ContinueTraining))));
    }

    /// What the other settings rule out cannot be chosen, and says why.
    void choicesThatAreRuledOut() {
        MainWindow window(smallSettings());
        window.show();
        auto& studio = window.studio();
        auto* combo = window.findChild<FieldRow*>("sampler.sigma")->findChild<QComboBox*>();
        auto* items = qobject_cast<QStandardItemModel*>(combo->model());
        const int learned = static_cast<int>(SigmaKind::Learned);
        QVERIFY(items->item(0)->isEnabled());
        QVERIFY(!items->item(learned)->isEnabled());
        QVERIFY2(items->item(learned)->toolTip().contains("learned-variance"),
                 qPrintable(items->item(learned)->toolTip()));
        Settings headed = studio.settings();
        headed.training.loss = LossKind::LearnedVariance;
        studio.change(headed, "loss");
        QVERIFY(items->item(learned)->isEnabled());
        combo->setCurrentIndex(learned);
        QCOMPARE(studio.settings().sampler.sigma, SigmaKind::Learned);
        // Now the loss cannot go back without the sampler.
        auto* losses = window.findChild<FieldRow*>("training.loss")->findChild<QComboBox*>();
        QVERIFY(!qobject_cast<QStandardItemModel*>(losses->model())->item(0)->isEnabled());
    }

    /// Where the data have eight classes, the slider ends at the eighth.
    void theSliderOfClasses() {
        Settings settings = smallSettings();
        settings.data.dataset = DatasetKind::EightGaussians;
        settings.sampler.denoiser = DenoiserKind::Ideal;
        MainWindow window(settings);
        window.show();
        auto& studio = window.studio();
        auto* row = window.findChild<FieldRow*>("sampler.class");
        QVERIFY(row->applies());
        auto* slider = row->findChild<QSlider*>();
        QCOMPARE(slider->maximum(), 8);
        slider->setValue(3);
        QCOMPARE(studio.settings().sampler.classNumber, 3);
        Settings moons = studio.settings();
        moons.data.dataset = DatasetKind::TwoMoons;
        studio.change(moons, "data set");
        QCOMPARE(slider->maximum(), 2);
        QCOMPARE(studio.settings().sampler.classNumber, 3);  // the run says that there is none
    }

    void opensATableAndRefusesOthers() {
        QTemporaryDir folder;
        const auto write = [&](const QString& name, const QByteArray& bytes) {
            QFile file(folder.filePath(name));
            if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write");
            file.write(bytes);
            return file.fileName();
        };
        MainWindow window(smallSettings());
        window.show();
        auto& studio = window.studio();
        auto* bar = window.findChild<MessageBar*>();
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot() && studio.snapshot()->step > 5, 20000);
        window.open(write("good.csv", "a,b\n1,2\n3,4\n5,9\n"));
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot()->data->size() == 3, 10000);
        QCOMPARE(studio.settings().data.dataset, DatasetKind::Imported);
        const Settings held = studio.settings();
        window.open(write("bad.csv", "a,b\n1,2\n3,four\n"));
        QTRY_VERIFY(bar->sentence().contains("bad.csv"));
        QVERIFY2(bar->sentence().contains("3"), qPrintable(bar->sentence()));
        window.open(write("wide.csv", "name,b,c\n1,2,3\n3,4,7\n"));
        QTRY_VERIFY(bar->sentence().contains("wide.csv: 2 points, name across and b up"));
        // Dropping a file is opening it.
        QMimeData mime;
        mime.setUrls({QUrl::fromLocalFile(write("dropped.csv", "1;2\n3;4\n5;9\n8;1\n"))});
        QDragEnterEvent enter({9, 9}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&window, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop({9, 9}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&window, &drop);
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot()->data->size() == 4, 10000);
        // A picture is one too: its points are drawn by the seed, as many as the settings say.
        QImage dots(8, 8, QImage::Format_RGB32);
        dots.fill(Qt::white);
        dots.setPixelColor(2, 2, Qt::black);
        QVERIFY(dots.save(folder.filePath("dots.png")));
        window.open(folder.filePath("dots.png"));
        QTRY_VERIFY_WITH_TIMEOUT(
            studio.snapshot()->data->size() == std::size_t(studio.settings().data.points), 10000);
        window.open(write("notes.txt", "hello"));
        QTRY_VERIFY(bar->sentence().contains("notes.txt"));
        window.open(write("broken.diffuscope", "not a session"));
        QTRY_VERIFY(bar->sentence().contains("broken.diffuscope"));
        window.open(folder.filePath("missing.csv"));
        QTRY_VERIFY(bar->sentence().contains("missing.csv"));
        QVERIFY(studio.settings() == held);
        QCOMPARE(studio.snapshot()->data->size(), std::size_t(held.data.points));
    }

    void exportsAndCancels() {
        QTemporaryDir folder;
        MainWindow window(smallSettings());
        window.show();
        QTRY_VERIFY_WITH_TIMEOUT(window.studio().snapshot() && window.studio().snapshot()->step > 5, 20000);
        for (QAction* action : window.actions())
            if (action->shortcut() == QKeySequence(Qt::CTRL | Qt::Key_E)) action->trigger();
        auto* dialog = window.findChild<ExportDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        const auto button = [&](const QString& name) -> QPushButton* {
            for (auto* each : dialog->findChildren<QPushButton*>())
                if (each->text() == name) return each;
            return nullptr;
        };
        for (auto* box : dialog->findChildren<QDoubleSpinBox*>()) box->setValue(0.5);
        const QString made = folder.filePath("film.mp4");
        dialog->setPath(made);
        button("Export")->click();
        QVERIFY(dialog->running());
        QTRY_VERIFY_WITH_TIMEOUT(!dialog->running(), 60000);
        QVERIFY(QFile::exists(made));

        for (auto* box : dialog->findChildren<QDoubleSpinBox*>()) box->setValue(600);
        dialog->setPath(folder.filePath("cancelled.mp4"));
        button("Export")->click();
        QTest::qWait(300);
        button("Cancel")->click();
        QTRY_VERIFY_WITH_TIMEOUT(!dialog->running(), 20000);
        QCOMPARE(
            QDir(folder.path()).entryList(QDir::Files | QDir::Dirs | QDir::Hidden | QDir::NoDotAndDotDot),
            QStringList("film.mp4"));
    }

    /// Every word on the stage switches its layer, by mouse and by keyboard, and none lies over another.
    void layersAreSwitchedOnTheStage() {
        MainWindow window(smallSettings());
        window.showNormal();  // on the small screen of the tests a window starts maximised
        QVERIFY(QTest::qWaitForWindowActive(&window));
        auto& studio = window.studio();
        auto* stage = window.findChild<StageWidget*>();
        for (const QSize size : {QSize(1080, 640), QSize(1280, 720), QSize(1920, 1080)}) {
            window.resize(size);
            QTest::qWait(20);
            std::vector<QToolButton*> words;
            for (auto* button : stage->findChildren<QToolButton*>())
                if (button->property("role") == "layer" && button->isVisible()) words.push_back(button);
            QVERIFY(words.size() >= layers().size());
            for (std::size_t i = 0; i < words.size(); ++i) {
                const QRect place(words[i]->mapTo(stage, QPoint(0, 0)), words[i]->size());
                QVERIFY(stage->rect().contains(place));
                QVERIFY(laneRects(QRectF(stage->rect()), LaneKind::Both, 13).first.contains(QRectF(place)));
                for (std::size_t k = 0; k < i; ++k)
                    QVERIFY(!place.intersects(QRect(words[k]->mapTo(stage, QPoint(0, 0)), words[k]->size())));
            }
        }
        std::size_t found = 0;
        for (const LayerRow& layer : layers())
            for (auto* button : stage->findChildren<QToolButton*>()) {
                if (button->text() != text(layer.choice.title)) continue;
                ++found;
                QVERIFY(button->focusPolicy() & Qt::TabFocus);
                const bool before = studio.settings().view.*layer.shown;
                QTest::mouseClick(button, Qt::LeftButton);
                QCOMPARE(studio.settings().view.*layer.shown, !before);
                for (int i = 0; i < 300 && window.focusWidget() != button; ++i)
                    QTest::keyClick(window.focusWidget() ? window.focusWidget() : &window, Qt::Key_Tab);
                QCOMPARE(window.focusWidget(), button);
                QTest::keyClick(button, Qt::Key_Space);
                QCOMPARE(studio.settings().view.*layer.shown, before);
            }
        QCOMPARE(found, layers().size());
        QVERIFY(!studio.undoStack().canUndo());  // what is looked at is no step of the history
    }

    /// Painted with the mouse, undone stroke by stroke, and what was there before comes back.
    void aDataSetIsPainted() {
        MainWindow window(smallSettings());
        window.showNormal();
        window.resize(1280, 720);
        auto& studio = window.studio();
        auto* stage = window.findChild<StageWidget*>();
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot() && studio.snapshot()->step > 5, 20000);
        QTest::mouseClick(window.findChild<QToolButton*>("tile-draw"), Qt::LeftButton);
        auto* pad = stage->findChild<PaintPad*>();
        QVERIFY(stage->drawing() && pad->isVisible());
        QVERIFY(pad->width() < stage->width() / 2);  // the reverse lane shows what is learned
        const Stage plane{QRectF(pad->rect())};
        const auto at = [&](double x, double y) { return plane.map(x, y).toPoint(); };
        const auto stroke = [&](Qt::MouseButton button, QPoint from, QPoint to) {
            QTest::mousePress(pad, button, {}, from);
            for (int i = 1; i <= 8; ++i) {
                const QPointF place = QPointF(from) + QPointF(to - from) * i / 8;
                QMouseEvent move(QEvent::MouseMove, place, pad->mapToGlobal(place), Qt::NoButton, button, {});
                QCoreApplication::sendEvent(pad, &move);
            }
            QTest::mouseRelease(pad, button, {}, to);
        };
        stroke(Qt::LeftButton, at(-1.5, 1), at(1.5, 1));
        QCOMPARE(studio.settings().data.dataset, DatasetKind::Imported);
        const auto first = studio.imported();
        QVERIFY(first && first->size() > 40);
        for (std::size_t i = 0; i < first->size(); ++i) {
            QVERIFY(std::abs(first->points[2 * i + 1] - 1.0f) < 0.2f);
            QVERIFY(std::abs(first->points[2 * i]) < 1.7f);
        }
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot()->data->points == first->points, 10000);
        stroke(Qt::LeftButton, at(0, -1), at(0, -1));
        const auto second = studio.imported();
        QVERIFY(second->size() > first->size());
        stroke(Qt::RightButton, at(-1.7, 1), at(1.7, 1));
        const auto third = studio.imported();
        QVERIFY(third->size() > 0 && third->size() <= second->size() - first->size() / 2);
        QVERIFY(std::any_of(third->points.begin(), third->points.end(), [](float v) { return v < -0.8f; }));

        studio.undoStack().undo();
        QCOMPARE(studio.imported(), second);
        QCOMPARE(pad->points(), second->points);
        studio.undoStack().undo();
        studio.undoStack().undo();
        QCOMPARE(studio.settings().data.dataset, DatasetKind::SwissRoll);
        QVERIFY(pad->points().empty());
        QTRY_COMPARE_WITH_TIMEOUT(studio.snapshot()->data->size(), std::size_t{1000}, 10000);
        studio.undoStack().redo();
        QCOMPARE(pad->points(), first->points);
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot()->data->points == first->points, 10000);

        // All taken away: the board is empty, the data set stays.
        stroke(Qt::RightButton, at(-2, 1), at(2, 1));
        for (auto* button : pad->findChildren<QToolButton*>())
            if (button->text() == "Clear") QTest::mouseClick(button, Qt::LeftButton);
        QVERIFY(pad->points().empty());
        QVERIFY(studio.imported() && studio.imported()->size() > 0);
        QTest::keyClick(pad, Qt::Key_Escape);
        QVERIFY(!stage->drawing());
        // Opened again, it holds the data set; D closes it.
        QVERIFY(QTest::qWaitForWindowActive(&window));
        stage->startDrawing();
        QCOMPARE(pad->points(), studio.imported()->points);
        QTest::keyClick(&window, Qt::Key_D);
        QVERIFY(!stage->drawing());
    }

    /// What was imported is not lost to the brush.
    void undoBringsAnImportBack() {
        QTemporaryDir folder;
        QFile file(folder.filePath("a.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("a,b\n1,2\n3,4\n5,9\n");
        file.close();
        MainWindow window(smallSettings());
        window.show();
        auto& studio = window.studio();
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot() && studio.snapshot()->step > 5, 20000);
        window.open(file.fileName());
        QTRY_VERIFY_WITH_TIMEOUT(studio.imported(), 10000);
        const auto table = studio.imported();
        auto* own = window.findChild<QToolButton*>("tile-imported");
        QVERIFY(own->isVisibleTo(own->parentWidget()));
        studio.importPoints(std::make_shared<const DataSet>(paintedPoints(std::vector<float>{0.5f, 0.5f})),
                            "x");
        QTRY_COMPARE_WITH_TIMEOUT(studio.snapshot()->data->size(), std::size_t{1}, 10000);
        studio.undoStack().undo();
        QCOMPARE(studio.imported(), table);
        QTRY_COMPARE_WITH_TIMEOUT(studio.snapshot()->data->size(), std::size_t{3}, 10000);
        studio.undoStack().undo();
        QCOMPARE(studio.settings().data.dataset, DatasetKind::SwissRoll);
        QVERIFY(!own->isVisibleTo(own->parentWidget()));
    }

    /// The card is there for the exact cases only, and marks what agrees.
    void theCardOfTheExactCases() {
        ExactCard card;
        Snapshot snapshot;
        card.show(snapshot);
        QVERIFY(!card.isVisible());
        snapshot.settings.data.dataset = DatasetKind::SinglePoint;
        card.show(snapshot);
        QVERIFY(card.isVisible());
        const auto words = [&card] {
            QString all;
            for (auto* label : card.findChildren<QLabel*>())
                if (label->isVisible()) all += label->text();
            return all;
        };
        QVERIFY(words().contains("the lower choice"));
        QVERIFY(words().contains("<sup>2</sup> = β̃<sub>t</sub>, the"));
        snapshot.settings.view.notation = NotationKind::Su;  // its β̃ is the root of Ho's
        card.show(snapshot);
        QVERIFY(words().contains("<sup>2</sup> = β̃<sub>t</sub>², the"));
        QVERIFY(!words().contains("<table>"));
        snapshot.settings.view.measure = false;  // without numbers the card says why
        card.show(snapshot);
        QVERIFY(words().contains("measuring is switched off"));
        snapshot.settings.data.dataset = DatasetKind::StandardNormal;
        auto readings = std::make_shared<Readings>();
        readings->exact = {{"variance of x_10 along x", 1.01, 1.0, 0.05}, {"mean along x", 0.4, 0.0, 0.05}};
        snapshot.readings = readings;
        card.show(snapshot);
        QVERIFY(words().contains("the upper choice"));
        QVERIFY(words().contains("variance of x<sub>10</sub> along x"));
        QVERIFY(words().count(QStringLiteral("✓")) == 1);
        QVERIFY(words().count(QStringLiteral("✗")) == 1);
        snapshot.settings.data.dataset = DatasetKind::SwissRoll;
        card.show(snapshot);
        QVERIFY(!card.isVisible());
    }

    void everyThemeAndSize() {
        MainWindow window(smallSettings());
        window.showNormal();
        QTRY_VERIFY_WITH_TIMEOUT(window.studio().snapshot() && window.studio().snapshot()->step > 5, 20000);
        QImage last;
        for (const QSize size : {QSize(1280, 720), QSize(1920, 1080)}) {
            window.resize(size);
            for (std::size_t i = 0; i < themes().size(); ++i) {
                ViewSettings view = window.studio().settings().view;
                view.theme = static_cast<ThemeKind>(i);
                window.studio().changeView(view);
                QTest::qWait(50);
                const QImage picture = window.grab().toImage();
                QVERIFY(picture != last);
                last = picture;
            }
            // Nothing that has an effect is squeezed to less than it needs.
            for (auto* label : window.findChildren<QLabel*>())
                if (label->isVisible() && !label->wordWrap() && label->textFormat() != Qt::RichText)
                    QVERIFY2(label->width() >= label->sizeHint().width() - 1, qPrintable(label->text()));
        }
    }
};

QTEST_MAIN(WindowTest)
#include "WindowTest.moc"
