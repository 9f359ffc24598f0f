#include "Error.h"
#include "io/Csv.h"

#include <QTest>
#include <cstring>
#include <limits>

using namespace diffuscope;

class CsvTest : public QObject {
    Q_OBJECT

  private slots:
    void reads_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("columns");
        QTest::addColumn<QString>("axes");
        const auto row = [](const char* name, const QByteArray& bytes, const char* axes = "x|y",
                            const char* columns = "") {
            QTest::newRow(name) << bytes << columns << QString::fromUtf8(axes);
        };
        row("comma", "1.5,-2\n3,4e-3\n");
        row("no newline at the end", "1.5,-2\n3,4e-3");
        row("semicolon", "1.5;-2\n3;4e-3\n");
        row("tab", "1.5\t-2\n3\t4e-3\n");
        row("blanks", "  1.5   -2\n3 \t 4e-3  \n");
        row("comma and blanks", "1.5, -2\n3 , 4e-3\n");
        row("header", "a,b c\n1.5,-2\n3,4e-3\n", "a|b c");
        row("quotes", "\"a, \"\"q\"\"\",\"b\"\n\"1.5\",-2\n3,\"4e-3\"\n", "a, \"q\"|b");
        row("CRLF", "a,b\r\n1.5,-2\r\n3,4e-3\r\n", "a|b");
        row("CR", "a,b\r1.5,-2\r3,4e-3", "a|b");
        row("byte order mark",
            "\xEF\xBB\xBF"
            "a,b\n1.5,-2\n3,4e-3\n",
            "a|b");
        row("empty lines and comments", "# made by hand\n\n1.5,-2\n \n3,4e-3\n\n");
        row("plus sign", "+1.5,-2\n3,+4e-3\n");
        row("Latin-1 header", "L\xE4nge,b\n1.5,-2\n3,4e-3\n", "Länge|b");
        row("UTF-8 header", "Länge,b\n1.5,-2\n3,4e-3\n", "Länge|b");
        row("columns by name", "k,a,b\nu,1.5,-2\nv,3,4e-3\n", "a|b", "a,b");
        row("columns by number", "k,a,b\nu,1.5,-2\nv,3,4e-3\n", "a|b", "2,3");
        row("columns turned round", "-2,1.5\n4e-3,3\n", "x|y", "2,1");
    }
    void reads() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, columns);
        QFETCH(QString, axes);
        const CsvTable table = readCsv(bytes.toStdString(), columns.toStdString());
        QCOMPARE(table.points, (std::vector<double>{1.5, -2.0, 3.0, 4e-3}));
        QCOMPARE(QString::fromStdString(table.axes[0] + "|" + table.axes[1]), axes);
    }

    void refuses_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("columns");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const QByteArray& bytes, const char* says,
                            const char* columns = "") { QTest::newRow(name) << bytes << columns << says; };
        row("nothing", "", "no rows");
        row("blank", "\n \n\r\n", "no rows");
        row("only a header", "a,b\n", "no rows after its header in line 1");
        row("one column", "1\n2\n", "Line 1: \"1\" is one column");
        row("prose", "Hello\n", "Line 1: \"Hello\" is one column");
        row("text in a column", "a,b\n1,2\n3,four\n",
            "Line 3: column 2 holds \"four\", which is not a number");
        row("text in the first line", "1,two\n3,4\n", "Line 1: column 2 holds \"two\"");
        row("a number with a tail", "1,2\n3,4x\n", "Line 2: column 2 holds \"4x\"");
        row("NaN", "1,2\nnan,4\n", "Line 2: column 1 holds \"nan\"; finite");
        row("NaN in the first line", "1,NaN\n", "Line 1: column 2 holds \"NaN\"; finite");
        row("infinity", "1,2\n3,-inf\n", "Line 2: column 2 holds \"-inf\"; finite");
        row("too large", "1,2\n3,1e999\n", "Line 2: column 2 holds \"1e999\", which is outside");
        row("larger than a float", "1,2\n3,1e39\n",
            "Line 2: column 2 holds \"1e39\"; finite numbers up to 1e30");
        row("NA", "1,2\nNA,4\n", "Line 2: column 1 holds \"NA\"");
        row("an empty field", "1,2\n3,\n", "Line 2: column 2 is empty");
        row("a short line", "1,2\n3\n", "Line 2: there is 1 column where line 1 has 2");
        row("a long line", "1,2\n3,4,5\n", "Line 2: there are 3 columns where line 1 has 2");
        row("lines counted with blanks and CRLF", "a,b\r\n\r\n# note\r\n1,2\r\n3,x\r\n", "Line 5: column 2");
        row("three columns", "a,b,c\n1,2,3\n", "Line 1: there are 3 columns; say which two");
        row("a decimal comma", "1,5;2,5\n1,5;2,5\n", "holds \"1,5\", which is not a number; decimals are");
        row("an open quotation mark", "a,b\n\"1,2\n", "Line 2: a quotation mark is not closed");
        row("text after quotes", "a,b\n\"1\"2,3\n", "Line 2: there is text after the quoted \"1\"");
        row("UTF-16",
            QByteArray("\xFF\xFE"
                       "1\0,\0"
                       "2\0",
                       8),
            "UTF-16");
        row("binary", QByteArray("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16), "Line 1");
        row("an unknown column", "a,b,c\n1,2,3\n",
            "no column \"d\"; accepted are the numbers 1 to 3 and the names", "a,d");
        row("column 0", "a,b,c\n1,2,3\n", "no column \"0\"", "0,1");
        row("column 4", "1,2,3\n", "no column \"4\"; accepted are the numbers 1 to 3.", "4,1");
        row("one column chosen", "a,b,c\n1,2,3\n", "The columns \"a\" are not two", "a");
    }
    void refuses() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, columns);
        QFETCH(QString, says);
        try {
            (void)readCsv(bytes.toStdString(), columns.toStdString());
            QFAIL("was read");
        } catch (const InputError& error) {
            QVERIFY2(QString(error.what()).contains(says), error.what());
        }
    }

    void readsTheMostThatIsAcceptedAndRefusesMore() {
        std::string bytes;
        for (std::size_t i = 0; i < largestTable; ++i) bytes += "1,2\n";
        QCOMPARE(readCsv(bytes).points.size(), 2 * largestTable);
        bytes += "1,2\n";
        try {
            (void)readCsv(bytes);
            QFAIL("was read");
        } catch (const InputError& error) {
            QVERIFY2(QString(error.what()).startsWith("Line 2000001: "), error.what());
        }
    }

    void writtenReadsBackExactly() {
        const std::vector<float> points{0.1f,    -0.0f,       1e-20f,
                                        3.4e29f, 1.0f / 3.0f, std::numeric_limits<float>::denorm_min()};
        const CsvTable table = readCsv(writeCsv(points, {"Länge, cm", "say \"b\""}));
        QCOMPARE(table.axes[0], std::string("Länge, cm"));
        QCOMPARE(table.axes[1], std::string("say \"b\""));
        QCOMPARE(table.points.size(), points.size());
        for (std::size_t i = 0; i < points.size(); ++i) {
            const auto read = static_cast<float>(table.points[i]);
            QCOMPARE(std::memcmp(&read, &points[i], sizeof read), 0);
        }
        QCOMPARE(writeCsv(std::vector<float>{0.1f, 2.0f}, {"x", "y"}), std::string("x,y\n0.1,2\n"));
        QCOMPARE(writeCsv(std::vector<double>{1e9 + 0.25, 0.1}, {"x", "y"}),
                 std::string("x,y\n1000000000.25,0.1\n"));
    }
};

QTEST_GUILESS_MAIN(CsvTest)
#include "CsvTest.moc"
