#include "widgets/MessageBar.h"

#include "widgets/Style.h"

#include <QHBoxLayout>
#include <QStyle>
#include <QToolButton>

namespace diffuscope {

MessageBar::MessageBar(QWidget* parent) : QWidget(parent), theme_(&themeOf(ThemeKind::Dark)) {
    setObjectName("messageBar");
    setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 8, 8, 8);
    row->setSpacing(10);
    icon_ = new QLabel;
    label_ = new QLabel;
    label_->setWordWrap(true);
    label_->setTextFormat(Qt::PlainText);
    label_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    close_ = new QToolButton;
    close_->setProperty("role", "flat");
    close_->setAccessibleName(tr("Close the message"));
    row->addWidget(icon_);
    row->addWidget(label_, 1);
    row->addWidget(close_);
    timer_.setSingleShot(true);
    timer_.setInterval(6000);
    connect(&timer_, &QTimer::timeout, this, &QWidget::hide);
    connect(close_, &QToolButton::clicked, this, &QWidget::hide);
    hide();
}

void MessageBar::tell(bool warning, const QString& sentence) {
    setProperty("warning", warning);
    style()->unpolish(this);
    style()->polish(this);
    icon_->setText(warning ? QStringLiteral("⚠") : QStringLiteral("i"));
    icon_->setAlignment(Qt::AlignCenter);
    icon_->setStyleSheet(
        warning ? QStringLiteral("color: %1; font-size: 15px").arg(theme_->warning.name())
                : QStringLiteral("color: %1; font-size: 12px; font-weight: 600; min-width: 15px; "
                                 "max-width: 15px; min-height: 15px; max-height: 15px; "
                                 "border: 1px solid %1; border-radius: 8px")
                      .arg(theme_->ideal.name()));
    label_->setText(sentence);
    show();
    if (warning)
        timer_.stop();
    else
        timer_.start();
}

void MessageBar::setTheme(const Theme& theme) {
    theme_ = &theme;
    close_->setIcon(themedIcon("x", theme.secondary));
}

}  // namespace diffuscope
