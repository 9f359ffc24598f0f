#pragma once
#include "scenes/Scene.h"
#include "training/Latest.h"

#include <QImage>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace diffuscope {

/// What a picture of the stage is made from.
struct StageRequest {
    std::shared_ptr<const Snapshot> snapshot;
    ViewSettings view;
    double playhead = 0.0;
    QSize size;  ///< in the widget's pixels
    double pixelRatio = 1.0;
};

/// A picture, and what it shows.
struct StagePicture {
    QImage image;
    StageRequest request;
};

/// Paints the stage on a thread of its own, so that a million particles delay the next picture and nothing
/// else. The newest request wins. Where the snapshot's backend is the graphics card, particles are splatted
/// there.
class StagePainter {
  public:
    /// `painted` is called on the painter's thread after every picture.
    explicit StagePainter(std::function<void()> painted);
    ~StagePainter();
    StagePainter(const StagePainter&) = delete;
    StagePainter& operator=(const StagePainter&) = delete;

    void request(StageRequest request);
    [[nodiscard]] std::shared_ptr<const StagePicture> picture() const { return pictures_.peek(); }

  private:
    void run();
    [[nodiscard]] static QImage paint(const StageRequest& request, const SplatFunction& splat,
                                      FrameWork& work);  ///< null where there is no room

    std::function<void()> painted_;
    Latest<StagePicture> pictures_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::unique_ptr<StageRequest> next_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace diffuscope
