#include "widgets/Section.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QScrollArea>
#include <algorithm>
#include <map>

namespace diffuscope {

QFrame* separator() {
    auto* line = new QFrame;
    line->setProperty("role", "line");
    return line;
}

void scrollInto(QWidget* column, QWidget* content, const QMargins& margins) {
    auto* scroll = new QScrollArea;
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* outer = new QVBoxLayout(column);
    outer->setContentsMargins(margins);
    outer->addWidget(scroll);
}

QLabel* roleLabel(const QString& text, const char* role) {
    auto* label = new QLabel(text);
    label->setProperty("role", role);
    return label;
}

void setLiveText(QLabel* label, const QString& text) {
    if (label->text() == text) return;
    label->ensurePolished();
    const QFontMetrics metrics(label->fontMetrics());
    const QMargins margins = label->contentsMargins();
    const QSize needed(
        metrics.horizontalAdvance(text) + margins.left() + margins.right() + 2 * label->margin() + 1,
        metrics.height() + margins.top() + margins.bottom() + 2 * label->margin());
    const QSize size = label->minimumSize().expandedTo(needed);
    if (size != label->minimumSize() || size != label->maximumSize()) label->setFixedSize(size);
    label->setText(text);
}

Section::Section(const QString& title, QWidget* parent) : QWidget(parent) {
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(16, 12, 16, 12);
    outer->setSpacing(8);
    head_ = new QHBoxLayout;
    name_ = roleLabel(title.toUpper(), "head");
    QFont font = name_->font();
    font.setLetterSpacing(QFont::AbsoluteSpacing, 0.8);
    name_->setFont(font);
    note_ = roleLabel({}, "head");
    note_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    head_->addWidget(name_);
    head_->addStretch(1);
    head_->addWidget(note_);
    outer->addLayout(head_);
    body_ = new QWidget;
    layout_ = new QVBoxLayout(body_);
    layout_->setContentsMargins(0, 0, 0, 0);
    layout_->setSpacing(8);
    outer->addWidget(body_);
}

void Section::makeFoldable(bool open) {
    fold_ = new QToolButton;
    fold_->setProperty("role", "fold");
    fold_->setText(name_->text());
    fold_->setFont(name_->font());
    fold_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    fold_->setIconSize({12, 12});
    fold_->setCheckable(true);
    fold_->setChecked(open);
    fold_->setCursor(Qt::PointingHandCursor);
    fold_->setFocusPolicy(Qt::StrongFocus);
    fold_->setAccessibleName(tr("Show or fold: %1").arg(name_->text().toLower()));
    fold_->setToolTip(tr("Show or fold"));
    name_->hide();
    head_->insertWidget(0, fold_);
    body_->setVisible(open);
    connect(fold_, &QToolButton::toggled, this, [this](bool shown) {
        body_->setVisible(shown);
        showFoldIcon();
        if (shown) emit opened();
    });
}

void Section::showFoldIcon() {
    if (!fold_ || !theme_) return;
    fold_->setIcon(themedIcon(fold_->isChecked() ? "chevron-down" : "chevron-right", theme_->secondary));
}

void Section::addWidget(QWidget* widget) {
    layout_->addWidget(widget);
}

void Section::addMore() {
    more_ = new QToolButton;
    more_->setProperty("role", "flat");
    more_->setText(tr("More"));
    more_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    more_->setCheckable(true);
    more_->setAccessibleName(tr("More settings"));
    folded_ = new QWidget;
    foldedLayout_ = new QVBoxLayout(folded_);
    foldedLayout_->setContentsMargins(0, 0, 0, 0);
    foldedLayout_->setSpacing(8);
    folded_->hide();
    layout_->addWidget(more_, 0, Qt::AlignLeft);
    layout_->addWidget(folded_);
    connect(more_, &QToolButton::toggled, this, [this](bool open) {
        folded_->setVisible(open);
        more_->setText(open ? tr("Less") : tr("More"));
        refresh();
    });
}

void Section::addFields(Group group, Studio& studio, Accent accent,
                        const std::vector<std::string_view>& without) {
    for (const Field& field : fields()) {
        if (field.group != group || std::find(without.begin(), without.end(), field.id) != without.end())
            continue;
        auto* row = new FieldRow(field, studio, accent);
        if (field.rare && !folded_) addMore();
        if (field.rare)
            foldedLayout_->addWidget(row);
        else
            layout_->insertWidget(more_ ? layout_->indexOf(more_) : layout_->count(), row);
        rows_.push_back(row);
    }
    refresh();
}

void Section::addCosts(const Studio& studio) {
    studio_ = &studio;
    costs_ = roleLabel({}, "hint");
    costs_->setWordWrap(true);
    layout_->addWidget(costs_);
    refresh();
}

/// One sentence where all rows cost the same; else a line per cost with the names of its rows, without those
/// that cost nothing.
QString Section::costs(const Settings& settings) const {
    std::map<Cost, QStringList> names;
    for (const FieldRow* row : rows_)
        if (row->applies() && !(folded_ && folded_->isHidden() && folded_->isAncestorOf(row)))
            names[costOf(row->field(), settings)] << text(row->field().label, settings.view.notation);
    if (names.size() == 1) return text(sentenceOf(names.begin()->first));
    QStringList lines;
    for (const auto& [cost, rows] : names) {
        if (cost == Cost::Redraw) continue;
        QString sentence = text(sentenceOf(cost));
        sentence[0] = sentence[0].toLower();
        lines << rows.join(tr(", ")) + tr(": ") + sentence;
    }
    return lines.join('\n');
}

void Section::setNote(const QString& note, const QColor& color) {
    setLiveText(note_, note);
    if (color == noteColor_) return;
    noteColor_ = color;
    note_->setStyleSheet(color.isValid() ? QStringLiteral("color: %1").arg(color.name()) : QString());
}

void Section::refresh() {
    for (FieldRow* row : rows_) {
        row->refresh();
        row->setVisible(row->applies());
    }
    if (costs_) costs_->setText(costs(studio_->settings()));
}

void Section::setTheme(const Theme& theme) {
    for (FieldRow* row : rows_) row->setTheme(theme);
    theme_ = &theme;
    showFoldIcon();
    if (more_) more_->setIcon(themedIcon("chevron-right", theme.secondary));
}

}  // namespace diffuscope
