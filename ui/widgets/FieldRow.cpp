#include "widgets/FieldRow.h"

#include "Error.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr int sliderSteps = 1000;
constexpr int panelContent = 256;  // a panel less its margins and a scroll bar

/// Segments where the titles fit side by side into what the label leaves of a panel, else a drop-down.
bool fitsSegments(const std::vector<Choice>& choices, int labelWidth) {
    const QFontMetrics metrics(uiFont(13));
    int width = labelWidth;
    for (const Choice& choice : choices) width += metrics.horizontalAdvance(text(choice.title)) + 22;
    return choices.size() <= 5 && width <= panelContent;
}

}  // namespace

FieldRow::FieldRow(const Field& field, Studio& studio, Accent accent, QWidget* parent)
    : QWidget(parent),
      field_(field),
      studio_(studio),
      accent_(accent),
      notation_(studio.settings().view.notation),
      cost_(costOf(field, studio.settings())) {
    setObjectName(text(field.id));
    switch (field.type) {
        case FieldType::Toggle:
            buildSwitch();
            break;
        case FieldType::Choice:
            buildChoice();
            break;
        case FieldType::Real:
        case FieldType::Integer:
            buildNumber(accent);
            break;
        case FieldType::Text:
            buildText();
            break;
    }
    name();
    // The wheel scrolls the column; a setting must not change because it came to lie under the pointer.
    for (QWidget* control : findChildren<QWidget*>()) control->installEventFilter(this);
    refresh();
}

void FieldRow::name() {
    const QString symbol = QString::fromStdString(shownSymbol(field_, notation_));
    const QString label = text(field_.label, notation_);
    const QString help = text(field_.help, notation_);
    setToolTip(QStringLiteral("<p>%1%2</p><p>%3</p><p><i>%4</i></p>")
                   .arg(symbol.isEmpty() ? QString() : QStringLiteral("<b>%1</b> &nbsp;").arg(symbol), label,
                        help, text(sentenceOf(cost_))));
    setWhatsThis(toolTip());
    if (label_) label_->setText(switch_ || symbol.isEmpty() ? label : symbol);
    if (number_) number_->setNotation(notation_);
    for (QWidget* control :
         {static_cast<QWidget*>(slider_), static_cast<QWidget*>(number_), static_cast<QWidget*>(switch_),
          static_cast<QWidget*>(segments_), static_cast<QWidget*>(combo_), static_cast<QWidget*>(line_)})
        if (control) {
            control->setAccessibleName(label);
            control->setAccessibleDescription(help);
        }
    if (!segments_ && !combo_) return;
    const std::vector<Choice> choices = field_.choices();
    if (segments_) segments_->name(choices, notation_);
    for (int i = 0; combo_ && i < combo_->count(); ++i) {
        const Choice& choice = choices[static_cast<std::size_t>(i)];
        combo_->setItemText(i, text(choice.title, notation_));
        combo_->setItemData(i, text(choice.help, notation_), Qt::ToolTipRole);
    }
}

bool FieldRow::eventFilter(QObject*, QEvent* event) {
    if (event->type() != QEvent::Wheel) return false;
    event->ignore();
    return true;
}

void FieldRow::buildNumber(Accent accent) {
    static const char* const names[] = {"plain", "forward", "reverse", "ideal"};
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    label_ = makeCaption();
    slider_ = new QSlider(Qt::Horizontal);
    slider_->setProperty("accent", names[static_cast<int>(accent)]);
    rangeSlider();
    slider_->setMinimumWidth(40);
    number_ = new NumberField(field_);
    number_->setFixedWidth(field_.id == "seed" ? 120 : 80);
    row->addWidget(label_);
    if (field_.id == "seed") {
        slider_->hide();  // 2^53 seeds have no use for one
        slider_->setParent(this);
        row->addStretch(1);
    } else {
        row->addWidget(slider_, 1);
    }
    row->addWidget(number_);
    setFixedHeight(28);
    connect(slider_, &QSlider::valueChanged, this, [this](int position) { assign(sliderValue(position)); });
    connect(slider_, &QSlider::sliderReleased, this, &FieldRow::refresh);
    connect(number_, &NumberField::edited, this, &FieldRow::assign);
    connect(number_, &NumberField::refused, this,
            [this](const QString& sentence) { studio_.report(true, sentence); });
}

/// A place for each value, where they are few.
void FieldRow::rangeSlider() {
    const double length = reach() - field_.minimum;
    const bool coarse =
        field_.type == FieldType::Integer && field_.scale == Scale::Linear && length < sliderSteps;
    const QSignalBlocker blocker(slider_);
    slider_->setRange(0, coarse ? static_cast<int>(length) : sliderSteps);
    slider_->setPageStep(std::max(1, slider_->maximum() / 20));
    slider_->setSingleStep(std::max(1, slider_->maximum() / 200));
}

double FieldRow::reach() const {
    return field_.reach ? std::max(field_.reach(studio_.settings()), field_.minimum + 1.0) : field_.maximum;
}

void FieldRow::buildSwitch() {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    label_ = new QLabel;
    label_->setProperty("role", "quiet");
    label_->setWordWrap(true);
    switch_ = new SwitchButton;
    label_->setBuddy(switch_);
    row->addWidget(label_, 1);
    row->addWidget(switch_, 0, Qt::AlignVCenter);
    connect(switch_, &QAbstractButton::toggled, this, [this](bool on) { assign(on ? 1.0 : 0.0); });
}

void FieldRow::buildChoice() {
    const std::vector<Choice> choices = field_.choices();
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    const bool captioned = field_.id != "schedule.kind" && field_.id != "sampler.kind";
    const bool segmented = fitsSegments(choices, !captioned ? 0 : field_.symbol.empty() ? 96 : 52);
    if (captioned) {
        label_ = makeCaption();
        row->addWidget(label_);
    }
    if (segmented) {
        segments_ = new Segments(choices);
        row->addWidget(segments_, 1);
        connect(segments_, &Segments::picked, this, [this](int index) { assign(index); });
    } else {
        combo_ = new QComboBox;
        for (const Choice& choice : choices) combo_->addItem(text(choice.title));
        combo_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        combo_->setMinimumContentsLength(6);
        combo_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        row->addWidget(combo_, 1);
        connect(combo_, &QComboBox::currentIndexChanged, this, [this](int index) { assign(index); });
    }
    setFixedHeight(30);
}

void FieldRow::buildText() {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    label_ = makeCaption();
    line_ = new QLineEdit;
    row->addWidget(label_);
    row->addWidget(line_, 1);
    setFixedHeight(30);
    connect(line_, &QLineEdit::editingFinished, this, [this] { assignText(line_->text()); });
}

QLabel* FieldRow::makeCaption() const {
    auto* caption = new QLabel;
    caption->setProperty("role", "quiet");
    caption->setFixedWidth(field_.symbol.empty() ? 88 : 44);
    return caption;
}

bool FieldRow::applies() const {
    return !field_.applies || field_.applies(studio_.settings());
}

void FieldRow::assign(double value) {
    if (field_.get(studio_.settings()) == value) return;
    Settings settings = studio_.settings();
    field_.set(settings, value);
    if (field_.group == Group::View && field_.cost == Cost::Redraw) {
        studio_.changeView(settings.view);  // what is looked at is no step of the history
        return;
    }
    const int key = static_cast<int>(&field_ - fields().data());
    studio_.change(settings, text(field_.label, notation_),
                   field_.type == FieldType::Real || field_.type == FieldType::Integer ? key : -1);
}

void FieldRow::assignText(const QString& text) {
    Settings settings = studio_.settings();
    try {
        parseField(field_, text.toStdString(), settings);
    } catch (const InputError& error) {
        studio_.report(true, QString::fromUtf8(error.what()));
        refresh();
        return;
    }
    studio_.change(settings, diffuscope::text(field_.label, notation_));
}

void FieldRow::showRefusals() {
    const std::vector<Choice> choices = field_.choices();
    auto* items = combo_ ? qobject_cast<QStandardItemModel*>(combo_->model()) : nullptr;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        QString help = text(choices[i].help, notation_);
        bool choosable = true;
        Settings settings = studio_.settings();
        field_.set(settings, static_cast<double>(i));
        try {
            validate(settings);
        } catch (const InputError& error) {
            choosable = false;
            help = QString::fromUtf8(error.what());
        }
        const int index = static_cast<int>(i);
        if (segments_) segments_->setChoosable(index, choosable, help);
        if (!items) continue;
        // Each change makes the drop-down lay itself out anew.
        QStandardItem* item = items->item(index);
        if (item->isEnabled() != choosable) item->setEnabled(choosable);
        if (item->toolTip() != help) item->setToolTip(help);
    }
}

int FieldRow::sliderPosition(double value) const {
    const double low = field_.minimum;
    const double high = reach();
    const double share = field_.scale == Scale::Logarithmic ? std::log(value / low) / std::log(high / low)
                                                            : (value - low) / (high - low);
    return static_cast<int>(std::lround(share * slider_->maximum()));
}

double FieldRow::sliderValue(int position) const {
    const double share = static_cast<double>(position) / slider_->maximum();
    const double low = field_.minimum;
    const double high = reach();
    if (position == 0) return low;
    if (position == slider_->maximum()) return high;
    double value =
        field_.scale == Scale::Logarithmic ? low * std::pow(high / low, share) : low + share * (high - low);
    if (field_.scale == Scale::Logarithmic) {
        // Three significant digits of what is shown: nobody reads more off a slider.
        const double shown = shownNumber(field_, value, notation_);
        const double unit = std::pow(10.0, std::floor(std::log10(shown)) - 2.0);
        value = shownAs(field_.quantity, notation_).read(std::round(shown / unit) * unit);
    } else {
        value = std::round(value / field_.step) * field_.step;
    }
    if (field_.type == FieldType::Integer) value = std::round(value);
    return std::clamp(value, low, high);
}

void FieldRow::refresh() {
    const NotationKind notation = studio_.settings().view.notation;
    const Cost cost = costOf(field_, studio_.settings());
    if (notation != notation_ || cost != cost_) {
        notation_ = notation;
        cost_ = cost;
        name();
    }
    if (line_) {
        const QString shown = QString::fromStdString(field_.getText(studio_.settings()));
        if (!line_->hasFocus() || !line_->isModified()) {
            line_->setText(shown);
            line_->setCursorPosition(0);  // a long text shows how it begins
        }
        return;
    }
    const double value = field_.get(studio_.settings());
    if (slider_) {
        const QSignalBlocker blocker(slider_);
        // A handle under the mouse stays where the hand holds it.
        if (field_.reach) rangeSlider();
        if (!slider_->isSliderDown()) slider_->setValue(sliderPosition(value));
        number_->setValue(value);
    }
    if (switch_) {
        const QSignalBlocker blocker(switch_);
        switch_->setChecked(value != 0.0);
    }
    if (field_.choices) showRefusals();
    if (segments_) segments_->setIndex(static_cast<int>(value));
    if (combo_) {
        const QSignalBlocker blocker(combo_);
        combo_->setCurrentIndex(static_cast<int>(value));
    }
}

void FieldRow::setTheme(const Theme& theme) {
    if (switch_)
        switch_->setColors(accentColor(theme, accent_), theme.line, theme.additive ? theme.text : theme.stage,
                           theme.reverse);
}

}  // namespace diffuscope
