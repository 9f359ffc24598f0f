#pragma once
#include "settings/Choice.h"
#include "settings/Fields.h"
#include "widgets/Style.h"

#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QButtonGroup>
#include <QWidget>
#include <vector>

namespace diffuscope {

/// An editable number with arrows and a unit. Linear fields step by `step`, logarithmic ones by a twentieth
/// of a decade.
class NumberField : public QAbstractSpinBox {
    Q_OBJECT
  public:
    explicit NumberField(const Field& field, QWidget* parent = nullptr);
    void setValue(double value);
    void setNotation(NotationKind notation);  ///< of what is shown and typed; value() stays Ho's
    [[nodiscard]] double value() const { return value_; }
    void stepBy(int steps) override;
    [[nodiscard]] QSize sizeHint() const override;

  signals:
    void edited(double value);
    void refused(const QString& sentence);

  protected:
    [[nodiscard]] StepEnabled stepEnabled() const override;

  private:
    void commit();
    void show(double value);
    [[nodiscard]] double shown(double value) const { return shownNumber(field_, value, notation_); }
    const Field& field_;
    NotationKind notation_ = NotationKind::Ho;
    double value_ = 0.0;
    QString shown_;
};

/// On or off.
class SwitchButton : public QAbstractButton {
    Q_OBJECT
  public:
    explicit SwitchButton(QWidget* parent = nullptr);
    void setColors(const QColor& on, const QColor& off, const QColor& knob, const QColor& focus);
    [[nodiscard]] QSize sizeHint() const override { return {36, 20}; }

  protected:
    void paintEvent(QPaintEvent*) override;

  private:
    QColor on_, off_, knob_, focus_;
};

/// One of up to five choices, side by side.
class Segments : public QWidget {
    Q_OBJECT
  public:
    explicit Segments(const std::vector<Choice>& choices, QWidget* parent = nullptr);
    void setIndex(int index);
    void name(const std::vector<Choice>& choices, NotationKind notation);  ///< titles and tooltips anew
    void setChoosable(int index, bool choosable, const QString& help);

  signals:
    void picked(int index);

  private:
    QButtonGroup group_;
};

/// Four significant digits; powers of ten below 0.001 and from a million on.
[[nodiscard]] QString formatNumber(double value);

}  // namespace diffuscope
