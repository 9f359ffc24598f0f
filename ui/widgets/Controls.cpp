#include "widgets/Controls.h"

#include "Error.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPainter>
#include <QRegularExpression>
#include <QToolButton>
#include <algorithm>
#include <cmath>

namespace diffuscope {

QString formatNumber(double value) {
    if (value == 0.0) return QStringLiteral("0");
    const double size = std::abs(value);
    if (size >= 1e6 || size < 1e-3) {
        QString text = QString::number(value, 'e', 2);
        const auto e = text.indexOf('e');
        QString mantissa = text.left(e);
        while (mantissa.contains('.') && (mantissa.endsWith('0') || mantissa.endsWith('.'))) mantissa.chop(1);
        return mantissa + "e" + QString::number(text.mid(e + 1).toInt());
    }
    return QString::number(value, 'g', 4);
}

NumberField::NumberField(const Field& field, QWidget* parent) : QAbstractSpinBox(parent), field_(field) {
    setAlignment(Qt::AlignRight);
    setKeyboardTracking(false);
    connect(this, &QAbstractSpinBox::editingFinished, this, &NumberField::commit);
}

QSize NumberField::sizeHint() const {
    return {78, 28};
}

void NumberField::show(double value) {
    QString text =
        field_.type == FieldType::Integer ? QString::number(value, 'f', 0) : formatNumber(shown(value));
    if (!field_.unit.empty()) text += QString::fromUtf8(field_.unit.data(), qsizetype(field_.unit.size()));
    shown_ = text;
    lineEdit()->setText(text);
}

void NumberField::setValue(double value) {
    value_ = value;
    // What is being typed is not overwritten.
    if (!lineEdit()->hasFocus() || lineEdit()->text() == shown_) show(value);
}

void NumberField::setNotation(NotationKind notation) {
    if (notation == notation_) return;
    notation_ = notation;
    show(value_);
}

void NumberField::stepBy(int steps) {
    double value = value_;
    if (field_.type == FieldType::Integer && (field_.scale == Scale::Linear || value < 20.0)) {
        value += steps * field_.step;
    } else if (field_.scale == Scale::Linear) {
        value = std::round(value / field_.step + steps) * field_.step;
    } else {
        // Two significant digits, so that 0.02 up is 0.022 and down again is 0.02.
        value = shown(value) * std::pow(10.0, steps / 20.0);
        const double unit = std::pow(10.0, std::floor(std::log10(value)) - 1.0);
        value = shownAs(field_.quantity, notation_).read(std::round(value / unit) * unit);
        if (field_.type == FieldType::Integer) value = std::round(value);
    }
    value = std::clamp(value, field_.minimum, field_.upper());
    if (value == value_) return;
    value_ = value;
    show(value);
    emit edited(value);
}

QAbstractSpinBox::StepEnabled NumberField::stepEnabled() const {
    StepEnabled enabled = StepNone;
    if (value_ > field_.minimum) enabled |= StepDownEnabled;
    if (value_ < field_.upper()) enabled |= StepUpEnabled;
    return enabled;
}

void NumberField::commit() {
    if (lineEdit()->text() == shown_) return;
    QString text = lineEdit()->text().trimmed();
    if (!field_.unit.empty() &&
        text.endsWith(QString::fromUtf8(field_.unit.data(), qsizetype(field_.unit.size()))))
        text.chop(QString::fromUtf8(field_.unit.data(), qsizetype(field_.unit.size())).size());
    text = text.trimmed();
    text.replace(QChar(0x2212), '-');
    // 1,000 is a thousand, as the window writes it; 0,02 is a decimal comma.
    static const QRegularExpression thousands("^-?\\d{1,3}(,\\d{3})+$");
    if (thousands.match(text).hasMatch())
        text.remove(',');
    else
        text.replace(',', '.');
    Settings scratch;
    try {
        parseShown(field_, text.toStdString(), notation_, scratch);
    } catch (const InputError& error) {
        show(value_);
        emit refused(QString::fromUtf8(error.what()));
        return;
    }
    value_ = field_.get(scratch);
    show(value_);
    emit edited(value_);
}

SwitchButton::SwitchButton(QWidget* parent) : QAbstractButton(parent) {
    setCheckable(true);
    setFocusPolicy(Qt::TabFocus);
    setFixedSize(sizeHint());
    setCursor(Qt::PointingHandCursor);
}

void SwitchButton::setColors(const QColor& on, const QColor& off, const QColor& knob, const QColor& focus) {
    on_ = on;
    off_ = off;
    knob_ = knob;
    focus_ = focus;
    update();
}

void SwitchButton::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (!isEnabled()) painter.setOpacity(0.4);
    const QRectF track = QRectF(rect()).adjusted(1, 1, -1, -1);
    painter.setPen(hasFocus() ? QPen(focus_, 1.5) : Qt::NoPen);
    painter.setBrush(isChecked() ? on_ : off_);
    painter.drawRoundedRect(track, track.height() / 2, track.height() / 2);
    const double size = track.height() - 4;
    const double left = isChecked() ? track.right() - size - 2 : track.left() + 2;
    painter.setPen(Qt::NoPen);
    painter.setBrush(knob_);
    painter.drawEllipse(QRectF(left, track.top() + 2, size, size));
}

Segments::Segments(const std::vector<Choice>& choices, QWidget* parent) : QWidget(parent) {
    setObjectName("segments");
    setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2, 2, 2, 2);
    row->setSpacing(2);
    for (std::size_t i = 0; i < choices.size(); ++i) {
        auto* button = new QToolButton;
        button->setProperty("role", "segment");
        button->setCheckable(true);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        group_.addButton(button, static_cast<int>(i));
        row->addWidget(button);
    }
    group_.setExclusive(true);
    name(choices, NotationKind::Ho);
    connect(&group_, &QButtonGroup::idClicked, this, &Segments::picked);
}

void Segments::name(const std::vector<Choice>& choices, NotationKind notation) {
    for (std::size_t i = 0; i < choices.size(); ++i) {
        QAbstractButton* button = group_.button(static_cast<int>(i));
        button->setText(QString::fromStdString(inNotation(choices[i].title, notation)));
        button->setToolTip(QString::fromStdString(inNotation(choices[i].help, notation)));
        button->setAccessibleName(button->text());
    }
}

void Segments::setChoosable(int index, bool choosable, const QString& help) {
    QAbstractButton* button = group_.button(index);
    button->setEnabled(choosable);
    button->setToolTip(help);
}

void Segments::setIndex(int index) {
    if (auto* button = group_.button(index)) button->setChecked(true);
}

}  // namespace diffuscope
