#include "export/Film.h"

#include "Error.h"
#include "export/FilmClouds.h"
#include "export/FilmFile.h"
#include "scenes/Pace.h"
#include "scenes/Scene.h"

#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QScopeGuard>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace diffuscope {
namespace {

constexpr int smallestSide = 16;
constexpr int largestSide = 8192;
constexpr double holdShare = 0.06;
constexpr double samplingShare = 0.3;  // of the progress

constexpr std::array<FilmFormat, 6> formatTable{{
    {{"mp4", "MP4 (H.264)", "Plays everywhere: talks, messengers, the web."}, true},
    {{"webm", "WebM (VP9)", "Free of patents, for the web."}, true},
    {{"gif", "GIF", "Plays where films are not allowed; 256 colours, large."}, true},
    {{"apng", "Animated PNG", "Lossless, for the web; large."}, true},
    {{"webp", "Animated WebP", "Small, for the web."}, true},
    {{"png", "PNG frames", "A folder of numbered pictures, for an editor."}, false},
}};

std::string_view formatOf(const QString& path) {
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending.isEmpty()) return "png";
    const auto known = choicesOf(filmFormats());
    const auto index = indexOf(known, ending.toStdString());
    if (!index)
        throw InputError("A film cannot end in \"." + ending.toStdString() + "\"; known are " +
                         listOfIds(known) + ".");
    return known[static_cast<std::size_t>(*index)].id;
}

void validate(const FilmRequest& request, std::string_view format) {
    const auto [low, high] = std::minmax({request.size.width(), request.size.height()});
    if (low < smallestSide || high > largestSide)
        throw InputError("A film's width and height must be from 16 to 8192 pixels.");
    if ((format == "mp4" || format == "webm") &&
        (request.size.width() % 2 != 0 || request.size.height() % 2 != 0))
        throw InputError("An ." + std::string(format) + " film needs an even width and an even height.");
    const int fastest = format == "gif" ? 50 : 240;  // a GIF's delays are hundredths, and 1 is read as 10
    if (request.framesPerSecond < 1 || request.framesPerSecond > fastest)
        throw InputError("An ." + std::string(format) + " film has 1 to " + std::to_string(fastest) +
                         " frames per second.");
    if (!(request.seconds > 0.0 && request.seconds <= 3600.0))
        throw InputError("A film lasts more than 0 and at most 3600 seconds.");
    if (!request.run || !request.run->data || request.run->data->points.empty())
        throw InputError("There are no data to make a film of.");
    const Settings& settings = request.run->settings;
    if (settings.view.lanes != LaneKind::Forward &&
        layoutOf(settings, *request.run->data) != request.run->state.layout)
        throw InputError("The settings describe another network than the one whose weights there are.");
}

/// A thread that does one task after the other. All drawing and sampling is there, because an OpenGL context
/// belongs to one thread, while the thread that waits on ffmpeg feeds it.
class DrawingThread {
  public:
    /// `last` is done on the thread when it ends, after all tasks.
    explicit DrawingThread(std::function<void()> last) : last_(std::move(last)), thread_([this] { run(); }) {}
    ~DrawingThread() {
        post([this] { ended_ = true; });
        thread_.join();
    }
    DrawingThread(const DrawingThread&) = delete;
    DrawingThread& operator=(const DrawingThread&) = delete;

    /// The future throws what the task throws.
    template <typename Task>
    std::future<std::invoke_result_t<Task>> post(Task task) {
        auto packaged = std::make_shared<std::packaged_task<std::invoke_result_t<Task>()>>(std::move(task));
        auto result = packaged->get_future();
        {
            const std::lock_guard lock(mutex_);
            tasks_.emplace_back([packaged] { (*packaged)(); });
        }
        wake_.notify_one();
        return result;
    }

  private:
    void run() {
        while (!ended_) {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return !tasks_.empty(); });
            const std::function<void()> task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
        }
        last_();
    }

    std::function<void()> last_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> tasks_;
    bool ended_ = false;  // by the last task, on the thread itself
    std::thread thread_;
};

void drawFrame(QImage& image, const Snapshot& snapshot, double playhead, const SplatFunction& splat) {
    const ViewSettings& view = snapshot.settings.view;
    const QSize size = image.size();
    image.fill(themeOf(view.theme).window);
    const bool two = view.lanes == LaneKind::Both;
    const double wide = two && size.width() >= size.height() ? size.width() / 2.0 : size.width();
    const double high = two && size.width() < size.height() ? size.height() / 2.0 : size.height();
    const double textPixels = std::max(9.0, std::min(wide, high) / 44.0);
    const double margin = std::round(0.6 * textPixels);
    QPainter painter(&image);
    const Frame frame{
        .snapshot = &snapshot, .view = &view, .playhead = playhead, .textPixels = textPixels, .splat = splat};
    scenes()[static_cast<std::size_t>(view.lanes)].paint(
        painter, QRectF(QPointF(0, 0), QSizeF(size)).adjusted(margin, margin, -margin, -margin), frame);
}

}  // namespace

std::span<const FilmFormat> filmFormats() {
    return formatTable;
}

double filmPlayhead(int index, int count, const NoiseSchedule& schedule) {
    if (count < 2) return 0.0;
    // A film of T frames that begins and ends with the same picture loops without a jump. The way back is
    // the way there, to the last bit: its frames are drawn once.
    const int fromEnd = std::clamp(std::min(index, count - 1 - index), 0, count - 1);
    const double toMiddle = static_cast<double>(fromEnd) / (count - 1);  // 0 at the ends, 0.5 in the middle
    const double travel = 0.5 - 1.5 * holdShare;
    const double way = std::clamp((toMiddle - holdShare) / travel, 0.0, 1.0);
    return timeAt(schedule, way);
}

bool makeFilm(const FilmRequest& request, const std::function<bool(const FilmProgress&)>& progress) {
    const std::string_view format = formatOf(request.path);
    validate(request, format);
    const int frames = std::max(1, static_cast<int>(std::lround(request.framesPerSecond * request.seconds)));

    FilmProgress now{.share = 0.0, .phase = QStringLiteral("Sampling")};
    if (!progress(now)) return false;
    // What the thread uses outlives it: a film that is cancelled ends while it draws.
    std::optional<FilmClouds> clouds;
    std::atomic<bool> cancelled = false;
    const NoiseSchedule schedule(request.run->settings.schedule);
    std::vector<double> playheads;
    for (int i = 0; i < frames; ++i) playheads.push_back(filmPlayhead(i, frames, schedule));
    std::array<QImage, 2> images;
    for (QImage& image : images) image = QImage(request.size, QImage::Format_RGB32);
    std::unique_ptr<DenoiserBackend> backend;
    const SplatFunction splat = [&backend](std::span<const float> positions, const SplatView& view,
                                           std::span<std::uint32_t> accumulator) {
        backend->splat(positions, view, accumulator);
    };
    DrawingThread drawing([&] {
        clouds.reset();
        backend.reset();
    });
    const auto givesUp = qScopeGuard([&] { cancelled = true; });  // before the thread is waited for
    const auto start = [&](int index) {
        return drawing.post([&, index]() -> const QImage& {
            QImage& image = images[static_cast<std::size_t>(index % 2)];
            const double playhead = playheads[static_cast<std::size_t>(index)];
            drawFrame(image, clouds->at(playhead, [&] { return !cancelled; }), playhead, splat);
            return image;
        });
    };
    // Null when cancelled: a frame whose cloud is still to be computed may take its time.
    const auto drawn = [&](std::future<const QImage&> frame) -> const QImage* {
        while (frame.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready)
            if (!progress(now)) return nullptr;
        return &frame.get();
    };
    FilmShape shape{.path = request.path,
                    .size = request.size,
                    .framesPerSecond = request.framesPerSecond,
                    .frames = frames,
                    .stopped = [&] { return !progress(now); },
                    .draw = [&](int index) { return drawn(start(index)); }};
    // The encoder makes the way back of the way there, where it can. Where the clouds have no room, the half
    // from noise to data is drawn, as the reverse run makes it.
    const int half = (frames + 1) / 2;
    if (canMirror(shape, format))
        shape.drawn =
            FilmClouds::haveRoom(request.run->settings, half) ? DrawnHalf::First : DrawnHalf::Second;
    const DrawnHalf drawnHalf = shape.drawn;
    const double sampledShare = drawnHalf == DrawnHalf::Second ? 0.05 : samplingShare;
    const auto sampled = [&] {
        backend = makeBackend(request.run->settings.backend, request.threads);
        clouds.emplace(*request.run, *backend, playheads, drawnHalf);
        return clouds->sample([&](double share) {
            now.share = sampledShare * share;
            return progress(now);
        });
    };
    if (!drawing.post(sampled).get()) return false;

    const auto file = format == "png" ? frameFolder(std::move(shape)) : encodedFilm(std::move(shape), format);
    const int first = drawnHalf == DrawnHalf::Second ? frames / 2 : 0;
    const int last = drawnHalf == DrawnHalf::First ? half - 1 : frames - 1;
    const int pictures = last - first + 1;
    const double drawnShare = drawnHalf == DrawnHalf::Both ? 0.98 : 0.8;
    std::future<const QImage&> next = start(first);
    for (int i = first; i <= last; ++i) {
        now = {.share = sampledShare + (drawnShare - sampledShare) * (i - first) / pictures,
               .phase = QStringLiteral("Drawing %1 of %2").arg(i - first + 1).arg(pictures)};
        const QImage* image = drawn(std::move(next));
        if (!image || !progress(now)) return false;
        if (i < last) next = start(i + 1);
        if (!file->add(*image)) return false;
    }
    now = {.share = drawnShare, .phase = QStringLiteral("Encoding")};
    if (!progress(now) || !file->finish()) return false;
    progress({.share = 1.0, .phase = QStringLiteral("Encoding")});
    return true;
}

}  // namespace diffuscope
