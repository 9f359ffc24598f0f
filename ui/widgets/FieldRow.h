#pragma once
#include "settings/Fields.h"
#include "widgets/Controls.h"
#include "widgets/Studio.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSlider>
#include <QWidget>

namespace diffuscope {

/// The control of one row of the field table: label, slider, number field; or a switch; or segments; or a
/// drop-down. It changes the studio's settings and follows them.
class FieldRow : public QWidget {
    Q_OBJECT
  public:
    FieldRow(const Field& field, Studio& studio, Accent accent, QWidget* parent = nullptr);
    void refresh();
    void setTheme(const Theme& theme);
    [[nodiscard]] const Field& field() const { return field_; }
    [[nodiscard]] bool applies() const;
    [[nodiscard]] double reach() const;  ///< where the slider ends

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void buildNumber(Accent accent);
    void rangeSlider();
    void buildSwitch();
    void buildChoice();
    void buildText();
    [[nodiscard]] QLabel* makeCaption() const;
    void name();  ///< writes what the row says, in the notation of the settings
    void showRefusals();  ///< choices that the other settings rule out are dim and say why
    void assign(double value);
    void assignText(const QString& text);
    [[nodiscard]] int sliderPosition(double value) const;
    [[nodiscard]] double sliderValue(int position) const;

    const Field& field_;
    Studio& studio_;
    Accent accent_;
    NotationKind notation_;
    Cost cost_;
    QLabel* label_ = nullptr;
    QSlider* slider_ = nullptr;
    NumberField* number_ = nullptr;
    SwitchButton* switch_ = nullptr;
    Segments* segments_ = nullptr;
    QComboBox* combo_ = nullptr;
    QLineEdit* line_ = nullptr;
};

[[nodiscard]] inline QString text(std::string_view view) {
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

/// What a table says in Ho's notation, in the notation that is shown.
[[nodiscard]] inline QString text(std::string_view view, NotationKind notation) {
    return QString::fromStdString(inNotation(view, notation));
}

}  // namespace diffuscope
