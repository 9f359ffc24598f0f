#include "widgets/Timeline.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

QColor mixed(const QColor& a, const QColor& b, double share) {
    return QColor::fromRgbF(static_cast<float>(a.redF() + (b.redF() - a.redF()) * share),
                            static_cast<float>(a.greenF() + (b.greenF() - a.greenF()) * share),
                            static_cast<float>(a.blueF() + (b.blueF() - a.blueF()) * share));
}

/// A step of 1, 2 or 5 times a power of ten that gives at most five labels between the ends.
int labelStep(int steps) {
    for (int power = 1;; power *= 10)
        for (const int factor : {1, 2, 5})
            if (steps / (power * factor) <= 5) return power * factor;
}

}  // namespace

Timeline::Timeline(QWidget* parent) : QWidget(parent), theme_(&themeOf(ThemeKind::Dark)) {
    setMinimumHeight(68);
    setCursor(Qt::PointingHandCursor);
    setToolTip(
        tr("<p>Diffusion time t, from the data (0) to noise (T). Drag to scrub.</p>"
           "<p>The blue bar below shows how far the reverse run is computed.</p>"));
    setAccessibleName(tr("Timeline"));
}

void Timeline::setTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

void Timeline::setSnapshot(std::shared_ptr<const Snapshot> snapshot) {
    snapshot_ = std::move(snapshot);
    update();
}

void Timeline::setTime(double time) {
    if (time == time_) return;
    time_ = time;
    update();
}

int Timeline::steps() const {
    return snapshot_ ? snapshot_->schedule->steps() : 1;
}

QRectF Timeline::track() const {
    return QRectF(rect()).adjusted(8, 26, -8, -14);
}

double Timeline::xOf(double time) const {
    const QRectF area = track();
    return area.left() + area.width() * std::clamp(time / steps(), 0.0, 1.0);
}

void Timeline::scrubTo(double x) {
    const QRectF area = track();
    emit scrubbed(std::round(std::clamp((x - area.left()) / area.width(), 0.0, 1.0) * steps()));
}

void Timeline::mousePressEvent(QMouseEvent* event) {
    scrubTo(event->position().x());
}

void Timeline::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() & Qt::LeftButton) scrubTo(event->position().x());
}

void Timeline::wheelEvent(QWheelEvent* event) {
    const int notches = event->angleDelta().y() / 120;
    if (notches != 0) emit scrubbed(std::round(time_) - notches * std::max(1, steps() / 100));
}

void Timeline::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF area = track();
    QPainterPath shape;
    shape.addRoundedRect(area, 6, 6);

    // The noise level is what the axis means: signal in the reverse colour, noise in grey.
    if (snapshot_) {
        QLinearGradient gradient(area.topLeft(), area.topRight());
        for (int i = 0; i <= 32; ++i) {
            const int t = static_cast<int>(std::lround(steps() * i / 32.0));
            const double signal = std::sqrt(snapshot_->schedule->alphaBar(t));
            gradient.setColorAt(i / 32.0, mixed(theme_->raised, theme_->reverse, 0.55 * signal));
        }
        painter.fillPath(shape, gradient);
    } else {
        painter.fillPath(shape, theme_->raised);
    }

    const QFont small = uiFont(11);
    painter.setFont(small);
    painter.setPen(theme_->text);
    const int stride = labelStep(steps());
    const QFontMetricsF metrics(small);
    const QString left = tr("data, t = 0");
    const QString right = tr("noise, T = %1").arg(steps());
    const QRectF labels = area.adjusted(8, 0, -8, 0);
    painter.drawText(labels, Qt::AlignLeft | Qt::AlignVCenter, left);
    painter.drawText(labels, Qt::AlignRight | Qt::AlignVCenter, right);
    painter.setPen(theme_->secondary);
    for (int t = stride; t < steps(); t += stride) {
        const QString label = QString::number(t);
        const double width = metrics.horizontalAdvance(label);
        const double x = xOf(t);
        if (x - width / 2 < labels.left() + metrics.horizontalAdvance(left) + 12 ||
            x + width / 2 > labels.right() - metrics.horizontalAdvance(right) - 12)
            continue;
        painter.drawText(QRectF(x - width / 2 - 2, area.top(), width + 4, area.height()), Qt::AlignCenter,
                         label);
    }

    // How far the reverse run is computed, from the noise leftwards.
    const QRectF buffer(area.left(), area.bottom() + 4, area.width(), 3);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme_->line);
    painter.drawRoundedRect(buffer, 1.5, 1.5);
    if (snapshot_ && snapshot_->reverseComputed > 0.0) {
        QRectF done = buffer;
        done.setLeft(buffer.right() - buffer.width() * snapshot_->reverseComputed);
        painter.setBrush(theme_->reverse);
        painter.drawRoundedRect(done, 1.5, 1.5);
    }

    const double x = xOf(time_);
    const QFont strong = uiFont(11, QFont::DemiBold);
    const QString label = QStringLiteral("t = %1").arg(static_cast<int>(std::lround(time_)));
    const QString widest = QStringLiteral("t = %1").arg(QString(QString::number(steps()).size(), '8'));
    const double width = QFontMetricsF(strong).horizontalAdvance(widest) + 14;
    QRectF flag(x - width / 2, 2, width, 19);
    flag.moveLeft(std::clamp(flag.left(), 1.0, this->width() - width - 1.0));
    painter.setPen(QPen(theme_->text, 2));
    painter.drawLine(QPointF(x, flag.bottom() - 2), QPointF(x, buffer.bottom()));
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme_->text);
    painter.drawRoundedRect(flag, 4, 4);
    painter.setFont(strong);
    painter.setPen(theme_->window);
    painter.drawText(flag, Qt::AlignCenter, label);
}

}  // namespace diffuscope
