#include "scenes/Stage.h"

#include <QFontMetricsF>
#include <QLineF>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace diffuscope {
namespace {

struct Run {
    QString text;
    int level;  ///< -1 below the line, 0, 1 above it
};

std::vector<Run> runsOf(const QString& text) {
    std::vector<Run> runs;
    qsizetype at = 0;
    while (at < text.size()) {
        const qsizetype mark = [&] {
            for (qsizetype i = at; i + 1 < text.size(); ++i)
                if ((text[i] == u'_' || text[i] == u'^') && text[i + 1] == u'{') return i;
            return text.size();
        }();
        if (mark > at) runs.push_back({text.mid(at, mark - at), 0});
        if (mark == text.size()) break;
        const qsizetype close = text.indexOf(u'}', mark);
        const qsizetype end = close < 0 ? text.size() : close;
        runs.push_back({text.mid(mark + 2, end - mark - 2), text[mark] == u'_' ? -1 : 1});
        at = end + 1;
    }
    return runs;
}

QFont scriptFont(const QFont& font) {
    QFont script = font;
    script.setPixelSize(std::max(1, static_cast<int>(std::lround(font.pixelSize() * 0.76))));
    return script;
}

}  // namespace

Stage::Stage(const QRectF& rectangle)
    : rect(rectangle),
      centre(rectangle.center()),
      scale(std::max(1e-3, std::min(rectangle.width(), rectangle.height()) / (2.0 * reach))) {}

void paintStage(QPainter& painter, const Stage& stage, const Theme& theme, double textPixels) {
    const double radius =
        std::min(cornerRadius(textPixels), std::min(stage.rect.width(), stage.rect.height()) / 8);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.stage);
    painter.drawRoundedRect(stage.rect, radius, radius);

    // Lines sit on whole pixels, or they would be grey smears two pixels wide.
    painter.setRenderHint(QPainter::Antialiasing, false);
    const int across = static_cast<int>(stage.rect.width() / 2.0 / stage.scale);
    const int up = static_cast<int>(stage.rect.height() / 2.0 / stage.scale);
    std::vector<QLineF> lines;
    std::vector<QLineF> axes;
    for (int i = -across; i <= across; ++i) {
        const double x = stage.map(i, 0).x();
        (i == 0 ? axes : lines).emplace_back(x, stage.rect.top(), x, stage.rect.bottom() - 1);
    }
    for (int i = -up; i <= up; ++i) {
        const double y = stage.map(0, i).y();
        (i == 0 ? axes : lines).emplace_back(stage.rect.left(), y, stage.rect.right() - 1, y);
    }
    const auto stroke = [&](const std::vector<QLineF>& some, double strength) {
        QColor colour = theme.line;
        colour.setAlphaF(static_cast<float>(strength));
        painter.setPen(QPen(colour, std::max(1.0, std::floor(textScale(textPixels)))));
        painter.drawLines(some.data(), static_cast<int>(some.size()));
    };
    const double strong = theme.textContrast > 4.5 ? 0.4 : 1.0;  // the projector's lines are heavy already
    stroke(lines, 0.42 * strong);
    stroke(axes, 0.85 * strong);
    painter.restore();
}

double mathTextWidth(const QString& text, const QFont& font) {
    const QFontMetricsF body(font);
    const QFontMetricsF script(scriptFont(font));
    double width = 0.0;
    for (const Run& run : runsOf(text)) width += (run.level == 0 ? body : script).horizontalAdvance(run.text);
    return width;
}

void drawMathText(QPainter& painter, QPointF baseline, const QString& text, const QFont& font,
                  const QColor& colour) {
    painter.save();
    painter.setPen(colour);
    const QFont small = scriptFont(font);
    const std::array<double, 3> shift{0.24 * font.pixelSize(), 0.0, -0.36 * font.pixelSize()};
    for (const Run& run : runsOf(text)) {
        const QFont& used = run.level == 0 ? font : small;
        painter.setFont(used);
        painter.drawText(baseline + QPointF(0, shift[static_cast<std::size_t>(run.level + 1)]), run.text);
        baseline.rx() += QFontMetricsF(used).horizontalAdvance(run.text);
    }
    painter.restore();
}

}  // namespace diffuscope
