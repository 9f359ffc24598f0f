#include "scenes/Theme.h"

#include <QFontInfo>
#include <QFontMetricsF>
#include <QImage>
#include <QPainter>
#include <QtTest>

using namespace diffuscope;

namespace {

QString nameOf(const Theme& theme) {
    return QString::fromUtf8(theme.choice.id.data(), static_cast<qsizetype>(theme.choice.id.size()));
}

}  // namespace

class ThemeTest : public QObject {
    Q_OBJECT

  private slots:
    void contrastOfKnownPairs();
    void textIsLegible_data();
    void textIsLegible();
    void rolesAreLegibleAsInk_data() { textIsLegible_data(); }
    void rolesAreLegibleAsInk();
    void inkLeavesLegibleColoursAlone();
    void everyKindHasItsRow();
    void fontIsOurs_data();
    void fontIsOurs();
};

void ThemeTest::contrastOfKnownPairs() {
    QCOMPARE(contrast(Qt::black, Qt::white), 21.0);
    QCOMPARE(contrast(Qt::white, Qt::white), 1.0);
    // WCAG's own example of a grey that just misses AA on white, and of one that just reaches it.
    QVERIFY(contrast("#777777", Qt::white) < 4.5);
    QVERIFY(contrast("#767676", Qt::white) >= 4.5);
    QCOMPARE(contrast("#123456", "#fedcba"), contrast("#fedcba", "#123456"));
}

void ThemeTest::textIsLegible_data() {
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < themes().size(); ++i)
        QTest::newRow(qPrintable(nameOf(themes()[i]))) << static_cast<int>(i);
}

void ThemeTest::textIsLegible() {
    QFETCH(int, index);
    const Theme& theme = themes()[static_cast<std::size_t>(index)];
    const double tertiary = theme.choice.id == "projector" ? 7.0 : 3.0;
    for (const QColor& background : {theme.window, theme.panel, theme.raised, theme.stage}) {
        QVERIFY(background.isValid());
        QVERIFY2(contrast(theme.text, background) >= theme.textContrast, qPrintable(background.name()));
        QVERIFY2(contrast(theme.secondary, background) >= theme.textContrast, qPrintable(background.name()));
        QVERIFY2(contrast(theme.tertiary, background) >= tertiary, qPrintable(background.name()));
    }
    QCOMPARE(theme.textContrast, theme.choice.id == "projector" ? 7.0 : 4.5);
}

void ThemeTest::rolesAreLegibleAsInk() {
    QFETCH(int, index);
    const Theme& theme = themes()[static_cast<std::size_t>(index)];
    for (const QColor& role : {theme.forward, theme.reverse, theme.ideal, theme.laneB, theme.warning})
        for (const QColor& background : {theme.window, theme.panel, theme.raised, theme.stage}) {
            const QColor ink = inkOf(theme, role, background);
            QVERIFY2(contrast(ink, background) >= theme.textContrast,
                     qPrintable(role.name() + QStringLiteral(" on ") + background.name()));
            QVERIFY2(std::abs(ink.hsvHue() - role.hsvHue()) <= 2, qPrintable(ink.name()));
        }
}

void ThemeTest::inkLeavesLegibleColoursAlone() {
    const Theme& dark = themeOf(ThemeKind::Dark);
    QCOMPARE(inkOf(dark, dark.forward, dark.stage), dark.forward);
    QCOMPARE(inkOf(dark, dark.reverse, dark.stage), dark.reverse);
}

void ThemeTest::everyKindHasItsRow() {
    QCOMPARE(themes().size(), std::size_t{3});
    QCOMPARE(themeOf(ThemeKind::Dark).choice.id, std::string_view("dark"));
    QCOMPARE(themeOf(ThemeKind::Light).choice.id, std::string_view("light"));
    QCOMPARE(themeOf(ThemeKind::Projector).choice.id, std::string_view("projector"));
}

void ThemeTest::fontIsOurs_data() {
    QTest::addColumn<int>("weight");
    QTest::newRow("regular") << static_cast<int>(QFont::Normal);
    QTest::newRow("medium") << static_cast<int>(QFont::Medium);
    QTest::newRow("semibold") << static_cast<int>(QFont::DemiBold);
}

void ThemeTest::fontIsOurs() {
    QFETCH(int, weight);
    const QFont font = uiFont(40, static_cast<QFont::Weight>(weight));
    const QFontInfo info(font);
    QCOMPARE(info.family(), QStringLiteral("Diffuscope Sans"));
    QCOMPARE(info.weight(), weight);
    QCOMPARE(info.pixelSize(), 40);

    // Tabular figures: all ten are equally wide, which Inter's ordinary ones are not. Letters are
    // proportional.
    const QFontMetricsF metrics(font);
    for (char digit = '0'; digit <= '9'; ++digit)
        QCOMPARE(metrics.horizontalAdvance(QChar::fromLatin1(digit)), metrics.horizontalAdvance(u'0'));
    QCOMPARE(metrics.horizontalAdvance(QStringLiteral("1111")),
             metrics.horizontalAdvance(QStringLiteral("8888")));
    QVERIFY(metrics.horizontalAdvance(u'i') < metrics.horizontalAdvance(u'm'));
    for (const QChar symbol :
         {u'β', u'α', u'σ', u'ε', u'θ', u'λ', u'√', u'−', u'∞', u'·', u'…', u'\u0302', u'\u0303', u'\u0304'})
        QVERIFY2(metrics.inFont(symbol), qPrintable(QString(symbol)));

    // The bar and the tilde of a symbol stand clear above the letter, which says nothing else without them.
    const auto topOf = [&](const QString& text) {
        QImage image(120, 120, QImage::Format_Grayscale8);
        image.fill(Qt::black);
        QPainter painter(&image);
        painter.setFont(font);
        painter.setPen(Qt::white);
        painter.drawText(QPointF(40, 80), text);
        painter.end();
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                if (image.constScanLine(y)[x] > 128) return y;
        return image.height();
    };
    for (const char16_t letter : {u'β', u'α', u'ε'})
        for (const char16_t mark : {u'\u0303', u'\u0304'}) {
            const QString symbol = QString(QChar(letter)) + QChar(mark);
            QVERIFY2(topOf(symbol) <= topOf(QString(QChar(letter))) - 3, qPrintable(symbol));
        }
}

QTEST_MAIN(ThemeTest)
#include "ThemeTest.moc"
