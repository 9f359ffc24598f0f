#pragma once
#include "widgets/FieldRow.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>
#include <QWidget>
#include <vector>

namespace diffuscope {

/// One section of a side panel: a head with a note at its right, its rows, rare rows folded away, and a line
/// that says what a change costs.
class Section : public QWidget {
    Q_OBJECT
  public:
    Section(const QString& title, QWidget* parent = nullptr);

    void addWidget(QWidget* widget);
    /// The head becomes a button that folds what is under it; its note stays.
    void makeFoldable(bool open);
    [[nodiscard]] bool isOpen() const { return !fold_ || fold_->isChecked(); }
    /// A row per field of the group in the table's order, the rare ones behind "More".
    void addFields(Group group, Studio& studio, Accent accent,
                   const std::vector<std::string_view>& without = {});
    /// A line that says what changes of the section's fields cost, read off the table.
    void addCosts(const Studio& studio);
    void setNote(const QString& note, const QColor& color = {});

    void refresh();
    void setTheme(const Theme& theme);

  signals:
    void opened();

  private:
    void addMore();
    void showFoldIcon();
    [[nodiscard]] QString costs(const Settings& settings) const;
    QHBoxLayout* head_;
    QLabel* name_;
    QToolButton* fold_ = nullptr;
    QWidget* body_;
    QVBoxLayout* layout_;  ///< of the body
    QLabel* note_;
    QToolButton* more_ = nullptr;
    QWidget* folded_ = nullptr;
    QVBoxLayout* foldedLayout_ = nullptr;
    std::vector<FieldRow*> rows_;
    QLabel* costs_ = nullptr;
    const Studio* studio_ = nullptr;
    QColor noteColor_;
    const Theme* theme_ = nullptr;
};

/// A hairline between sections.
[[nodiscard]] QFrame* separator();

/// Fills `column` with `content`, which scrolls up and down only.
void scrollInto(QWidget* column, QWidget* content, const QMargins& margins);

/// A label with a role of the style sheet.
[[nodiscard]] QLabel* roleLabel(const QString& text, const char* role);

/// A plain text that changes many times a second. The label keeps its size, and grows where it must: any
/// other label has the whole column laid out anew with each text. Its layout should align it.
void setLiveText(QLabel* label, const QString& text);

}  // namespace diffuscope
