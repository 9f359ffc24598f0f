#pragma once
#include "scenes/Theme.h"

#include <QLabel>
#include <QTimer>
#include <QWidget>

class QToolButton;

namespace diffuscope {

/// One sentence above the stage: warnings stay until closed, others go by themselves.
class MessageBar : public QWidget {
    Q_OBJECT
  public:
    explicit MessageBar(QWidget* parent = nullptr);
    void tell(bool warning, const QString& sentence);
    void setTheme(const Theme& theme);
    [[nodiscard]] QString sentence() const { return label_->text(); }

  private:
    QLabel* icon_;
    QLabel* label_;
    QToolButton* close_;
    QTimer timer_;
    const Theme* theme_;
};

}  // namespace diffuscope
