#include "widgets/MainWindow.h"
#include "widgets/Section.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QTest>
#include <algorithm>

using namespace diffuscope;

namespace {

/// Counts how often a widget is asked to lay itself out anew.
class Layouts : public QObject {
  public:
    explicit Layouts(QWidget& widget) { widget.installEventFilter(this); }
    int count = 0;

  protected:
    bool eventFilter(QObject*, QEvent* event) override {
        if (event->type() == QEvent::LayoutRequest) ++count;
        return false;
    }
};

}  // namespace

class LiveTextTest : public QObject {
    Q_OBJECT
  private slots:
    /// Sixty texts a second in a column of a hundred widgets: only those that need more room move anything.
    void keepsItsSizeAndGrows() {
        QWidget column;
        auto* row = new QHBoxLayout(&column);
        auto* label = roleLabel({}, "quiet");
        row->addWidget(label, 0, Qt::AlignRight);
        column.show();
        setLiveText(label, "8,888 steps");
        QCoreApplication::processEvents();
        const QSize size = label->size();
        QVERIFY(size.width() >= label->fontMetrics().horizontalAdvance("8,888 steps"));
        QVERIFY(size.height() >= label->fontMetrics().height());

        Layouts layouts(column);
        for (const char* text : {"1,111 steps", "12 steps", "", "8,888 steps"}) {
            setLiveText(label, text);
            QCoreApplication::processEvents();
            QCOMPARE(label->text(), QString(text));
            QCOMPARE(label->size(), size);
        }
        QCOMPARE(layouts.count, 0);

        const QString longer = "88,888,888 steps";
        setLiveText(label, longer);
        QCoreApplication::processEvents();
        QVERIFY(label->width() >= label->fontMetrics().horizontalAdvance(longer));
        QVERIFY(layouts.count > 0);
    }

    /// What is shown less often than pictures still ends with the last that is known.
    void theLastNumberIsShown() {
        Settings settings;
        settings.backend = BackendKind::Cpu;
        settings.data.points = 500;
        settings.schedule.steps = 50;
        settings.view.particles = 100;
        settings.network.width = 16;
        settings.training.batch = 64;
        MainWindow window(settings);
        window.show();
        Studio& studio = window.studio();
        QTRY_VERIFY_WITH_TIMEOUT(studio.snapshot() && studio.snapshot()->step > 50, 20000);
        studio.setTraining(false);
        QTRY_VERIFY_WITH_TIMEOUT(!studio.snapshot()->training, 20000);
        const QString steps = QLocale(QLocale::English).toString(qint64(studio.snapshot()->step)) + " steps";
        const auto shown = [&] {
            const auto labels = window.findChildren<QLabel*>();
            return std::any_of(labels.begin(), labels.end(),
                               [&](const QLabel* label) { return label->text() == steps; });
        };
        QTRY_VERIFY_WITH_TIMEOUT(shown(), 5000);
    }
};

QTEST_MAIN(LiveTextTest)
#include "LiveTextTest.moc"
