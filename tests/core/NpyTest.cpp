#include "Error.h"
#include "io/Import.h"
#include "io/Npy.h"

#include <QTest>
#include <cmath>

using namespace diffuscope;

namespace {

std::string npy(int major, std::string header, const std::string& body) {
    const std::size_t preamble = major == 1 ? 10 : 12;
    header.append(63 - (preamble + header.size()) % 64, ' ');
    header += '\n';
    std::string bytes = "\x93NUMPY";
    bytes += static_cast<char>(major);
    bytes += '\0';
    for (std::size_t i = 0; i < preamble - 8; ++i)
        bytes += static_cast<char>(header.size() >> (8 * i) & 0xFF);
    return bytes + header + body;
}

template <typename Float>
std::string raw(std::vector<Float> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Float)};
}

std::string header(const std::string& descr, const std::string& fortran, const std::string& shape) {
    return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

void addRefusal(const char* name, const std::string& bytes, const char* says, const char* columns = "") {
    QTest::newRow(name) << QByteArray::fromStdString(bytes) << says << columns;
}

}  // namespace

class NpyTest : public QObject {
    Q_OBJECT

  private slots:
    /// The layout of NumPy's own np.save: magic, version, length 118, dictionary, blanks up to 128 bytes,
    /// numbers.
    void writesWhatNumpyWrites() {
        const std::vector<float> values{1, 2, 3, 4};
        std::string expected("\x93NUMPY\x01\0\x76\0", 10);
        expected += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
        expected += std::string(127 - expected.size(), ' ') + '\n' + raw(values);
        QCOMPARE(writeNpy(values, std::vector<std::size_t>{2, 2}), expected);
    }

    void writesThreeDimensions() {
        const std::vector<float> values(12, 1.5f);
        const std::string bytes = writeNpy(values, std::vector<std::size_t>{3, 2, 2});
        QVERIFY(bytes.find("'shape': (3, 2, 2)") != std::string::npos);
        QCOMPARE(bytes.size(), 128 + 12 * sizeof(float));
    }

    void reads_data() {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char* name, const std::string& bytes) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes);
        };
        const std::string f4 = raw<float>({1, 2, 3, 4, 5, 6});
        row("f4", npy(1, header("<f4", "False", "(3, 2)"), f4));
        row("f8", npy(1, header("<f8", "False", "(3, 2)"), raw<double>({1, 2, 3, 4, 5, 6})));
        row("version 2.0", npy(2, header("<f4", "False", "(3, 2)"), f4));
        row("Fortran order", npy(1, header("<f4", "True", "(3, 2)"), raw<float>({1, 3, 5, 2, 4, 6})));
        row("other order of keys", npy(1, "{\"shape\":(3,2),'fortran_order':False,'descr':'<f4'}", f4));
        row("own writing", writeNpy(std::vector<float>{1, 2, 3, 4, 5, 6}, std::vector<std::size_t>{3, 2}));
    }
    void reads() {
        QFETCH(QByteArray, bytes);
        const NpyArray array = readNpy(bytes.toStdString());
        QCOMPARE(array.shape, (std::vector<std::size_t>{3, 2}));
        QCOMPARE(array.values, (std::vector<double>{1, 2, 3, 4, 5, 6}));
    }

    void refuses_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("says");
        QTest::addColumn<QString>("columns");
        const auto row = addRefusal;
        const std::string f4 = raw<float>({1, 2, 3, 4, 5, 6});
        const std::string good = npy(1, header("<f4", "False", "(3, 2)"), f4);
        row("nothing but magic", good.substr(0, 6), "ends before its version", "");
        row("no length", good.substr(0, 9), "ends before its header's length", "");
        row("within the header", good.substr(0, 30), "ends within its header", "");
        row("version 3.0", npy(3, header("<f4", "False", "(3, 2)"), f4), "version 3.0; 1.0 and 2.0", "");
        row("a huge header", std::string("\x93NUMPY\x02\0\xFF\xFF\xFF\x7F{", 13),
            "header of 2147483647 bytes", "");
        row("a header without end", npy(1, "{'descr': '<f4'", f4), "without }", "");
        row("no dictionary", npy(1, "[1, 2]", f4), "without {", "");
        row("text after it", npy(1, header("<f4", "False", "(3, 2)") + "exit()", f4), "text after", "");
        row("an open string", npy(1, "{'descr': '<f4", f4), "open string", "");
        row("an unknown key", npy(1, "{'order': 'C'}", f4), "unknown or repeated key \"order\"", "");
        row("a repeated key", npy(1, "{'descr': '<f4', 'descr': '<f4'}", f4),
            "unknown or repeated key \"descr\"", "");
        row("a missing key", npy(1, "{'descr': '<f4', 'fortran_order': False}", f4), "without descr", "");
        row("integers", npy(1, header("<i4", "False", "(3, 2)"), f4), "type \"<i4\"; <f4 and <f8", "");
        row("big-endian", npy(1, header(">f4", "False", "(3, 2)"), f4), "type \">f4\"", "");
        row("objects", npy(1, header("|O", "False", "(3, 2)"), f4), "type \"|O\"", "");
        row("a number for the order", npy(1, header("<f4", "1", "(3, 2)"), f4), "neither True nor False", "");
        row("one dimension", npy(1, header("<f4", "False", "(6,)"), f4), "1 dimensions; two", "");
        row("three dimensions", npy(1, header("<f4", "False", "(1, 3, 2)"), f4), "3 dimensions; two", "");
        row("a negative extent", npy(1, header("<f4", "False", "(-3, 2)"), f4), "where a number belongs", "");
        row("an endless extent", npy(1, header("<f4", "False", "(99999999999999999999, 2)"), f4),
            "where a number belongs", "");
        row("a product that overflows", npy(1, header("<f4", "False", "(4611686018427387904, 4)"), ""),
            "not its shape", "");
        row("a size that overflows", npy(1, header("<f8", "False", "(2305843009213693952, 1)"), ""),
            "not its shape", "");
        row("too few numbers", npy(1, header("<f4", "False", "(4, 2)"), f4), "24 bytes of numbers", "");
        row("too many numbers", npy(1, header("<f4", "False", "(2, 2)"), f4), "24 bytes of numbers", "");
        row("NaN", npy(1, header("<f4", "False", "(2, 2)"), raw<float>({1, 2, 3, NAN})), "Row 2 of the NPY",
            "");
        row("no rows", npy(1, header("<f4", "False", "(0, 2)"), ""), "no rows", "");
        row("one column", npy(1, header("<f4", "False", "(2, 1)"), raw<float>({1, 2})), "1 column; two", "");
        row("three columns", npy(1, header("<f4", "False", "(2, 3)"), f4), "--columns a,b", "");
        row("no such column", npy(1, header("<f4", "False", "(2, 3)"), f4), "no column \"4\"", "1,4");
        row("CSV", "1,2\n3,x\n", "Line 2", "");
    }
    void refuses() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, says);
        QFETCH(QString, columns);
        try {
            (void)importPoints(bytes.toStdString(), columns.toStdString());
            QFAIL("was read");
        } catch (const InputError& error) {
            QVERIFY2(QString(error.what()).contains(says), error.what());
        }
    }

    void importCentresScalesAndKeepsTheMap() {
        const auto values = raw<double>({10, 9, 1, 14, 9, 5, 10, 9, 1, 14, 9, 5});
        const DataSet data = importPoints(npy(1, header("<f8", "False", "(4, 3)"), values), "1,3");
        QCOMPARE(data.size(), 4ul);
        QCOMPARE(data.units.offset[0], 12.0);
        QCOMPARE(data.units.offset[1], 3.0);
        QCOMPARE(data.units.scale[0], 2.0);
        QCOMPARE(data.points[0], -1.0f);
        QCOMPARE(data.points[3], 1.0f);
    }
};

QTEST_GUILESS_MAIN(NpyTest)
#include "NpyTest.moc"
