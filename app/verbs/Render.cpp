#include "Error.h"
#include "Files.h"
#include "Interrupt.h"
#include "Progress.h"
#include "export/Film.h"
#include "scenes/Scene.h"
#include "verbs/Verbs.h"

#include <QFileInfo>
#include <QString>
#include <charconv>
#include <memory>
#include <sstream>

namespace diffuscope {
namespace {

struct Options {
    CommonOptions common;
    std::string session;
    std::string scene;
    std::string size;
    int framesPerSecond = 30;
    double seconds = 8.0;
    std::string layers;
    bool layersGiven = false;
    std::string theme;
    std::string out;
};

constexpr int largestSide = 8192;

QSize sizeOf(const std::string& text) {
    int width = 0;
    int height = 0;
    const char* const last = text.data() + text.size();
    const auto [cross, first] = std::from_chars(text.data(), last, width);
    if (first == std::errc() && cross != last && *cross == 'x') {
        const auto [end, second] = std::from_chars(cross + 1, last, height);
        if (second == std::errc() && end == last && std::min(width, height) >= 16 &&
            std::max(width, height) <= largestSide)
            return {width, height};
    }
    throw UsageError("The size \"" + text + "\" is not WxH with both from 16 to " +
                     std::to_string(largestSide) + ", such as 1080x1080.");
}

void setLayers(const std::string& text, ViewSettings& view) {
    const auto known = choicesOf(layers());
    if (text.empty()) throw UsageError("--layers names no layer; --layers none shows none.");
    for (const LayerRow& layer : layers()) view.*layer.shown = false;
    if (text == "none") return;
    std::istringstream list(text);
    for (std::string id; std::getline(list, id, ',');)
        asUsage(
            [&] { view.*layers()[static_cast<std::size_t>(requireIndex(known, id, "layer"))].shown = true; });
}

int render(const Options& options) {
    std::vector<std::string_view> endings;
    for (const FilmFormat& format : filmFormats()) endings.push_back(format.choice.id);
    const std::string ending = endingOf(options.out);
    // A name without an ending is a folder of frames.
    if (!ending.empty()) requireEnding(options.out, endings);
    if (!ending.empty() || !QFileInfo(QString::fromStdString(options.out)).isDir())
        requireWritable(options.out);

    Session session = loadSession(options.session);
    const SavedRun saved = session.run;
    Settings& settings = session.run.settings;
    options.common.applyTo(settings);
    setFromOption("view.lanes", options.scene, settings);
    setFromOption("view.theme", options.theme, settings);
    if (options.layersGiven) setLayers(options.layers, settings.view);
    check(settings);
    requireFit(settings, saved, options.session);

    FilmRequest request;
    request.path = QString::fromStdString(options.out);
    const bool wide = settings.view.lanes == LaneKind::Both;
    request.size =
        options.size.empty() ? (wide ? QSize(1920, 1080) : QSize(1080, 1080)) : sizeOf(options.size);
    request.framesPerSecond = options.framesPerSecond;
    request.seconds = options.seconds;
    request.threads = options.common.threads;
    request.run = std::make_shared<const SavedRun>(std::move(session.run));

    Progress progress(options.common.quiet);
    const bool finished = makeFilm(request, [&](const FilmProgress& now) {
        if (interrupted()) return false;
        progress.show(now.share, now.phase.toStdString());
        return true;
    });
    if (!finished) throw Interrupted();
    return 0;
}

}  // namespace

CLI::App* addRenderVerb(CLI::App& program, Run& run) {
    const auto options = std::make_shared<Options>();
    CLI::App* verb =
        program.add_subcommand("render", "Make a film: .mp4 .webm .gif .apng .webp, or a folder of .png");
    verb->add_option("session", options->session, "A .diffuscope file")->required()->type_name("FILE");
    verb->add_option("--scene", options->scene, "See diffuscope list scenes (default: the session's)")
        ->type_name("ID");
    verb->add_option("--size", options->size, "Pixels (default: 1080x1080, for both lanes 1920x1080)")
        ->type_name("WxH");
    verb->add_option("--fps", options->framesPerSecond, "Frames per second")
        ->check(CLI::Range(1, 240))
        ->capture_default_str()
        ->type_name("N");
    verb->add_option("--seconds", options->seconds, "Length of the film")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str()
        ->type_name("S");
    const CLI::Option* layers =
        verb->add_option("--layers", options->layers,
                         "Only these, or none: see diffuscope list layers (default: the session's)")
            ->type_name("A,B,C");
    verb->add_option("--theme", options->theme, "dark, light or projector (default: the session's)")
        ->type_name("ID");
    verb->add_option("--out", options->out, "The film")->required()->type_name("FILE");
    addCommonOptions(*verb, options->common);
    verb->footer(
        "Example: diffuscope render swiss.diffuscope --scene reverse --size 1080x1080 --fps 60 --out r.mp4");
    verb->callback([options, layers, &run] {
        options->layersGiven = layers->count() > 0;
        run = [options] { return render(*options); };
    });
    return verb;
}

}  // namespace diffuscope
