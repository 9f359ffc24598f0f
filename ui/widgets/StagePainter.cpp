#include "widgets/StagePainter.h"

#include "Error.h"
#include "denoiser/DenoiserBackend.h"

#include <QPainter>
#include <chrono>
#include <utility>

namespace diffuscope {
namespace {

// What a field of a denoiser may take while pictures follow each other, and once they stopped.
constexpr double liveMilliseconds = 5.0;
constexpr double calmMilliseconds = 150.0;
constexpr auto calmTime = std::chrono::milliseconds(60);

/// The splat of a compute backend of the painter's own, made when the first snapshot asks for it; the CPU's
/// where there is none, or where it was lost.
class DeviceSplat {
  public:
    [[nodiscard]] SplatFunction functionFor(const Snapshot* snapshot) {
        if (!snapshot || snapshot->backend.id != "gpu" || failed_) return {};
        return [this](std::span<const float> positions, const SplatView& view,
                      std::span<std::uint32_t> accumulator) {
            if (!failed_) {
                try {
                    if (!backend_) backend_ = makeComputeBackend({});
                    backend_->splat(positions, view, accumulator);
                    return;
                } catch (const BackendError&) {
                    failed_ = true;
                    backend_.reset();
                }
            }
            splat(positions, view, accumulator);
        };
    }

  private:
    std::unique_ptr<DenoiserBackend> backend_;
    bool failed_ = false;
};

}  // namespace

StagePainter::StagePainter(std::function<void()> painted)
    : painted_(std::move(painted)), thread_([this] { run(); }) {}

StagePainter::~StagePainter() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void StagePainter::request(StageRequest request) {
    {
        const std::lock_guard lock(mutex_);
        next_ = std::make_unique<StageRequest>(std::move(request));
    }
    wake_.notify_one();
}

QImage StagePainter::paint(const StageRequest& request, const SplatFunction& splat, FrameWork& work) {
    QImage image(request.size * request.pixelRatio, QImage::Format_RGB32);
    if (image.isNull()) return image;
    image.setDevicePixelRatio(request.pixelRatio);
    image.fill(themeOf(request.view.theme).window);
    QPainter painter(&image);
    const Frame frame{.snapshot = request.snapshot.get(),
                      .view = &request.view,
                      .playhead = request.playhead,
                      .textPixels = 13,
                      .splat = splat,
                      .work = &work};
    scenes()[static_cast<std::size_t>(request.view.lanes)].paint(painter, QRectF(QPointF(0, 0), request.size),
                                                                 frame);
    painter.end();
    return image;
}

void StagePainter::run() {
    DeviceSplat device;
    while (true) {
        std::unique_ptr<StageRequest> request;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stop_ || next_; });
            if (stop_) return;
            request = std::move(next_);
        }
        FrameWork work{.milliseconds = liveMilliseconds};
        const SplatFunction splat = device.functionFor(request->snapshot.get());
        while (true) {
            QImage image = paint(*request, splat, work);
            if (image.isNull()) break;
            pictures_.put(std::make_shared<const StagePicture>(StagePicture{std::move(image), *request}));
            painted_();
            if (!work.coarse) break;
            // Nobody asks for another picture: there is time to draw this one as fine as it should be.
            std::unique_lock lock(mutex_);
            if (wake_.wait_for(lock, calmTime, [this] { return stop_ || next_; })) break;
            if (work.milliseconds >= calmMilliseconds) break;
            work = {.milliseconds = calmMilliseconds};
        }
    }
}

}  // namespace diffuscope
