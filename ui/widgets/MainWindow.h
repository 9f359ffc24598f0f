#pragma once
#include "widgets/Playback.h"
#include "widgets/Studio.h"

#include <QElapsedTimer>
#include <QMainWindow>
#include <QTimer>
#include <memory>

class QMenuBar;
class QToolButton;

namespace diffuscope {

class ControlColumn;
class ExactCard;
class ExportDialog;
class MessageBar;
class ReadColumn;
class Segments;
class StageWidget;
class TransportBar;

/// The window: three columns and a timeline. It looks at the newest snapshot sixty times a second.
class MainWindow : public QMainWindow {
    Q_OBJECT
  public:
    explicit MainWindow(const Settings& settings, QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] Studio& studio() { return studio_; }
    [[nodiscard]] Playback& playback() { return playback_; }
    void open(const QString& path) { studio_.open(path); }

  protected:
    bool event(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

  private:
    void buildTop();
    void buildCentre();
    void buildMenus();
    QAction* addAction(QMenu* menu, const QString& name, const QList<QKeySequence>& keys,
                       const std::function<void()>& action);
    void applyTheme();
    void refresh();
    void followSchedule();
    void tick();
    void look();
    void showNumbers(const std::shared_ptr<const Snapshot>& snapshot, double time);
    void showNotices(const Snapshot& snapshot);
    void askOpen();
    void askSave(bool always);
    void showExport();
    void showHelp();
    void toggleFullScreen();
    void updateTitle();

    Studio studio_;
    Playback playback_;
    QTimer timer_;
    QTimer looking_;  ///< runs while a change is on its way, so that what follows from it is seen sooner
    QElapsedTimer clock_;
    QElapsedTimer sinceControls_;
    QElapsedTimer sinceReads_;
    std::shared_ptr<const Snapshot> controlled_;  ///< that the controls show
    std::shared_ptr<const Snapshot> shown_;
    std::int64_t lastNotice_ = 0;
    ScheduleSettings shownSchedule_;
    bool moved_ = true;
    bool numbersDue_ = false;
    ThemeKind theme_ = ThemeKind::Dark;

    QMenuBar* menus_ = nullptr;
    Segments* lanes_ = nullptr;
    QToolButton* exportButton_ = nullptr;
    ControlColumn* controls_ = nullptr;
    ReadColumn* reads_ = nullptr;
    ExactCard* card_ = nullptr;
    StageWidget* stage_ = nullptr;
    TransportBar* transport_ = nullptr;
    MessageBar* messages_ = nullptr;
    ExportDialog* export_ = nullptr;
};

}  // namespace diffuscope
