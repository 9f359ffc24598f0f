#include "Interrupt.h"
#include "bench/WindowMeasures.h"
#include "bench/Workload.h"
#include "verbs/Verbs.h"
#include "widgets/MainWindow.h"

#include <QApplication>
#include <QString>
#include <QTimer>
#include <iostream>

namespace diffuscope {
namespace {

struct Options {
    CommonOptions common;
    std::string open;
    std::string measure;
    int rounds = 0;
};

void printMeasure(MainWindow& window, const WindowMeasure& measure, int rounds) {
    nlohmann::ordered_json line = {{"platform", QApplication::platformName().toStdString()}};
    line.update(measure.run(window, rounds > 0 ? rounds : measure.rounds));
    std::cout << line.dump() << std::endl;
}

int showWindow(const Options& options) {
    Settings settings;
    options.common.applyTo(settings);
    if (options.open.empty()) {
        check(settings);
    } else {
        // They are about what the file holds, and set when it is open.
        Settings before;
        before.backend = settings.backend;
        settings = before;
    }
    if (options.measure.empty() && options.rounds > 0)
        throw UsageError("--rounds has no effect without --measure.");
    const WindowMeasure* measure = options.measure.empty() ? nullptr : &windowMeasureById(options.measure);
    if (measure && measure->rounds == 0 && options.rounds > 0)
        throw UsageError("--rounds has no effect with --measure " + options.measure + ".");
    if (measure && !options.open.empty()) throw UsageError("--open has no effect with --measure.");
    MainWindow window(settings);
    window.show();
    if (measure) {
        printMeasure(window, *measure, options.rounds);
        return 0;
    }
    if (!options.open.empty())
        window.studio().open(QString::fromStdString(options.open),
                             [&options](Settings& opened) { options.common.applyTo(opened); });
    // A signal handler may only set a flag: the window looks at it.
    QTimer poll;
    QObject::connect(&poll, &QTimer::timeout, [] {
        if (interrupted()) QApplication::closeAllWindows();
    });
    poll.start(200);
    const int status = QApplication::exec();
    return interrupted() ? 130 : status;
}

}  // namespace

Run addWindow(CLI::App& program) {
    const auto options = std::make_shared<Options>();
    program.add_option("--open", options->open, "A session or a table of points to open in the window")
        ->type_name("FILE");
    addSettingOptions(program, options->common);
    program
        .add_option("--measure", options->measure,
                    "Let the window measure itself, print a line of JSON and close: " +
                        idsOf(windowMeasures(), "or") + " (what bench does)")
        ->type_name("ID");
    addRounds(program, options->rounds);
    return [options] { return showWindow(*options); };
}

}  // namespace diffuscope
