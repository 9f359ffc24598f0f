#include "widgets/Gallery.h"

#include "data/DataSet.h"
#include "widgets/FieldRow.h"
#include "widgets/Style.h"

#include <QGridLayout>
#include <QPainter>
#include <QToolButton>

namespace diffuscope {
namespace {

constexpr int columns = 4;
constexpr int tile = 58;

QIcon thumbnail(const DataSet& data, const Theme& theme) {
    constexpr int scale = 2;
    QPixmap pixmap(tile * scale, tile * scale);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    QColor ink = theme.text;
    ink.setAlphaF(0.8f);
    painter.setBrush(ink);
    for (std::size_t i = 0; i < data.size(); ++i) {
        const double x = (0.5 + data.points[2 * i] / 5.6) * tile * scale;
        const double y = (0.5 - data.points[2 * i + 1] / 5.6) * tile * scale;
        painter.drawEllipse(QPointF(x, y), 1.3, 1.3);
    }
    return QIcon(pixmap);
}

}  // namespace

Gallery::Gallery(Studio& studio, QWidget* parent) : QWidget(parent), studio_(studio) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(8);
    group_.setExclusive(true);
    const auto rows = datasets();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const int index = static_cast<int>(i);
        auto* button = new QToolButton;
        button->setProperty("role", "tile");
        button->setCheckable(true);
        button->setFixedSize(tile, tile);
        button->setIconSize({tile - 8, tile - 8});
        button->setToolTip(QStringLiteral("<p><b>%1</b></p><p>%2</p><p><i>%3</i></p>")
                               .arg(text(rows[i].choice.title), text(rows[i].choice.help),
                                    text(sentenceOf(fieldById("data.set").cost))));
        button->setAccessibleName(text(rows[i].choice.title));
        group_.addButton(button, index);
        grid->addWidget(button, index / columns, index % columns);
    }
    connect(&group_, &QButtonGroup::idClicked, this, [this, rows](int index) {
        if (!rows[static_cast<std::size_t>(index)].draw) {
            refresh();
            emit importAsked();
            return;
        }
        Settings settings = studio_.settings();
        settings.data.dataset = static_cast<DatasetKind>(index);
        studio_.change(settings, tr("data set"));
    });
    refresh();
}

void Gallery::refresh() {
    if (auto* button = group_.button(static_cast<int>(studio_.settings().data.dataset)))
        button->setChecked(true);
}

void Gallery::setTheme(const Theme& theme) {
    const auto rows = datasets();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto* button = group_.button(static_cast<int>(i));
        button->setIcon(rows[i].draw ? thumbnail(rows[i].draw(rows[i].isTable ? 0 : 500, 1), theme)
                                     : themedIcon("folder-open", theme.secondary));
        if (!rows[i].draw) static_cast<QToolButton*>(button)->setIconSize({22, 22});
    }
}

}  // namespace diffuscope
