#pragma once
#include "scenes/Theme.h"
#include "widgets/Studio.h"

#include <QButtonGroup>
#include <QWidget>

namespace diffuscope {

/// A thumbnail per data set, and one that opens a file.
class Gallery : public QWidget {
    Q_OBJECT
  public:
    explicit Gallery(Studio& studio, QWidget* parent = nullptr);
    void refresh();
    void setTheme(const Theme& theme);

  signals:
    void importAsked();

  private:
    Studio& studio_;
    QButtonGroup group_;
};

}  // namespace diffuscope
