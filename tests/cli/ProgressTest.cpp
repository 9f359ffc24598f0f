#include "Program.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

/// What long work says about itself while it lasts.
class ProgressTest : public QObject {
    Q_OBJECT

  private slots:
    /// The ideal denoiser of 100,000 points asks all of them, and says how long that will take. It stops at
    /// once when it is asked to, and leaves no file.
    void aHundredThousandPointsSayHowLong() {
        const QTemporaryDir folder;
        Program program(folder.path());
        const Result trained = program.run(
            QString("train --dataset spiral --steps 1 --set data.points=100000 --set network.width=8 "
                    "--set training.batch=1 --backend cpu --out many.diffuscope")
                .split(' '));
        QVERIFY2(trained.status == 0, trained.err);
        program.start(
            QString("sample many.diffuscope --count 50000 --denoiser ideal --backend cpu --out x.npy")
                .split(' '));
        QTest::qWait(7000);  // a line comes every five seconds
        program.interrupt(SIGINT);
        const Result stopped = program.finish();
        QCOMPARE(stopped.status, 130);
        static const QRegularExpression line(
            "^\\d+ %  sampling 50000 particles, \\d+ (second|minute|hour)s? left$",
            QRegularExpression::MultilineOption);
        QVERIFY2(line.match(QString::fromUtf8(stopped.err)).hasMatch(), stopped.err);
        QVERIFY(!QFile::exists(folder.filePath("x.npy")));
    }
};

QTEST_GUILESS_MAIN(ProgressTest)
#include "ProgressTest.moc"
