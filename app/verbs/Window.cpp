#include "Interrupt.h"
#include "verbs/Verbs.h"
#include "widgets/MainWindow.h"

#include <QApplication>
#include <QString>
#include <QTimer>

namespace diffuscope {
namespace {

struct Options {
    CommonOptions common;
    std::string open;
};

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
    MainWindow window(settings);
    window.show();
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
    return [options] { return showWindow(*options); };
}

}  // namespace diffuscope
