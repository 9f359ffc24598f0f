#include "diffusion/CustomCurve.h"
#include "diffusion/NoiseSchedule.h"
#include "widgets/MainWindow.h"
#include "widgets/MessageBar.h"
#include "widgets/Plots.h"
#include "widgets/ReadColumn.h"

#include <qcustomplot.h>

#include <QLabel>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWindow>
#include <cmath>

using namespace diffuscope;

namespace {

using Points = std::vector<std::array<double, 2>>;

Settings smallSettings() {
    Settings settings;
    settings.backend = BackendKind::Cpu;
    settings.data.points = 200;
    settings.schedule.steps = 100;
    settings.schedule.keepCurve = false;
    settings.view.particles = 20;
    settings.network.width = 8;
    settings.network.depth = 1;
    settings.training.batch = 16;
    return settings;
}

Settings custom(CurvePlane plane) {
    Settings settings = smallSettings();
    settings.schedule.kind = ScheduleKind::Custom;
    if (plane == CurvePlane::LogSnr)
        settings.schedule.curve = {plane, {{0.0, 9.0}, {0.3, 4.0}, {0.6, -2.0}, {1.0, -9.0}}};
    return settings;
}

/// A window, and a hand on its schedule plot: events go through the window, as a mouse's do.
struct Hand {
    explicit Hand(const Settings& settings) : window(settings), studio(window.studio()) {
        studio.setTraining(false);
        window.playback().setPlaying(false);
        window.setWindowState(Qt::WindowNoState);
        window.resize(1280, 720);
        window.show();
        plot = window.findChild<ReadColumn*>()->plot("schedule");
        chart = plot->findChild<QCustomPlot*>();
        if (!QTest::qWaitForWindowActive(&window)) qFatal("no window");
        if (!QTest::qWaitFor([&] { return !plot->curves().empty(); }, 20000)) qFatal("no snapshot");
        QTest::qWait(20);  // the columns have their width
        if (settings.schedule.kind == ScheduleKind::Custom) pick(settings.schedule.curve.plane);
    }
    void pick(CurvePlane plane) {
        QTest::mouseClick(plot->findChildren<QToolButton*>()[static_cast<int>(plane)], Qt::LeftButton);
    }
    [[nodiscard]] const Points& points() const { return studio.settings().schedule.curve.points; }
    [[nodiscard]] int steps() const { return studio.settings().schedule.steps; }
    /// The left axis' number for an ordinate, where the curve is not kept.
    [[nodiscard]] double shown(double ordinate) const {
        if (studio.settings().schedule.curve.plane == CurvePlane::LogSnr) return ordinate;
        const double beta = std::pow(10.0, ordinate);
        return studio.settings().view.notation == NotationKind::Su ? std::sqrt(beta) : beta;
    }
    [[nodiscard]] QPointF exactPixel(const std::array<double, 2>& point) const {
        return {chart->xAxis->coordToPixel(point[0] * steps()), chart->yAxis->coordToPixel(shown(point[1]))};
    }
    [[nodiscard]] QPoint pixel(std::size_t index) const { return exactPixel(points()[index]).toPoint(); }
    [[nodiscard]] QPoint curvePixel(int t) const {
        const auto& graph = *chart->graph(0);
        return graph.coordsToPixels(t, graph.data()->findBegin(t, false)->value).toPoint();
    }

    [[nodiscard]] QPoint inWindow(const QPoint& at) const { return chart->mapTo(&window, at); }
    void press(const QPoint& at) {
        QTest::mousePress(window.windowHandle(), Qt::LeftButton, {}, inWindow(at));
    }
    void move(const QPoint& at) { QTest::mouseMove(window.windowHandle(), inWindow(at)); }
    void release(const QPoint& at) {
        QTest::mouseRelease(window.windowHandle(), Qt::LeftButton, {}, inWindow(at));
    }
    void drag(const QPoint& from, const QPoint& to) {
        press(from);
        for (int i = 1; i <= 5; ++i) move(from + (to - from) * i / 5);
        release(to);
    }
    /// Of the left button, straight to the chart: to places that no window has.
    void send(QEvent::Type type, const QPointF& at) {
        const bool moved = type == QEvent::MouseMove;
        QMouseEvent event(type, at, chart->mapToGlobal(at), moved ? Qt::NoButton : Qt::LeftButton,
                          type == QEvent::MouseButtonRelease ? Qt::NoButton : Qt::LeftButton, {});
        QCoreApplication::sendEvent(chart, &event);
    }
    void doubleClick(const QPoint& at) {
        QTest::mouseDClick(window.windowHandle(), Qt::LeftButton, {}, inWindow(at));
    }
    void rightClick(const QPoint& at) {
        QTest::mouseClick(window.windowHandle(), Qt::RightButton, {}, inWindow(at));
    }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(window.windowHandle(), key, modifiers);
    }
    [[nodiscard]] QString message() const {
        auto* bar = window.findChild<MessageBar*>();
        QString all;
        if (bar->isVisible())
            for (auto* label : bar->findChildren<QLabel*>()) all += label->text();
        return all;
    }
    /// The schedule is one that a network can be trained on.
    void requireSound() const {
        requireValid(studio.settings().schedule.curve);
        const NoiseSchedule schedule(studio.settings().schedule);
        for (int t = 1; t <= schedule.steps(); ++t) {
            QVERIFY(schedule.beta(t) > 0.0 && schedule.beta(t) < 1.0);
            QVERIFY(schedule.logAlphaBar(t) < schedule.logAlphaBar(t - 1));
        }
    }

    MainWindow window;
    Studio& studio;
    Plot* plot;
    QCustomPlot* chart;
};

double away(const QPointF& a, const QPointF& b) {
    return QLineF(a, b).length();
}

}  // namespace

class CurveTest : public QObject {
    Q_OBJECT
    void bendsAlong(Hand& hand, CurvePlane plane) {
        const ScheduleSettings before = hand.studio.settings().schedule;
        const NoiseSchedule old(before);
        const QPoint from = hand.curvePixel(55);
        hand.move(from + QPoint(0, 90));
        hand.move(from);
        QCOMPARE(hand.chart->cursor().shape(), Qt::OpenHandCursor);
        hand.press(from);
        hand.release(from);
        QCOMPARE(hand.studio.undoStack().count(), 0);  // pressing alone changes nothing
        hand.drag(from, from + QPoint(0, 6));
        const ScheduleSettings& now = hand.studio.settings().schedule;
        QCOMPARE(now.kind, ScheduleKind::Custom);
        QCOMPARE(now.curve.plane, plane);
        QVERIFY(now.curve.points.size() >= 9);
        hand.requireSound();
        const NoiseSchedule made(now);
        for (const int t : {13, 25, 88})  // away from the hand, on points
            if (plane == CurvePlane::Beta)
                QVERIFY(std::abs(std::log10(made.beta(t) / old.beta(t))) < 0.05);
            else
                QVERIFY(std::abs(made.logSnr(t) - old.logSnr(t)) < 0.3);
        QVERIFY(plane == CurvePlane::Beta ? made.beta(55) < old.beta(55) : made.logSnr(55) < old.logSnr(55));
        QCOMPARE(hand.studio.undoStack().count(), 1);
        hand.studio.undoStack().undo();
        QVERIFY(now == before);
    }
    void bendsAFewSteps(Hand& hand) {
        const ScheduleSettings& now = hand.studio.settings().schedule;
        const Points before = hand.points();
        const bool exact = now.curve.plane == CurvePlane::LogSnr || !now.keepCurve;
        const QPoint from =
            exact ? hand.pixel(1)
                  : QPointF(hand.chart->xAxis->coordToPixel(before[1][0] * now.steps),
                            hand.chart->yAxis->coordToPixel(
                                1.0 - std::pow(1.0 - std::pow(10.0, before[1][1]), 1000.0 / now.steps)))
                        .toPoint();
        hand.drag(from, from + QPoint(4, 9));
        QVERIFY(hand.points()[1][1] < before[1][1]);
        hand.requireSound();
        const std::size_t count = hand.points().size();
        hand.doubleClick(QPoint(from.x() + 40, from.y() + 25));
        QCOMPARE(hand.points().size(), count + 1);
        hand.requireSound();
        QTRY_VERIFY(hand.studio.snapshot()->settings.schedule == now);
    }

  private slots:
    void dragMovesThePoint_data() {
        QTest::addColumn<int>("plane");
        QTest::addColumn<int>("notation");
        QTest::addColumn<int>("theme");
        for (int plane = 0; plane < 2; ++plane)
            for (int notation = 0; notation < 2; ++notation)
                QTest::addRow("plane %d, notation %d", plane, notation)
                    << plane << notation << plane + notation;
    }
    /// The point is where the mouse was let go, the plot shows PCHIP through the points at once, and all of
    /// it is one step of the history.
    void dragMovesThePoint() {
        QFETCH(int, plane);
        QFETCH(int, notation);
        QFETCH(int, theme);
        Settings settings = custom(static_cast<CurvePlane>(plane));
        settings.view.notation = static_cast<NotationKind>(notation);
        settings.view.theme = static_cast<ThemeKind>(theme);
        Hand hand(settings);
        const Points before = hand.points();
        const QPoint from = hand.pixel(1);
        const QPoint to = from + QPoint(15, 7);
        hand.press(from);
        QCOMPARE(hand.chart->cursor().shape(), Qt::ClosedHandCursor);
        for (int i = 1; i <= 5; ++i) hand.move(from + (to - from) * i / 5);
        QVERIFY(away(hand.exactPixel(hand.points()[1]), to) < 1.0);
        const double x = hand.chart->xAxis->pixelToCoord(to.x()) / hand.steps();
        QVERIFY(std::abs(hand.points()[1][0] - x) < 0.005);
        const auto curves = hand.plot->curves();
        const Pchip curve(hand.points());
        for (qsizetype k = 0; k < curves[0].x.size(); ++k) {
            const double exact = hand.shown(curve(curves[0].x[k] / hand.steps()));
            QVERIFY2(std::abs(curves[0].y[k] - exact) < 1e-9 * std::max(1.0, std::abs(exact)),
                     qPrintable(QString("t = %1").arg(curves[0].x[k])));
        }
        hand.release(to);
        QCOMPARE(hand.chart->cursor().shape(), Qt::OpenHandCursor);
        hand.requireSound();
        for (std::size_t i = 0; i < before.size(); ++i)
            if (i != 1) QVERIFY(hand.points()[i] == before[i]);
        QCOMPARE(hand.studio.undoStack().count(), 1);
        QTRY_VERIFY(hand.studio.snapshot()->settings.schedule == hand.studio.settings().schedule);
        hand.key(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(hand.points() == before);
        QTRY_VERIFY(hand.studio.snapshot()->settings.schedule == hand.studio.settings().schedule);
    }

    /// Where the curve is kept and T is not 1000, points lie on the curve cut into T steps.
    void dragOfAKeptCurve() {
        Settings settings = custom(CurvePlane::Beta);
        settings.schedule.keepCurve = true;
        settings.schedule.steps = 200;
        Hand hand(settings);
        const auto pixel = [&] {
            const double beta = 1.0 - std::pow(1.0 - std::pow(10.0, hand.points()[2][1]), 5.0);
            return QPointF(hand.chart->xAxis->coordToPixel(hand.points()[2][0] * 200),
                           hand.chart->yAxis->coordToPixel(beta));
        };
        const QPoint from = pixel().toPoint();
        QVERIFY(away(from, hand.curvePixel(60)) < 3.0);
        hand.press(from);
        hand.move(from + QPoint(0, 4));
        hand.move(from + QPoint(-6, 20));
        QVERIFY(away(pixel(), from + QPoint(-6, 20)) < 1.0);
        hand.release(from + QPoint(-6, 20));
        hand.requireSound();
    }

    /// What is dragged becomes a curve through the schedule that was there, bent where the hand is.
    void anotherScheduleGoesOver() {
        Hand hand(smallSettings());
        for (int kind = 0; kind < static_cast<int>(schedules().size()); ++kind)
            for (const auto plane : {CurvePlane::Beta, CurvePlane::LogSnr}) {
                if (static_cast<ScheduleKind>(kind) == ScheduleKind::Custom) continue;
                Settings settings = smallSettings();
                settings.schedule.kind = static_cast<ScheduleKind>(kind);
                settings.schedule.betaMax = 0.1;
                hand.studio.change(settings, "another schedule");
                hand.studio.undoStack().clear();
                hand.pick(plane);
                bendsAlong(hand, plane);
                if (QTest::currentTestFailed()) {
                    qWarning("%s, plane %d", schedules()[static_cast<std::size_t>(kind)].choice.id.data(),
                             static_cast<int>(plane));
                    return;
                }
            }
    }

    /// A curve of the other plane goes over too, and a double click does it where it adds a point.
    void planesGoOver() {
        Hand hand(custom(CurvePlane::Beta));
        const NoiseSchedule old(hand.studio.settings().schedule);
        hand.pick(CurvePlane::LogSnr);
        hand.doubleClick(hand.curvePixel(40) + QPoint(0, -8));
        QCOMPARE(hand.studio.settings().schedule.curve.plane, CurvePlane::LogSnr);
        QCOMPARE(hand.studio.undoStack().count(), 1);
        const NoiseSchedule made(hand.studio.settings().schedule);
        QVERIFY(std::abs(made.logSnr(75) - old.logSnr(75)) < 0.3);
        QVERIFY(made.logSnr(40) > old.logSnr(40));
        hand.pick(CurvePlane::Beta);
        hand.drag(hand.curvePixel(70), hand.curvePixel(70) + QPoint(0, 10));
        QCOMPARE(hand.studio.settings().schedule.curve.plane, CurvePlane::Beta);
        hand.requireSound();
    }

    void pointsComeAndGo_data() {
        QTest::addColumn<int>("plane");
        QTest::newRow("beta") << 0;
        QTest::newRow("log-SNR") << 1;
    }
    void pointsComeAndGo() {
        QFETCH(int, plane);
        Hand hand(custom(static_cast<CurvePlane>(plane)));
        const Points before = hand.points();
        const QPoint at = hand.exactPixel({0.45, Pchip(before)(0.45)}).toPoint() + QPoint(0, 3);
        hand.press(at);
        hand.release(at);
        hand.doubleClick(at);
        QCOMPARE(hand.points().size(), before.size() + 1);
        std::size_t index = 0;
        while (hand.points()[index][0] < 0.4) ++index;
        QVERIFY(std::abs(hand.points()[index][0] - 0.45) < 0.01);
        QVERIFY(away(hand.exactPixel(hand.points()[index]), at) < 3.0);  // the axes may follow now
        QCOMPARE(hand.studio.undoStack().count(), 1);
        hand.doubleClick(hand.pixel(index));
        QCOMPARE(hand.points().size(), before.size() + 1);  // there is one
        hand.rightClick(hand.pixel(index));
        QVERIFY(hand.points() == before);
        QCOMPARE(hand.studio.undoStack().count(), 2);
        hand.rightClick(hand.pixel(1) + QPoint(14, 30));
        QVERIFY(hand.points() == before);
        QVERIFY(hand.message().isEmpty());
        for (const std::size_t end : {std::size_t{0}, before.size() - 1}) {
            hand.rightClick(hand.pixel(end));
            QVERIFY(hand.points() == before);
            QVERIFY(hand.message().contains("first and the last"));
        }
        QCOMPARE(hand.studio.undoStack().count(), 2);
    }

    /// A double click whose second press is held drags the new point, as the same step.
    void addAndDrag() {
        Hand hand(custom(CurvePlane::Beta));
        const QPoint at = hand.exactPixel({0.8, -1.8}).toPoint();
        hand.press(at);
        hand.release(at);
        hand.send(QEvent::MouseButtonDblClick, at);
        QCOMPARE(hand.points().size(), std::size_t{6});
        const double y = hand.points()[4][1];
        for (const int dy : {5, 12}) hand.send(QEvent::MouseMove, at + QPoint(0, dy));
        QVERIFY(hand.points()[4][1] < y - 0.1);
        QCOMPARE(hand.studio.undoStack().count(), 1);
        hand.key(Qt::Key_Escape);
        QCOMPARE(hand.points().size(), std::size_t{5});
        QCOMPARE(hand.studio.undoStack().index(), 0);
    }

    /// Wherever the mouse goes, the points keep their order and the schedule is one.
    void absurdPlaces_data() { pointsComeAndGo_data(); }
    void absurdPlaces() {
        QFETCH(int, plane);
        Hand hand(custom(static_cast<CurvePlane>(plane)));
        const Points before = hand.points();
        for (std::size_t i = 0; i < before.size(); ++i)
            for (const QPointF& to :
                 {QPointF(-900, -1e6), QPointF(1e6, -600), QPointF(-1e6, 3000), QPointF(3000, 1e6)}) {
                hand.press(hand.pixel(i));
                hand.send(QEvent::MouseMove, to);
                hand.send(QEvent::MouseButtonRelease, to);
                hand.requireSound();
                QCOMPARE(hand.points().size(), before.size());
                QCOMPARE(hand.points().front()[0], 0.0);
                QCOMPARE(hand.points().back()[0], 1.0);
                QVERIFY(!hand.message().isEmpty());
                hand.studio.undoStack().undo();
                QVERIFY(hand.points() == before);
            }
        // A hand that stays below the plot takes the axis along, down to what a point may be.
        const double lowest = hand.chart->yAxis->range().lower;
        const QPoint below(hand.pixel(2).x(), hand.chart->axisRect()->bottom() + 20);
        hand.press(hand.pixel(2));
        hand.move(below - QPoint(0, 2));
        hand.move(below);
        QTRY_VERIFY(hand.chart->yAxis->range().lower < lowest);
        hand.release(below);
        hand.requireSound();
    }

    /// Neighbours are not passed, and it is said why.
    void neighboursAreInTheWay() {
        Hand hand(custom(CurvePlane::LogSnr));
        hand.drag(hand.pixel(1), QPoint(hand.pixel(2).x() + 20, hand.pixel(1).y()));
        QVERIFY(hand.points()[1][0] < hand.points()[2][0]);
        QVERIFY(hand.message().contains("do not pass"));
        hand.studio.undoStack().undo();
        hand.drag(hand.pixel(1), QPoint(hand.pixel(1).x(), hand.pixel(2).y() + 10));
        QVERIFY(hand.points()[1][1] > hand.points()[2][1]);
        QVERIFY(hand.message().contains("λ falls"));
    }

    void fewSteps() {
        Hand hand(smallSettings());
        for (const auto plane : {CurvePlane::Beta, CurvePlane::LogSnr})
            for (const int steps : {1, 2})
                for (const bool keep : {false, true}) {
                    Settings settings = custom(plane);
                    settings.schedule.steps = steps;
                    settings.schedule.keepCurve = keep;
                    hand.studio.change(settings, "few steps");
                    hand.pick(plane);
                    bendsAFewSteps(hand);
                    if (QTest::currentTestFailed()) {
                        qWarning("plane %d, T = %d, keep %d", static_cast<int>(plane), steps, keep);
                        return;
                    }
                }
    }

    /// The keyboard alone: from another schedule to points that are chosen, moved, added and removed.
    void byKeys() {
        Hand hand(smallSettings());
        for (int i = 0; i < 200 && !hand.chart->hasFocus(); ++i) hand.key(Qt::Key_Tab);
        QVERIFY(hand.chart->hasFocus());
        hand.window.playback().setTime(40);
        hand.key(Qt::Key_Left);  // no points yet: the playhead's
        QCOMPARE(hand.window.playback().time(), 39.0);
        hand.key(Qt::Key_Insert);
        QCOMPARE(hand.studio.settings().schedule.kind, ScheduleKind::Custom);
        QCOMPARE(hand.studio.undoStack().count(), 1);
        const Points made = hand.points();
        hand.key(Qt::Key_PageDown);
        hand.key(Qt::Key_PageDown);
        for (int i = 0; i < 3; ++i) hand.key(Qt::Key_Up);
        hand.key(Qt::Key_Right);
        QVERIFY(std::abs(hand.points()[2][1] - made[2][1] - 0.06) < 1e-4);
        QVERIFY(std::abs(hand.points()[2][0] - made[2][0] - 0.005) < 1e-4);
        QCOMPARE(hand.studio.undoStack().count(), 2);
        QVERIFY(hand.chart->accessibleDescription().contains("Point 3 of"));
        hand.key(Qt::Key_Insert);
        QCOMPARE(hand.points().size(), made.size() + 1);
        hand.key(Qt::Key_Down, Qt::ShiftModifier);
        QCOMPARE(hand.studio.undoStack().count(), 4);
        hand.key(Qt::Key_Delete);
        QCOMPARE(hand.points().size(), made.size());
        hand.key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(hand.points().size(), made.size() + 1);
        hand.key(Qt::Key_PageUp);
        hand.key(Qt::Key_PageUp);
        hand.key(Qt::Key_PageUp);
        hand.key(Qt::Key_Delete);
        QVERIFY(hand.message().contains("first and the last"));
        hand.key(Qt::Key_Escape);  // the arrows are the playhead's again
        const Points before = hand.points();
        hand.key(Qt::Key_Right);
        QVERIFY(hand.points() == before);
        QCOMPARE(hand.window.playback().time(), 40.0);
        hand.requireSound();
    }

    void theSessionKeepsTheCurve_data() { pointsComeAndGo_data(); }
    void theSessionKeepsTheCurve() {
        QFETCH(int, plane);
        QTemporaryDir folder;
        const QString path = folder.filePath("bent.diffuscope");
        Hand hand(custom(static_cast<CurvePlane>(plane)));
        hand.drag(hand.pixel(1), hand.pixel(1) + QPoint(9, 11));
        hand.doubleClick(hand.exactPixel({0.8, Pchip(hand.points())(0.8)}).toPoint() + QPoint(0, 2));
        const ScheduleSettings bent = hand.studio.settings().schedule;
        hand.studio.save(path, 0.0);
        QTRY_VERIFY_WITH_TIMEOUT(hand.message().contains("Saved"), 20000);
        hand.studio.undoStack().undo();
        hand.studio.undoStack().undo();
        QVERIFY(hand.studio.settings().schedule != bent);
        hand.studio.open(path);
        QTRY_VERIFY_WITH_TIMEOUT(hand.studio.settings().schedule == bent, 20000);
        QTRY_VERIFY(hand.studio.snapshot()->settings.schedule == bent);
        hand.drag(hand.pixel(1), hand.pixel(1) + QPoint(-9, -5));
        QVERIFY(hand.studio.settings().schedule != bent);
    }

    /// What the line under the plot says fits, and never moves the plot under the hand.
    void theHintFits() {
        Hand hand(smallSettings());
        auto* hint = hand.plot->findChild<QLabel*>();
        const QSize size = hand.chart->size();
        QStringList said;
        const auto check = [&] {
            said << hint->text();
            QVERIFY2(hint->fontMetrics().horizontalAdvance(hint->text()) <= hint->width(),
                     qPrintable(hint->text()));
            QCOMPARE(hand.chart->size(), size);
        };
        check();
        hand.chart->setFocus(Qt::TabFocusReason);
        check();
        hand.key(Qt::Key_Insert);
        check();
        hand.press(hand.pixel(3));
        check();
        hand.release(hand.pixel(3));
        hand.pick(CurvePlane::LogSnr);
        check();
        said.removeDuplicates();
        QCOMPARE(said.size(), 5);
    }
};

QTEST_MAIN(CurveTest)
#include "CurveTest.moc"
