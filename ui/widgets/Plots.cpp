#include "widgets/Plots.h"

#include "widgets/Controls.h"
#include "widgets/PlotBase.h"

#include <QLocale>
#include <cmath>

namespace diffuscope {
namespace {

QString grouped(std::int64_t number) {
    return QLocale(QLocale::English).toString(qint64(number));
}

/// Of which network, and what it cost; or why there is nothing.
QString sourceOf(const PlotInput& input, const QString& sample) {
    const Snapshot& snapshot = *input.snapshot;
    const auto& readings = snapshot.readings;
    if (!readings) return whyUnread(snapshot);
    QString line = sample.isEmpty() ? QString() : sample + " · ";
    line += readings->step == snapshot.step ? Plot::tr("this network")
                                            : Plot::tr("step %1").arg(grouped(readings->step));
    if (!snapshot.training && readings->step != snapshot.step) line += Plot::tr(", paused");
    return line + Plot::tr(" · %1 s of processor").arg(readings->seconds, 0, 'f', 1);
}

const Readings* readingsOf(const PlotInput& input) {
    return input.snapshot->readings.get();
}

QString lossNote(const PlotInput& input) {
    const double loss = input.snapshot->loss;
    return std::isfinite(loss) ? Plot::tr("NOW %1").arg(loss, 0, 'f', 4) : QString();
}

QString perStepNote(const PlotInput& input) {
    const Readings* readings = readingsOf(input);
    if (!readings || readings->bins.empty()) return {};
    double loss = 0.0;
    double best = 0.0;
    for (const BinReading& bin : readings->bins) {
        loss += bin.loss * (bin.tTo - bin.tFrom);
        best += bin.irreducible * (bin.tTo - bin.tFrom);
    }
    return loss > 0.0 && std::isfinite(best)
               ? Plot::tr("%1 % STILL TO GAIN").arg(100.0 * std::fmax(0.0, 1.0 - best / loss), 0, 'f', 1)
               : QString();
}

QString perStepSource(const PlotInput& input) {
    const Readings* readings = readingsOf(input);
    return sourceOf(input, readings ? Plot::tr("%1 bins").arg(readings->bins.size()) : QString());
}

QString distanceNote(const PlotInput& input) {
    const Readings* readings = readingsOf(input);
    if (!readings || !std::isfinite(readings->slicedW2.value)) return {};
    return Plot::tr("SW₂ %1 · FLOOR %2")
        .arg(formatNumber(readings->slicedW2.value), formatNumber(readings->slicedW2.floor));
}

QString distanceSource(const PlotInput& input) {
    const Readings* readings = readingsOf(input);
    return sourceOf(input, readings ? Plot::tr("%1 samples").arg(grouped(readings->count)) : QString());
}

QString boundNote(const PlotInput& input) {
    const Readings* readings = readingsOf(input);
    if (!readings || !std::isfinite(readings->boundBitsPerDim) || readings->boundTerms.empty()) return {};
    return Plot::tr("%1 BITS/DIM").arg(formatNumber(readings->boundBitsPerDim));
}

QString boundSource(const PlotInput& input) {
    const Readings* readings = readingsOf(input);
    QString ends;
    if (readings && readings->boundTerms.size() >= 2) {
        ends =
            Plot::tr("L<sub>0</sub> %1 · L<sub>T</sub> %2")
                .arg(formatNumber(readings->boundTerms.front()), formatNumber(readings->boundTerms.back()));
        if (std::isfinite(readings->logLikelihood))
            ends +=
                Plot::tr(" · log p(x<sub>0</sub>) = %1 nats<br>").arg(formatNumber(readings->logLikelihood));
    }
    return ends + sourceOf(input, {});
}

QString spreadNote(const PlotInput& input) {
    const Readings* readings = readingsOf(input);
    if (!readings || readings->spread.simple.empty()) return {};
    return Plot::tr("VARIANCE × %1").arg(formatNumber(readings->spread.varianceRatio));
}

QString spreadSource(const PlotInput& input) {
    const Readings* readings = readingsOf(input);
    return sourceOf(input, readings ? Plot::tr("%1 batches").arg(readings->spread.simple.size()) : QString());
}

QString gradientSource(const PlotInput& input) {
    return perStepSource(input);
}

}  // namespace

QString whyUnread(const Snapshot& snapshot) {
    if (snapshot.readings) return {};
    if (!snapshot.settings.view.measure) return Plot::tr("measuring is switched off");
    return snapshot.reverse.complete() ? Plot::tr("measuring…") : Plot::tr("sampling…");
}

std::span<const PlotRow> plots() {
    static constexpr PlotRow rows[] = {
        {{"schedule", "Schedule",
          "Noise of each step, forward and reverse, and the signal that is left: ᾱ, from 0 to 1 on the "
          "right."},
         204,
         true,
         makeSchedulePlot,
         nullptr,
         nullptr},
        {{"loss", "Loss",
          "Mean squared error of the predicted noise over the training steps, raw and smoothed; the dashed "
          "line "
          "is the best that is possible for these points, averaged over t; it belongs to the simple loss of "
          "a network that is "
          "not told the classes."},
         118,
         true,
         makeLossPlot,
         lossNote,
         nullptr},
        {{"loss-per-t", "Loss per t",
          "Mean squared error at each stretch of t: what no network can do better for these points, and what "
          "training could still gain on top of it."},
         118,
         true,
         makeLossPerStepPlot,
         perStepNote,
         perStepSource},
        {{"distances", "Distance",
          "How far samples are from fresh draws of the data, over training; the floor is the distance of "
          "fresh "
          "draws from other fresh draws."},
         150,
         false,
         makeDistancePlot,
         distanceNote,
         distanceSource},
        {{"gradient", "Gradient per t",
          "Norm of the loss's gradient at each stretch of t: where the weights are pulled."},
         110,
         false,
         makeGradientPlot,
         nullptr,
         gradientSource},
        {{"bound", "Variational bound",
          "The bound on −log p(x<sub>0</sub>) term by term, in bits per dimension, and the log-likelihood by "
          "the "
          "probability flow."},
         116,
         false,
         makeBoundPlot,
         boundNote,
         boundSource},
        {{"spread", "Two estimators",
          "The simple loss and the four-variable one over the same batches: the same mean, another variance. "
          "A "
          "cross is the mean, its line one standard deviation to each side. (Su 2025, section 1.5)"},
         116,
         false,
         makeSpreadPlot,
         spreadNote,
         spreadSource},
    };
    return rows;
}

}  // namespace diffuscope
