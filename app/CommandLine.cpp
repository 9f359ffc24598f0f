#include "CommandLine.h"

#include "Error.h"
#include "Interrupt.h"
#include "scenes/Resources.h"
#include "settings/Fields.h"
#include "verbs/Verbs.h"

#include <QApplication>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QLoggingCategory>
#include <cctype>
#include <clocale>
#include <iostream>
#include <memory>
#include <new>

namespace diffuscope {
namespace {

/// Gui: what draws, or draws letters as data.
enum class Needs { Core, Gui, Window };

struct VerbRow {
    CLI::App* (*add)(CLI::App& program, Run& run);
    Needs needs;
};
constexpr VerbRow verbs[] = {{addListVerb, Needs::Core},   {addScheduleVerb, Needs::Core},
                             {addDataVerb, Needs::Gui},    {addTrainVerb, Needs::Gui},
                             {addSampleVerb, Needs::Core}, {addEvaluateVerb, Needs::Gui},
                             {addRenderVerb, Needs::Gui},  {addFieldVerb, Needs::Core},
                             {addSweepVerb, Needs::Gui},   {addBenchVerb, Needs::Gui}};

int report(const std::string& sentence, int status) {
    std::cerr << "diffuscope: " << sentence << '\n';
    return status;
}

/// What is printed may still wait in a buffer; when it cannot leave, that is a failure too.
int reportOutput(int status) {
    std::cout.flush();
    if (std::cout) return status;
    return report("Standard output could not be written to: the disk may be full.", status == 0 ? 1 : status);
}

int runReporting(const Run& run) {
    try {
        return reportOutput(run());
    } catch (const UsageError& error) {
        return report(error.what(), 2);
    } catch (const Interrupted&) {
        return report("interrupted.", 130);
    } catch (const std::bad_alloc&) {
        return report("there is not enough memory for this.", 1);
    } catch (const std::exception& error) {
        // An interrupt also reaches the child processes, whose end then looks like a failure.
        if (interrupted()) return report("interrupted.", 130);
        return report(error.what(), 1);
    }
}

/// The window needs a display. A verb never does: what draws does so on Qt's offscreen platform.
std::unique_ptr<QCoreApplication> makeApplication(Needs needs, int& argc, char** argv) {
    std::unique_ptr<QCoreApplication> application;
    if (needs == Needs::Window) {
        if (!hasDisplay())
            throw InputError(
                "there is no display for a window; the verbs work without one: diffuscope --help.");
        QCoreApplication::setApplicationName("Diffuscope");
        application = std::make_unique<QApplication>(argc, argv);
    } else if (needs == Needs::Gui) {
        // An argument, not the environment: a program that is started from here may want the display.
        static char platform[] = "-platform";
        static char offscreen[] = "offscreen";
        static char* arguments[] = {argv[0], platform, offscreen, nullptr};
        static int count = 3;
        // Qt's remarks about the session's folders are of no use to someone who has no session.
        QLoggingCategory::setFilterRules("default.warning=false");
        application = std::make_unique<QGuiApplication>(count, arguments);
    } else {
        application = std::make_unique<QCoreApplication>(argc, argv);
    }
    if (needs != Needs::Core) initialiseResources();
    std::setlocale(LC_NUMERIC, "C");
    return application;
}

}  // namespace

bool hasDisplay() {
    return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY") ||
           qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
}

void asUsage(const std::function<void()>& act) {
    try {
        act();
    } catch (const InputError& error) {
        throw UsageError(error.what());
    }
}

void addSeed(CLI::App& verb, CommonOptions& options) {
    verb.add_option("--seed", options.seed, "Seed of every random draw (default: the session's, else 1)")
        ->type_name("N");
}

void addAssignments(CLI::App& verb, CommonOptions& options) {
    verb.add_option("--set", options.assignments, "Any setting, as ID=VALUE; may be repeated")
        ->type_name("ID=VALUE")
        ->expected(1)
        ->take_all();
}

void addSettingOptions(CLI::App& program, CommonOptions& options) {
    addSeed(program, options);
    program
        .add_option("--backend", options.backend,
                    "auto, cpu or gpu (default: auto, whatever a session was made with)")
        ->type_name("ID");
    addAssignments(program, options);
}

void addCommonOptions(CLI::App& verb, CommonOptions& options) {
    addSettingOptions(verb, options);
    addWorkOptions(verb, options);
}

void addWorkOptions(CLI::App& verb, CommonOptions& options) {
    verb.add_option("--threads", options.threads, "Threads of the CPU backend; results do not depend on it")
        ->check(CLI::Range(1, 1024))
        ->type_name("N");
    verb.add_flag("--quiet", options.quiet, "No progress");
}

void addRounds(CLI::App& verb, int& rounds) {
    verb.add_option("--rounds", rounds,
                    "How often to repeat what is measured (default: as often as it takes)")
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
}

void CommonOptions::applyTo(Settings& settings) const {
    asUsage([&] {
        for (const std::string& assignment : assignments) applyAssignment(assignment, settings);
    });
    setFromOption("seed", seed, settings);
    setFromOption("backend", backend, settings);
}

void setFromOption(std::string_view id, const std::string& text, Settings& settings) {
    if (text.empty()) return;
    const Field& field = fieldById(id);
    asUsage([&] {
        if (field.type != FieldType::Choice) return parseField(field, text, settings);
        std::string what(field.label);
        what.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(what.front())));
        field.set(settings, requireIndex(field.choices(), text, what));
    });
}

void requireEffect(std::string_view option, const std::string& text, std::string_view id,
                   const Settings& settings) {
    const Field& field = fieldById(id);
    if (text.empty() || !field.applies || field.applies(settings)) return;
    std::string why;
    for (const Field& other : fields())
        if (other.group == field.group && other.type == FieldType::Choice && &other != &field)
            why += (why.empty() ? "" : ", ") + std::string(other.id) + "=" + fieldText(other, settings);
    throw UsageError(std::string(option) + " has no effect with " + why + ".");
}

void check(const Settings& settings) {
    asUsage([&] { validate(settings); });
}

int runCommandLine(int argc, char** argv) {
    CLI::App program("An instrument for looking at diffusion models. Without a verb it opens the window.",
                     "diffuscope");
    program.set_version_flag("--version", "diffuscope " DIFFUSCOPE_VERSION);
    program.footer("Help on a verb: diffuscope VERB --help");
    program.require_subcommand(0, 1);
    program.failure_message(CLI::FailureMessage::simple);

    Run run = addWindow(program);
    Needs needs = Needs::Window;
    for (const VerbRow& row : verbs)
        row.add(program, run)->parse_complete_callback([&needs, &row] { needs = row.needs; });
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return reportOutput(program.exit(error) == 0 ? 0 : 2);
    }
    if (needs != Needs::Window)
        for (const CLI::Option* option : program.get_options())
            if (option->count() > 0) return report(option->get_name() + " belongs after the verb.", 2);
    handleInterrupts();
    return runReporting([&] {
        const auto application = makeApplication(needs, argc, argv);
        return run();
    });
}

}  // namespace diffuscope
