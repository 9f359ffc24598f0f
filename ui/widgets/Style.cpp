#include "widgets/Style.h"

#include <QFile>
#include <QPainter>
#include <QSvgRenderer>

// A static library's resources have to be asked for, and the macro has to stand outside of every namespace.
static void initialiseIcons() {
    Q_INIT_RESOURCE(icons);
}

namespace diffuscope {

QPalette paletteOf(const Theme& theme) {
    QPalette palette;
    palette.setColor(QPalette::Window, theme.window);
    palette.setColor(QPalette::Base, theme.stage);
    palette.setColor(QPalette::AlternateBase, theme.panel);
    palette.setColor(QPalette::Button, theme.raised);
    palette.setColor(QPalette::WindowText, theme.text);
    palette.setColor(QPalette::Text, theme.text);
    palette.setColor(QPalette::ButtonText, theme.text);
    palette.setColor(QPalette::BrightText, theme.warning);
    palette.setColor(QPalette::ToolTipBase, theme.raised);
    palette.setColor(QPalette::ToolTipText, theme.text);
    palette.setColor(QPalette::PlaceholderText, theme.tertiary);
    palette.setColor(QPalette::Highlight, theme.reverse);
    palette.setColor(QPalette::HighlightedText, QColor("#101318"));
    palette.setColor(QPalette::Link, theme.reverse);
    palette.setColor(QPalette::Mid, theme.line);
    palette.setColor(QPalette::Dark, theme.line);
    palette.setColor(QPalette::Light, theme.raised);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, theme.tertiary);
    return palette;
}

QString styleSheetOf(const Theme& theme) {
    static const char* const sheet = R"(
QWidget { font-family: "Diffuscope Sans"; font-size: 13px; }
QToolTip { background: @raised; color: @text; border: 1px solid @line; padding: 6px; }
#topBar, #bottomBar, #leftColumn, #rightColumn, #leftColumn QScrollArea, #rightColumn QScrollArea,
#leftColumn QScrollArea > QWidget > QWidget, #rightColumn QScrollArea > QWidget > QWidget { background: @panel; }
#topBar { border-bottom: 1px solid @line; }
#bottomBar { border-top: 1px solid @line; }
#leftColumn { border: none; border-right: 1px solid @line; }
#rightColumn { border: none; border-left: 1px solid @line; }
QScrollArea { border: none; }
QMenuBar { background: transparent; color: @secondary; spacing: 2px; }
QMenuBar::item { padding: 6px 10px; border-radius: 6px; background: transparent; }
QMenuBar::item:selected { background: @raised; color: @text; }
QMenu { background: @panel; color: @text; border: 1px solid @line; padding: 6px; }
QMenu::item { padding: 6px 28px 6px 14px; border-radius: 4px; }
QMenu::item:selected { background: @raised; }
QMenu::item:disabled { color: @tertiary; }
QMenu::separator { height: 1px; background: @line; margin: 6px 4px; }
QMenu::icon { padding-left: 8px; }
QLabel[role="head"] { color: @secondary; font-size: 11px; font-weight: 600; }
QLabel[role="quiet"] { color: @secondary; }
QLabel[role="hint"] { color: @tertiary; font-size: 11px; }
QLabel[role="warning"] { color: @alarm; font-size: 12px; }
QLabel[role="brand"] { font-size: 15px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QFrame[role="line"] { background: @line; max-height: 1px; min-height: 1px; border: none; }
QToolButton, QPushButton { background: @raised; color: @text; border: 1px solid transparent; border-radius: 6px;
  padding: 5px 10px; }
QToolButton:hover, QPushButton:hover { border-color: @line; }
QToolButton:focus, QPushButton:focus, QComboBox:focus, QAbstractSpinBox:focus, QLineEdit:focus { border: 1px solid @reverse; }
QToolButton:pressed, QPushButton:pressed { background: @line; }
QToolButton:disabled, QPushButton:disabled { color: @tertiary; }
QPushButton[role="primary"] { background: @reverse; color: #101318; font-weight: 600; }
QPushButton[role="primary"]:disabled { background: @line; color: @tertiary; }
QToolButton[role="flat"] { background: transparent; padding: 4px 8px 4px 2px; }
QToolButton[role="flat"]:hover { background: @raised; }
QToolButton[role="mini"] { padding: 0; }
QToolButton[role="fold"] { background: transparent; color: @secondary; font-size: 11px; font-weight: 600;
  border: 1px solid transparent; padding: 1px 4px 1px 0; margin-left: -4px; }
QToolButton[role="fold"]:hover { color: @text; }
QToolButton[role="fold"]:focus { border: 1px solid @reverse; }
QToolButton[role="round"] { border-radius: 22px; background: @text; }
QToolButton[role="segment"] { background: transparent; color: @secondary; border-radius: 5px; padding: 4px 8px; }
QToolButton[role="segment"]:checked { background: @raised; color: @text; border: 1px solid @line; }
QToolButton[role="layer"] { background: transparent; color: @tertiary; border: none; border-radius: 0;
  padding: 3px 2px; border-bottom: 1px dotted @tertiary; }
QToolButton[role="layer"]:hover { color: @text; }
QToolButton[role="layer"]:focus { border: none; border-bottom: 2px solid @reverse; }
QToolButton[role="layer"]::menu-indicator { image: none; }
QToolButton[role="layer"]:checked { color: @text; border-bottom: 1px solid @text; }
QToolButton[role="tile"] { background: @stage; border: 1px solid @line; border-radius: 6px; padding: 0; }
QToolButton[role="tile"]:hover { border-color: @tertiary; }
QToolButton[role="tile"]:checked { border: 2px solid @reverse; }
#segments { background: @stage; border-radius: 6px; }
QComboBox, QAbstractSpinBox, QLineEdit { background: @stage; color: @text; border: 1px solid @line;
  border-radius: 6px; padding: 3px 8px; selection-background-color: @reverse; selection-color: #101318;
  min-height: 20px; }
QComboBox:disabled, QAbstractSpinBox:disabled, QLineEdit:disabled { color: @tertiary; background: @panel; }
QAbstractSpinBox { padding: 3px 2px 3px 6px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 14px; border: none; background: transparent;
  subcontrol-origin: border; }
QAbstractSpinBox::up-button { subcontrol-position: top right; margin-top: 2px; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin-bottom: 2px; }
QAbstractSpinBox::up-arrow { image: url(:/icons/chevron-up-on-@tone.svg); width: 9px; height: 9px; }
QAbstractSpinBox::down-arrow { image: url(:/icons/chevron-down-on-@tone.svg); width: 9px; height: 9px; }
QAbstractSpinBox::up-arrow:disabled, QAbstractSpinBox::up-arrow:off, QAbstractSpinBox::down-arrow:disabled,
QAbstractSpinBox::down-arrow:off { image: none; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url(:/icons/chevron-down-on-@tone.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @panel; color: @text; border: 1px solid @line; outline: none;
  selection-background-color: @raised; selection-color: @text; padding: 4px; }
QSlider { min-height: 22px; }
QSlider::groove:horizontal { height: 4px; background: @line; border-radius: 2px; }
QSlider::sub-page:horizontal { background: @secondary; border-radius: 2px; }
QSlider[accent="forward"]::sub-page:horizontal { background: @forward; }
QSlider[accent="reverse"]::sub-page:horizontal { background: @reverse; }
QSlider[accent="ideal"]::sub-page:horizontal { background: @ideal; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: @handle;
  border: 1px solid @tertiary; }
QSlider::handle:horizontal:focus { border: 2px solid @reverse; width: 12px; height: 12px; }
QSlider:disabled { color: @tertiary; }
QSlider::sub-page:horizontal:disabled { background: @line; }
QSlider::handle:horizontal:disabled { background: @tertiary; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar::handle:vertical { background: @line; border-radius: 4px; min-height: 32px; }
QScrollBar::handle:vertical:hover { background: @tertiary; }
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical, QScrollBar::add-page:vertical,
QScrollBar::sub-page:vertical { height: 0; background: transparent; }
QProgressBar { background: @line; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: @reverse; border-radius: 3px; }
#messageBar { background: @raised; border: 1px solid @line; border-left: 4px solid @reverse; border-radius: 6px; }
#messageBar[warning="true"] { border-left: 4px solid @warning; }
#exactCard { background: @raised; border: 1px solid @line; border-left: 4px solid @ideal; border-radius: 6px; }
QDialog { background: @panel; }
QTextBrowser { background: @panel; border: none; }
)";
    QString text = QString::fromUtf8(sheet);
    text.replace("@tone", theme.additive ? "dark" : "light");
    const std::pair<const char*, QColor> roles[] = {{"@window", theme.window},
                                                    {"@panel", theme.panel},
                                                    {"@raised", theme.raised},
                                                    {"@line", theme.line},
                                                    {"@stage", theme.stage},
                                                    {"@text", theme.text},
                                                    {"@secondary", theme.secondary},
                                                    {"@tertiary", theme.tertiary},
                                                    {"@forward", theme.forward},
                                                    {"@reverse", theme.reverse},
                                                    {"@ideal", theme.ideal},
                                                    {"@warning", theme.warning},
                                                    {"@alarm", inkOf(theme, theme.warning, theme.panel)},
                                                    {"@handle", theme.additive ? theme.text : theme.stage}};
    for (const auto& [role, color] : roles) text.replace(role, color.name());
    return text;
}

QIcon themedIcon(const QString& name, const QColor& color) {
    static const bool ready = (initialiseIcons(), true);
    Q_UNUSED(ready)
    QFile file(":/icons/" + name + ".svg");
    if (!file.open(QIODevice::ReadOnly)) qFatal("no icon named %s", qUtf8Printable(name));
    const QByteArray svg = file.readAll();
    QIcon icon;
    for (const auto mode : {QIcon::Normal, QIcon::Disabled}) {
        QColor ink = color;
        if (mode == QIcon::Disabled) ink.setAlphaF(0.35f);
        QByteArray colored = svg;
        colored.replace("currentColor", color.name().toLatin1());
        QSvgRenderer renderer(colored);
        for (const int size : {16, 20, 24, 32, 48, 64}) {
            QPixmap pixmap(size, size);
            pixmap.fill(Qt::transparent);
            QPainter painter(&pixmap);
            painter.setOpacity(ink.alphaF());
            renderer.render(&painter);
            painter.end();
            icon.addPixmap(pixmap, mode);
        }
    }
    return icon;
}

QColor accentColor(const Theme& theme, Accent accent) {
    switch (accent) {
        case Accent::Forward:
            return theme.forward;
        case Accent::Reverse:
            return theme.reverse;
        case Accent::Ideal:
            return theme.ideal;
        case Accent::Plain:
            break;
    }
    return theme.secondary;
}

}  // namespace diffuscope
