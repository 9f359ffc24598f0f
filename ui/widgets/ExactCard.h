#pragma once
#include "scenes/Theme.h"
#include "training/Snapshot.h"

#include <QFrame>

class QLabel;

namespace diffuscope {

/// Stands above the stage while the data set is one whose answer is known exactly, says what is exact there,
/// and shows what was measured beside it.
class ExactCard : public QFrame {
    Q_OBJECT
  public:
    explicit ExactCard(QWidget* parent = nullptr);
    void show(const Snapshot& snapshot);
    void setTheme(const Theme& theme);

  private:
    const Theme* theme_;
    QLabel* title_;
    QLabel* sentence_;
    QLabel* numbers_;
};

}  // namespace diffuscope
