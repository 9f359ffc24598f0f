#include "widgets/Gallery.h"

#include "widgets/FieldRow.h"
#include "widgets/Section.h"
#include "widgets/Style.h"

#include <QCoreApplication>
#include <QEvent>
#include <QGridLayout>
#include <QPainter>
#include <QPointer>
#include <QThreadPool>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace diffuscope {
namespace {

constexpr int columns = 5;
constexpr int tile = 46;
constexpr int gap = 6;
constexpr int thumbnailPoints = 500;

bool isOnePoint(const DataSet& data) {
    for (std::size_t i = 2; i < data.points.size(); ++i)
        if (data.points[i] != data.points[i - 2]) return false;
    return true;
}

/// Fits the stage's view in width, so that all thumbnails have one scale.
QImage thumbnail(const DataSet& data, const Theme& theme) {
    constexpr int scale = 3;
    QImage image(tile * scale, tile * scale, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    QColor ink = theme.text;
    ink.setAlphaF(0.8f);
    painter.setBrush(ink);
    const std::size_t stride = std::max<std::size_t>(1, data.size() / thumbnailPoints);
    // A single point should be seen, however often it is drawn.
    const double radius = isOnePoint(data) ? 10.0 : data.size() < 20 ? 5.0 : 1.6;
    for (std::size_t i = 0; i < data.size(); i += stride) {
        const double x = (0.5 + static_cast<double>(data.points[2 * i]) / 5.4) * tile * scale;
        const double y = (0.5 - static_cast<double>(data.points[2 * i + 1]) / 5.4) * tile * scale;
        painter.drawEllipse(QPointF(x, y), radius, radius);
    }
    return image;
}

}  // namespace

Gallery::Gallery(Studio& studio, QWidget* parent) : QWidget(parent), studio_(studio) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* grid = new QGridLayout;
    grid->setSpacing(gap);
    column->addLayout(grid);
    name_ = roleLabel({}, "quiet");
    name_->setWordWrap(true);
    name_->setTextFormat(Qt::RichText);
    column->addWidget(name_);

    group_.setExclusive(true);
    const auto rows = datasets();
    const auto addSet = [&](std::size_t i) {
        auto* button = addTile(grid, text(rows[i].choice.title), text(rows[i].choice.help));
        button->setObjectName("tile-" + text(rows[i].choice.id));
        button->setCheckable(true);
        group_.addButton(button, static_cast<int>(i));
    };
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].draw) addSet(i);
    draw_ = addTile(grid, tr("Draw"), tr("Paint a data set of your own on the stage (D)."));
    draw_->setObjectName("tile-draw");
    open_ = addTile(
        grid, tr("Open"),
        tr("Open a table of points (.csv, .npy), or a picture whose darkness is the density (Ctrl+O)."));
    open_->setObjectName("tile-open");
    // The last, since it comes and goes.
    addSet(static_cast<std::size_t>(DatasetKind::Imported));
    grid->setColumnStretch(columns, 1);
    connect(draw_, &QToolButton::clicked, this, &Gallery::drawAsked);
    connect(open_, &QToolButton::clicked, this, &Gallery::importAsked);
    connect(&group_, &QButtonGroup::idClicked, this, [this](int index) {
        Settings settings = studio_.settings();
        settings.data.dataset = static_cast<DatasetKind>(index);
        studio_.change(settings, tr("data set"));
    });
    refresh();
}

QToolButton* Gallery::addTile(QGridLayout* grid, const QString& name, const QString& help) {
    auto* button = new QToolButton;
    button->setProperty("role", "tile");
    button->setProperty("help", help);
    button->setFixedSize(tile, tile);
    button->setIconSize({tile - 6, tile - 6});
    button->setToolTip(QStringLiteral("<p><b>%1</b></p><p>%2</p><p><i>%3</i></p>")
                           .arg(name, help, text(sentenceOf(fieldById("data.set").cost))));
    button->setAccessibleName(name);
    button->setAccessibleDescription(help);
    button->installEventFilter(this);
    grid->addWidget(button, tiles_ / columns, tiles_ % columns);
    ++tiles_;
    return button;
}

bool Gallery::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Enter || event->type() == QEvent::FocusIn) nameOf(watched);
    if (event->type() == QEvent::Leave || event->type() == QEvent::FocusOut)
        nameOf(group_.button(static_cast<int>(studio_.settings().data.dataset)));
    return QWidget::eventFilter(watched, event);
}

void Gallery::nameOf(const QObject* tile) {
    const auto* button = qobject_cast<const QToolButton*>(tile);
    if (!button) return;
    const QString shown =
        QStringLiteral("<span style='font-weight:600'>%1</span><br>%2").arg(button->accessibleName(), button->property("help").toString());
    if (name_->text() == shown) return;
    name_->setText(shown);
    // Room for two lines of help from the start, so that nothing below jumps.
    name_->setMinimumHeight(std::max(name_->minimumHeight(), name_->fontMetrics().lineSpacing() * 3));
}

void Gallery::refresh() {
    showOwn();
    auto* chosen = group_.button(static_cast<int>(studio_.settings().data.dataset));
    if (!chosen) return;
    chosen->setChecked(true);
    nameOf(chosen);
}

/// The tile of the user's own points is there as soon as there are any.
void Gallery::showOwn() {
    const int imported = static_cast<int>(DatasetKind::Imported);
    auto* button = group_.button(imported);
    button->setVisible(studio_.imported() != nullptr ||
                       studio_.settings().data.dataset == DatasetKind::Imported);
    if (own_ == studio_.imported()) return;
    own_ = studio_.imported();
    drawThumbnail(imported);
}

void Gallery::drawThumbnail(int index) {
    if (!theme_) return;
    const auto draw = datasets()[static_cast<std::size_t>(index)].draw;
    const bool isTable = datasets()[static_cast<std::size_t>(index)].isTable;
    if (!draw && !own_) return;
    QThreadPool::globalInstance()->start(
        [self = QPointer<Gallery>(this), index, draw, isTable, own = own_, theme = theme_] {
            const QImage image =
                draw ? thumbnail(draw(isTable ? 0 : thumbnailPoints, 1), *theme) : thumbnail(*own, *theme);
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [self, index, image, own, theme, isOwn = !draw] {
                    // Another theme or other points may have come meanwhile.
                    if (!self || self->theme_ != theme || (isOwn && self->own_ != own)) return;
                    self->group_.button(index)->setIcon(QIcon(QPixmap::fromImage(image)));
                },
                Qt::QueuedConnection);
        });
}

void Gallery::setTheme(const Theme& theme) {
    theme_ = &theme;
    for (std::size_t i = 0; i < datasets().size(); ++i) drawThumbnail(static_cast<int>(i));
    for (const auto& [button, icon] : {std::pair(draw_, "brush"), std::pair(open_, "folder-open")}) {
        button->setIcon(themedIcon(icon, theme.secondary));
        button->setIconSize({24, 24});
    }
}

}  // namespace diffuscope
