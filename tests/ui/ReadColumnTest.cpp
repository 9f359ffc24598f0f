#include "scenes/Scene.h"
#include "ui/FakeSnapshot.h"
#include "widgets/Controls.h"
#include "widgets/FieldRow.h"
#include "widgets/MainWindow.h"
#include "widgets/ReadColumn.h"

#include <QAction>
#include <QLabel>
#include <QLineEdit>
#include <QSlider>
#include <QTest>
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
};

QTEST_MAIN(ReadColumnTest)
#include "ReadColumnTest.moc"
