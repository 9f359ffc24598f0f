#pragma once
#include "scenes/Scene.h"

#include <memory>

namespace diffuscope {

// What the layers of a lane have in common.

[[nodiscard]] const Theme& themeOf(const Frame& frame);
[[nodiscard]] QColor laneColour(const Theme& theme, Lane lane);
[[nodiscard]] int stepsOf(const Frame& frame);  ///< T; 0 before there is a schedule

/// What stands for the cloud at the playhead.
struct ShownCloud {
    Positions positions;
    int t = 0;           ///< of the positions, which may not be kept for every step
    bool stale = false;  ///< of the run before the last change of settings
};
[[nodiscard]] ShownCloud shownCloud(const Frame& frame, Lane lane);

/// The step that the playhead stands at, and its noise level; at the data the level of the first step, since
/// without noise there is nothing to ask.
[[nodiscard]] int shownStep(const Frame& frame);
[[nodiscard]] NoiseLevel levelAt(const Frame& frame, int t);

/// The network, the best possible one to compare it with (of the mixture where the run uses that, else of the
/// points), and which of them predicts the noise in the reverse run: each as the sampler asks it, of the
/// class and under the guidance of the settings. Null before there is one.
[[nodiscard]] std::shared_ptr<const Denoiser> networkOf(const Frame& frame);
[[nodiscard]] std::shared_ptr<const Denoiser> bestDenoiser(const Frame& frame);
[[nodiscard]] std::shared_ptr<const Denoiser> shownDenoiser(const Frame& frame);

/// The colour that stands for what `shownDenoiser` is: reverse for the network, ideal for the exact ones.
[[nodiscard]] QColor denoiserColour(const Frame& frame);

/// How dense the lane's cloud is: of the data's q_t (forward), of the particles themselves (reverse).
struct SmoothDensity;
[[nodiscard]] std::shared_ptr<const SmoothDensity> laneDensity(const QRectF& rect, const Frame& frame,
                                                               Lane lane);
/// How dense the particles are where layers fade: of the lane's cloud, of q_t before there is one. Null
/// without data.
[[nodiscard]] std::shared_ptr<const SmoothDensity> fadeDensity(const QRectF& rect, const Frame& frame,
                                                               Lane lane);

// --- layers

void paintField(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane);
void paintGuesses(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane);
void paintDensity(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane);
void paintError(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane);

// Legends stand below one another at the right edge; each draws itself with its right upper corner at `at`
// and returns its height.

double paintFieldLegend(QPainter& painter, QPointF at, const QRectF& rect, const Frame& frame, Lane lane);
double paintDensityLegend(QPainter& painter, QPointF at, const QRectF& rect, const Frame& frame, Lane lane);
double paintErrorLegend(QPainter& painter, QPointF at, const QRectF& rect, const Frame& frame, Lane lane);

}  // namespace diffuscope
