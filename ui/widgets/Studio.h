#pragma once
#include "io/Session.h"
#include "settings/Settings.h"
#include "training/Engine.h"

#include <QObject>
#include <QString>
#include <QUndoStack>
#include <functional>
#include <memory>

namespace diffuscope {

/// What the window edits: the settings with their undo history, the engine, and the document on disk. Files
/// are read and written on threads of their own.
class Studio : public QObject {
    Q_OBJECT
  public:
    explicit Studio(const Settings& settings);

    [[nodiscard]] const Settings& settings() const { return settings_; }
    /// Takes new settings as one undoable step named `what`; steps with the same non-negative `mergeKey` in a
    /// row become one.
    void change(const Settings& settings, const QString& what, int mergeKey = -1);
    /// Settings that are no part of the document's history: lanes, layers, loop, speed, theme.
    void changeView(const ViewSettings& view);

    [[nodiscard]] QUndoStack& undoStack() { return undo_; }
    [[nodiscard]] Engine& engine() { return engine_; }
    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const { return engine_.snapshot(); }

    [[nodiscard]] bool training() const { return training_; }
    void setTraining(bool playing);
    void resetNetwork();  ///< undoable

    /// The points that the user has brought, from a file or the drawing board; null before the first.
    [[nodiscard]] std::shared_ptr<const DataSet> imported() const { return imported_; }
    /// Takes points as the data set, as one undoable step; undoing brings those back that were there before.
    void importPoints(std::shared_ptr<const DataSet> data, const QString& what);
    /// Lets the engine learn points that are still being drawn; no step of the history.
    void previewImported(std::shared_ptr<const DataSet> data);

    /// .diffuscope, .csv or .npy, by its ending. `adjust` changes the settings once the file is open, as an
    /// undoable step.
    void open(const QString& path, const std::function<void(Settings&)>& adjust = {});
    void save(const QString& path, double playhead);
    [[nodiscard]] QString path() const { return path_; }

    void report(bool warning, const QString& sentence) { emit message(warning, sentence); }

  signals:
    void settingsChanged();
    void trainingChanged(bool playing);
    void message(bool warning, const QString& sentence);
    void playheadLoaded(double t);
    void pathChanged();

  private:
    friend class SettingsCommand;
    friend class ResetCommand;
    friend class ImportCommand;
    void adopt(const Settings& settings);
    void adoptImported(std::shared_ptr<const DataSet> data, const Settings& settings);
    void keepRun(const std::shared_ptr<Latest<SavedRun>>& slot);
    void adjust(const std::function<void(Settings&)>& change);
    void openSession(Session session, const QString& path);
    void openTable(std::shared_ptr<const DataSet> data, const QString& path);

    Settings settings_;
    std::shared_ptr<const DataSet> imported_;
    QUndoStack undo_;
    Engine engine_;
    bool training_ = true;
    QString path_;
    Session kept_;  ///< what the opened file held beyond this version, to be written back
};

/// The endings that open() takes, for file dialogs and drops.
[[nodiscard]] bool canOpen(const QString& path);

}  // namespace diffuscope
