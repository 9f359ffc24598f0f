#include "widgets/PaintPad.h"

#include "diffusion/Noise.h"
#include "scenes/Stage.h"

#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace diffuscope {
namespace {

constexpr double perArea = 90.0;  // points a stroke lays on a square unit
constexpr double smallestBrush = 0.03;
constexpr double largestBrush = 0.8;
constexpr int tellEvery = 125;  // milliseconds

double distanceTo(QPointF point, QPointF from, QPointF to) {
    const QPointF way = to - from;
    const double square = QPointF::dotProduct(way, way);
    const double share =
        square > 0.0 ? std::clamp(QPointF::dotProduct(point - from, way) / square, 0.0, 1.0) : 0.0;
    const QPointF off = point - from - share * way;
    return std::hypot(off.x(), off.y());
}

}  // namespace

PaintPad::PaintPad(QWidget* parent) : QWidget(parent), theme_(&themeOf(ThemeKind::Dark)) {
    setAccessibleName(tr("Drawing board"));
    setMouseTracking(true);
    setCursor(Qt::BlankCursor);
    setFocusPolicy(Qt::StrongFocus);
    const auto button = [this](const QString& name, const QString& tip) {
        auto* made = new QToolButton(this);
        made->setText(name);
        made->setToolTip(tip);
        made->setCursor(Qt::PointingHandCursor);
        return made;
    };
    clear_ =
        button(tr("Clear"), tr("Take all points off the board. The data set stays until you paint anew."));
    done_ = button(tr("Done"), tr("Back to the stage (Esc)"));
    connect(clear_, &QToolButton::clicked, this, [this] {
        points_.clear();
        update();
        emit finished();
    });
    connect(done_, &QToolButton::clicked, this, &PaintPad::closed);
}

void PaintPad::setTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

void PaintPad::setPoints(std::vector<float> points) {
    points_ = std::move(points);
    update();
}

void PaintPad::resizeEvent(QResizeEvent*) {
    done_->adjustSize();
    clear_->adjustSize();
    done_->move(width() - done_->width() - 12, 12);
    clear_->move(done_->x() - clear_->width() - 8, 12);
}

QPointF PaintPad::planeAt(QPointF position) const {
    const Stage stage{QRectF(rect())};
    return {(position.x() - stage.centre.x()) / stage.scale, (stage.centre.y() - position.y()) / stage.scale};
}

/// Where on the brush's way and disc a point falls follows from how many there are: the same strokes give the
/// same points.
void PaintPad::add(QPointF from, QPointF to) {
    const double length = std::hypot(to.x() - from.x(), to.y() - from.y());
    const double area = length > 0.0 ? 2.0 * radius_ * length : std::numbers::pi * radius_ * radius_;
    const auto count = static_cast<std::size_t>(std::max(1.0, std::round(perArea * area)));
    for (std::size_t i = 0; i < count && points_.size() < 2 * mostPoints; ++i) {
        const auto words = philox(0, Stream::Data, static_cast<std::uint32_t>(points_.size()), 0);
        const double share = static_cast<double>(uniformOf(words[0]));
        const double out = radius_ * std::sqrt(static_cast<double>(uniformOf(words[1])));
        const double angle = 2.0 * std::numbers::pi * static_cast<double>(uniformOf(words[2]));
        const QPointF at = from + share * (to - from) + out * QPointF(std::cos(angle), std::sin(angle));
        points_.push_back(static_cast<float>(at.x()));
        points_.push_back(static_cast<float>(at.y()));
    }
}

void PaintPad::erase(QPointF from, QPointF to) {
    std::vector<float> left;
    for (std::size_t i = 0; i + 1 < points_.size(); i += 2)
        if (distanceTo({static_cast<double>(points_[i]), static_cast<double>(points_[i + 1])}, from, to) >
            radius_)
            left.insert(left.end(), {points_[i], points_[i + 1]});
    points_ = std::move(left);
}

void PaintPad::brush(QPointF from, QPointF to) {
    if (stroke_ == Qt::LeftButton)
        add(from, to);
    else
        erase(from, to);
    update();
    if (told_.isValid() && told_.elapsed() < tellEvery) return;
    told_.start();
    emit moved();
}

void PaintPad::mousePressEvent(QMouseEvent* event) {
    if (drawing() || (event->button() != Qt::LeftButton && event->button() != Qt::RightButton)) return;
    stroke_ = event->button();
    before_ = points_;
    last_ = planeAt(event->position());
    brush(last_, last_);
}

void PaintPad::mouseMoveEvent(QMouseEvent* event) {
    cursor_ = event->position();
    const QPointF now = planeAt(cursor_);
    if (drawing() && now != last_) {
        brush(last_, now);
        last_ = now;
    }
    update();
}

void PaintPad::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != stroke_) return;
    stroke_ = Qt::NoButton;
    told_.invalidate();
    if (points_ != before_) emit finished();
}

void PaintPad::wheelEvent(QWheelEvent* event) {
    radius_ =
        std::clamp(radius_ * std::pow(1.15, event->angleDelta().y() / 120.0), smallestBrush, largestBrush);
    update();
}

void PaintPad::leaveEvent(QEvent*) {
    cursor_ = {-1, -1};
    update();
}

void PaintPad::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape)
        emit closed();
    else
        QWidget::keyPressEvent(event);
}

void PaintPad::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Stage stage{QRectF(rect())};
    paintStage(painter, stage, *theme_, 13);
    std::vector<QPointF> dots;
    dots.reserve(points_.size() / 2);
    for (std::size_t i = 0; i + 1 < points_.size(); i += 2)
        dots.push_back(stage.map(static_cast<double>(points_[i]), static_cast<double>(points_[i + 1])));
    painter.setPen(QPen(inkOf(*theme_, theme_->forward, theme_->stage), dots.size() > 5000 ? 1.5 : 2.5,
                        Qt::SolidLine, Qt::RoundCap));
    painter.drawPoints(dots.data(), static_cast<int>(dots.size()));

    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(uiFont(15, QFont::DemiBold));
    painter.setPen(theme_->text);
    painter.drawText(QPointF(14, 27), tr("Draw your data"));
    painter.setFont(uiFont(13));
    painter.setPen(theme_->secondary);
    const QString count = dots.empty()
                              ? tr("nothing drawn yet")
                              : tr("%1 points").arg(QLocale(QLocale::English).toString(qint64(dots.size())));
    painter.drawText(QPointF(14, 48), count);
    const QRectF foot(14, height() - 74, width() - 28, 60);
    painter.drawText(foot, Qt::AlignLeft | Qt::AlignBottom | Qt::TextWordWrap,
                     tr("Left button paints, right button erases. The wheel changes the brush. Esc ends. The "
                        "network learns what you draw at once."));
    if (cursor_.x() < 0) return;
    painter.setBrush(Qt::NoBrush);
    const double ring = radius_ * stage.scale;
    painter.setPen(QPen(stroke_ == Qt::RightButton ? theme_->warning : theme_->text, 1.5,
                        stroke_ == Qt::RightButton ? Qt::DashLine : Qt::SolidLine));
    painter.drawEllipse(cursor_, ring, ring);
}

}  // namespace diffuscope
