#include "Error.h"
#include "data/Letters.h"
#include "scenes/Ink.h"
#include "scenes/Resources.h"

#include <QBuffer>
#include <QImage>
#include <QTest>
#include <cmath>
#include <thread>

using namespace diffuscope;

namespace {

QByteArray png(const QImage& image) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

QString refusal(const std::function<void()>& action) {
    try {
        action();
    } catch (const InputError& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

}  // namespace

class InkTest : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { initialiseResources(); }

    void lettersAreThoseOfTheFont() {
        for (const char* text : {"A", "Hello, world", "é", "Ω", "Ж", "0123456789", "i j k"})
            QVERIFY2(refusal([&] { requireLetters(text); }).isEmpty(), text);
        QVERIFY(refusal([] { requireLetters("日"); }).contains("The font has no letter"));
        QVERIFY(refusal([] { requireLetters("\xF0\x9F\xA6\x95"); }).contains("The font has no letter"));
        QVERIFY(
            refusal([] { requireLetters("\xE2\x80\x8B"); }).contains("The font has no letter"));  // no ink
    }

    // O is a ring: nothing in its middle, as much to the left as to the right, as much above as below.
    void lettersAreInk() {
        const DataSet ring = letters("O", 20000, 1);
        std::array<int, 2> positive{};
        for (std::size_t i = 0; i < ring.size(); ++i) {
            const float x = ring.points[2 * i];
            const float y = ring.points[2 * i + 1];
            QVERIFY(x * x + y * y > 0.25f && x * x + y * y < 6.0f);
            positive[0] += x > 0.0f;
            positive[1] += y > 0.0f;
        }
        for (const int count : positive) QVERIFY(std::abs(count / 20000.0 - 0.5) < 0.03);
        // b follows L, whose foot is to the right and below: y is upwards.
        const DataSet both = letters("Lb", 20000, 1);
        std::array<double, 2> across{};
        std::array<int, 2> count{};
        int foot = 0;
        for (std::size_t i = 0; i < both.size(); ++i) {
            const auto label = std::size_t(both.labels[i]);
            across[label] += double(both.points[2 * i]);
            ++count[label];
        }
        QVERIFY(across[0] / count[0] < -0.4 && across[1] / count[1] > 0.4);
        const DataSet alone = letters("L", 20000, 1);
        for (std::size_t i = 0; i < alone.size(); ++i) {
            if (alone.points[2 * i] < 1.0f) continue;
            QVERIFY(alone.points[2 * i + 1] < 0.0f);
            ++foot;
        }
        QVERIFY(foot > 500);
        QCOMPARE(both.classes, (std::vector<std::string>{"L", "b"}));
    }

    // Six standard errors, as for the other generators.
    void lettersAreCentredAndScaled() {
        for (const char* text : {"A", "ABC", "Il l", "Diffusion models, Eq. 12"}) {
            const int count = 100000;
            const DataSet set = letters(text, count, 3);
            std::array<double, 2> mean{};
            double square = 0.0;
            for (std::size_t i = 0; i < set.points.size(); ++i) {
                mean[i % 2] += double(set.points[i]) / count;
                square += double(set.points[i]) * double(set.points[i]) / (2.0 * count);
            }
            const double bound = 6.0 * std::sqrt(2.0 / count);
            QVERIFY(std::abs(mean[0]) < bound && std::abs(mean[1]) < bound);
            QVERIFY(std::abs(square - 1.0) < bound);
            const DataSet few = letters(text, 10, 3);
            QVERIFY(std::equal(few.points.begin(), few.points.end(), set.points.begin()));
        }
    }

    void anyThreadDraws() {
        const DataSet here = letters("Thread", 1000, 1);
        std::vector<float> there[2];
        {
            std::jthread one([&] { there[0] = letters("Thread", 1000, 1).points; });
            std::jthread two([&] { there[1] = letters("Thread", 1000, 1).points; });
        }
        QCOMPARE(there[0], here.points);
        QCOMPARE(there[1], here.points);
    }

    void darknessIsDensity() {
        QImage image(3, 2, QImage::Format_ARGB32);
        image.fill(Qt::white);
        image.setPixelColor(0, 0, Qt::black);
        image.setPixelColor(1, 0, QColor(100, 100, 100));
        image.setPixelColor(2, 0, QColor(0, 0, 0, 0));   // transparent is white
        image.setPixelColor(2, 1, QColor(0, 0, 0, 51));  // a fifth of black
        const DensityImage ink = readPicture(png(image));
        QCOMPARE(ink.width, 3);
        QCOMPARE(ink.height, 2);
        QCOMPARE(ink.density, (std::vector<float>{255, 155, 0, 0, 0, 51}));
        const DataSet set = importPicture(png(image), 500, 1);
        QCOMPARE(set.size(), std::size_t{500});
        // Mean of the density, in pixels from the lower left corner.
        const double mass = 255 + 155 + 51;
        QVERIFY(std::abs(set.units.offset[0] - (255 * 0.5 + 155 * 1.5 + 51 * 2.5) / mass) < 1e-12);
        QVERIFY(std::abs(set.units.offset[1] - (255 * 1.5 + 155 * 1.5 + 51 * 0.5) / mass) < 1e-12);
    }

    // Read coarser, but in the file's own pixels.
    void largePicturesKeepTheirUnits() {
        QImage image(6000, 1500, QImage::Format_Grayscale8);
        image.fill(255);
        for (int row = 0; row < 500; ++row)
            for (int column = 3000; column < 6000; ++column) image.scanLine(row)[column] = 0;
        const DensityImage ink = readPicture(png(image));
        QCOMPARE(ink.width, 2048);
        QCOMPARE(ink.height, 512);
        const DataSet set = importPicture(png(image), 10, 1);
        QVERIFY(std::abs(set.units.offset[0] - 4500.0) < 3.0);
        QVERIFY(std::abs(set.units.offset[1] - 1250.0) < 3.0);
        QVERIFY(std::abs(set.units.scale[0] - std::sqrt((3000.0 * 3000 + 500.0 * 500) / 24.0)) < 3.0);
    }

    void unusablePicturesAreRefused() {
        QImage white(5, 5, QImage::Format_RGB32);
        white.fill(Qt::white);
        QVERIFY(refusal([&] { (void)importPicture(png(white), 10, 1); }).contains("blank"));
        white.fill(Qt::black);
        const QByteArray bytes = png(white);
        QVERIFY(refusal([&] { (void)readPicture({}); }).contains("cannot be read"));
        QVERIFY(refusal([&] { (void)readPicture("no picture"); }).contains("cannot be read"));
        QVERIFY(refusal([&] { (void)readPicture(bytes.left(30)); }).contains("cannot be read"));
        QVERIFY(isPicture("a/b.PNG") && isPicture("c.jpeg") && !isPicture("c.csv"));
    }
};

QTEST_MAIN(InkTest)
#include "InkTest.moc"
