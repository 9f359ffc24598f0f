#include "scenes/Cloud.h"
#include "scenes/DenoiserField.h"
#include "scenes/Lane.h"
#include "scenes/LineRaster.h"

#include <cmath>
#include <limits>

namespace diffuscope {
namespace {

constexpr std::size_t mostGuesses = 3000;

/// x0-hat = (x_t - sqrt(1 - alphaBar) eps-hat) / sqrt(alphaBar), clamped as the sampler clamps it.
std::vector<float> guessesOf(const Frame& frame, const Positions& positions, int t, std::size_t most) {
    const auto denoiser = shownDenoiser(frame);
    if (!denoiser || !positions) return {};
    const NoiseLevel level = levelAt(frame, t);
    const auto eps = denoiserAt(denoiser, level, positions, most, frame.work);
    const bool clamped = frame.snapshot->settings.sampler.clampX0;
    const Box box = clamped ? clampBox(frame.snapshot->data->points) : Box{};
    std::vector<float> guesses(eps->size());
    for (std::size_t i = 0; i < guesses.size(); ++i) {
        const float guess = ((*positions)[i] - level.sqrtOneMinusAlphaBar * (*eps)[i]) / level.sqrtAlphaBar;
        guesses[i] =
            clamped && std::isfinite(guess) ? std::clamp(guess, box.low[i % 2], box.high[i % 2]) : guess;
    }
    return guesses;
}

}  // namespace

void paintGuesses(QPainter& painter, const QRectF& rect, const Frame& frame, Lane lane) {
    const ShownCloud cloud = shownCloud(frame, lane);
    if (!cloud.positions || cloud.stale) return;
    const Theme& theme = themeOf(frame);
    const QColor role = denoiserColour(frame);
    const auto towardsText = [&](float share) {
        const auto mix = [share](float a, float b) { return (1.0f - share) * a + share * b; };
        return QColor::fromRgbF(mix(role.redF(), theme.text.redF()), mix(role.greenF(), theme.text.greenF()),
                                mix(role.blueF(), theme.text.blueF()));
    };
    CloudLook look = cloudLook(theme, towardsText(theme.additive ? 0.7f : 0.45f));
    look.strength *= 0.8;
    look.highlight = 0.3;
    look.size *= 0.8;
    const std::vector<float> guesses = guessesOf(frame, cloud.positions, cloud.t, mostGuesses);
    if (guesses.empty()) return;
    paintCloud(painter, rect, cornerRadius(frame.textPixels), guesses, look, frame.splat);

    const Trajectory& paths =
        lane == Lane::Forward ? frame.snapshot->forwardPaths : frame.snapshot->reversePaths;
    if (paths.empty()) return;
    const std::size_t here = paths.nearest(frame.playhead);
    const Positions& from = paths.positions[here];
    if (!from) return;
    const std::vector<float> to =
        guessesOf(frame, from, paths.t[here], std::numeric_limits<std::size_t>::max());
    const Stage stage(rect);
    const QColor ink = theme.additive ? towardsText(0.7f) : inkOf(theme, role, theme.stage);
    const double pixels = std::max(1.0, textScale(frame.textPixels)) * (theme.textContrast > 4.5 ? 1.4 : 1.0);
    std::vector<FadedLine> hairs;
    std::vector<QPointF> ends;
    for (std::size_t i = 0; i + 1 < to.size(); i += 2) {
        if (!std::isfinite(to[i]) || !std::isfinite(to[i + 1]) || !std::isfinite((*from)[i]) ||
            !std::isfinite((*from)[i + 1]))
            continue;
        ends.push_back(stage.map(std::clamp(to[i], -1e3f, 1e3f), std::clamp(to[i + 1], -1e3f, 1e3f)));
        hairs.push_back(
            {QLineF(stage.map(std::clamp((*from)[i], -1e3f, 1e3f), std::clamp((*from)[i + 1], -1e3f, 1e3f)),
                    ends.back()),
             0.7});
    }
    drawFadedLines(painter, rect, ink, hairs, pixels);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(ink, 1.4 * pixels));
    painter.setBrush(theme.stage);
    for (const QPointF& end : ends) painter.drawEllipse(end, 3.2 * pixels, 3.2 * pixels);
    painter.restore();
}

}  // namespace diffuscope
