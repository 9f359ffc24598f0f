#pragma once
#include "data/DataSet.h"
#include "scenes/Theme.h"
#include "widgets/Studio.h"

#include <QButtonGroup>
#include <QWidget>
#include <memory>

class QGridLayout;
class QLabel;
class QToolButton;

namespace diffuscope {

/// A thumbnail per data set, one of the user's own points where there are any, one that opens the drawing
/// board and one that opens a file; below them the name of the one that is chosen or under the pointer.
/// Thumbnails are drawn on another thread.
class Gallery : public QWidget {
    Q_OBJECT
  public:
    explicit Gallery(Studio& studio, QWidget* parent = nullptr);
    void refresh();
    void setTheme(const Theme& theme);

  signals:
    void importAsked();
    void drawAsked();

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    QToolButton* addTile(QGridLayout* grid, const QString& name, const QString& help);
    void drawThumbnail(int index);
    void showOwn();
    void nameOf(const QObject* tile);

    Studio& studio_;
    QButtonGroup group_;  ///< the data sets; ids are DatasetKind's
    QToolButton* draw_;
    QToolButton* open_;
    QLabel* name_;
    const Theme* theme_ = nullptr;
    std::shared_ptr<const DataSet> own_;  ///< whose thumbnail there is
    int tiles_ = 0;
};

}  // namespace diffuscope
