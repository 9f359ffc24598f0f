#include "widgets/Studio.h"

#include "Error.h"
#include "io/Import.h"
#include "scenes/Ink.h"
#include "settings/Fields.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QLocale>
#include <QPointer>
#include <QSaveFile>
#include <QThreadPool>
#include <QUndoCommand>
#include <utility>

namespace diffuscope {

class SettingsCommand : public QUndoCommand {
  public:
    SettingsCommand(Studio& studio, const Settings& after, const QString& what, int mergeKey)
        : QUndoCommand(what),
          studio_(studio),
          before_(studio.settings_),
          after_(after),
          mergeKey_(mergeKey) {}
    void redo() override {
        // A change that starts the network anew keeps the weights that it throws away.
        if (costOfChange(before_, after_) == Cost::StartAnew) studio_.keepRun(slot_);
        studio_.adopt(withPresentView(after_));
    }
    void undo() override {
        const Settings settings = withPresentView(before_);
        if (const auto run = slot_->peek()) {
            SavedRun restored = *run;
            restored.settings = settings;
            studio_.engine_.restore(std::make_shared<const SavedRun>(std::move(restored)));
        }
        studio_.adopt(settings);
    }
    [[nodiscard]] int id() const override { return mergeKey_; }
    bool mergeWith(const QUndoCommand* other) override {
        after_ = static_cast<const SettingsCommand*>(other)->after_;
        return true;
    }

  private:
    /// What is looked at (lanes, layers, theme, speed) is not part of the history; the number of particles
    /// is.
    [[nodiscard]] Settings withPresentView(Settings settings) const {
        const int particles = std::exchange(settings.view, studio_.settings_.view).particles;
        settings.view.particles = particles;
        return settings;
    }

    Studio& studio_;
    Settings before_;
    Settings after_;
    int mergeKey_;
    std::shared_ptr<Latest<SavedRun>> slot_ = std::make_shared<Latest<SavedRun>>();
};

/// Takes points that the user brought; undoing brings the ones before back.
class ImportCommand : public QUndoCommand {
  public:
    ImportCommand(Studio& studio, std::shared_ptr<const DataSet> after, const QString& what)
        : QUndoCommand(what),
          studio_(studio),
          before_(studio.imported_),
          after_(std::move(after)),
          kind_(studio.settings_.data.dataset) {}
    void redo() override { take(after_, DatasetKind::Imported); }
    void undo() override { take(before_, kind_); }

  private:
    void take(const std::shared_ptr<const DataSet>& data, DatasetKind kind) {
        Settings settings = studio_.settings_;
        settings.data.dataset = kind;
        studio_.adoptImported(data, settings);
    }

    Studio& studio_;
    std::shared_ptr<const DataSet> before_;
    std::shared_ptr<const DataSet> after_;
    DatasetKind kind_;
};

/// Starts the network anew; undoing brings the weights back that were there.
class ResetCommand : public QUndoCommand {
  public:
    explicit ResetCommand(Studio& studio)
        : QUndoCommand(Studio::tr("reset of the network")), studio_(studio) {}
    void redo() override {
        // Commands run in order: the weights are taken before they are thrown away.
        studio_.keepRun(slot_);
        studio_.engine_.resetNetwork();
    }
    void undo() override {
        const auto run = slot_->peek();
        if (!run) return;
        studio_.engine_.restore(run);
        studio_.engine_.setSettings(studio_.settings_);
    }

  private:
    Studio& studio_;
    std::shared_ptr<Latest<SavedRun>> slot_ = std::make_shared<Latest<SavedRun>>();
};

namespace {

/// What came of reading or writing a file on another thread; run on the GUI thread if the studio still
/// exists.
void onStudio(const QPointer<Studio>& studio, std::function<void(Studio&)> action) {
    QMetaObject::invokeMethod(
        QCoreApplication::instance(),
        [studio, action = std::move(action)] {
            if (studio) action(*studio);
        },
        Qt::QueuedConnection);
}

QByteArray readFile(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw InputError(
            QStringLiteral("%1 cannot be read: %2.").arg(path, file.errorString()).toStdString());
    QByteArray bytes = file.readAll();
    if (file.error() != QFileDevice::NoError)
        throw InputError(
            QStringLiteral("%1 cannot be read: %2.").arg(path, file.errorString()).toStdString());
    return bytes;
}

void writeFile(const QString& path, const std::string& bytes) {
    QSaveFile file(path);
    const auto size = static_cast<qint64>(bytes.size());
    const bool opened = file.open(QIODevice::WriteOnly);
    if (!opened || file.write(bytes.data(), size) != size) {
        const QString why = file.errorString();
        if (opened) file.cancelWriting();
        throw InputError(QStringLiteral("%1 cannot be written: %2.").arg(path, why).toStdString());
    }
    if (!file.commit())
        throw InputError(
            QStringLiteral("%1 cannot be written: %2.").arg(path, file.errorString()).toStdString());
}

std::string_view viewOf(const QByteArray& bytes) {
    return {bytes.constData(), static_cast<std::size_t>(bytes.size())};
}

/// A table of more than two columns gives its first two; the message that follows names them.
DataSet readTable(const QByteArray& bytes) {
    try {
        return importPoints(viewOf(bytes));
    } catch (const InputError&) {
        const std::exception_ptr refusal = std::current_exception();
        try {
            return importPoints(viewOf(bytes), "1,2");
        } catch (const InputError&) {
            std::rethrow_exception(refusal);
        }
    }
}

}  // namespace

bool canOpen(const QString& path) {
    const QString ending = QFileInfo(path).suffix().toLower();
    return ending == "diffuscope" || ending == "csv" || ending == "npy" || isPicture(path);
}

Studio::Studio(const Settings& settings) : settings_(settings), engine_(settings, true) {}

void Studio::keepRun(const std::shared_ptr<Latest<SavedRun>>& slot) {
    engine_.requestRun([slot](std::shared_ptr<const SavedRun> run) { slot->put(std::move(run)); });
}

void Studio::adopt(const Settings& settings) {
    settings_ = settings;
    engine_.setSettings(settings_);
    emit settingsChanged();
}

void Studio::adoptImported(std::shared_ptr<const DataSet> data, const Settings& settings) {
    settings_ = settings;
    imported_ = data;
    if (data)
        engine_.setImported(std::move(data), settings);
    else
        engine_.setSettings(settings);
    emit settingsChanged();
}

void Studio::importPoints(std::shared_ptr<const DataSet> data, const QString& what) {
    undo_.push(new ImportCommand(*this, std::move(data), what));
    setTraining(true);
}

void Studio::previewImported(std::shared_ptr<const DataSet> data) {
    Settings settings = settings_;
    settings.data.dataset = DatasetKind::Imported;
    engine_.setImported(std::move(data), settings);
}

void Studio::change(const Settings& settings, const QString& what, int mergeKey) {
    if (settings == settings_) return;
    try {
        validate(settings);
    } catch (const InputError& error) {
        emit message(true, QString::fromUtf8(error.what()));
        emit settingsChanged();  // controls go back to what holds
        return;
    }
    const bool learns = settings.data.dataset != settings_.data.dataset ||
                        settings.data.text != settings_.data.text ||
                        costOfChange(settings_, settings) == Cost::StartAnew;
    undo_.push(new SettingsCommand(*this, settings, what, mergeKey));
    if (learns) setTraining(true);  // as the line under the control says
}

void Studio::changeView(const ViewSettings& view) {
    Settings settings = settings_;
    settings.view = view;
    if (!(settings == settings_)) adopt(settings);
}

void Studio::setTraining(bool playing) {
    if (playing == training_) return;
    training_ = playing;
    engine_.setTraining(playing);
    emit trainingChanged(playing);
}

void Studio::resetNetwork() {
    undo_.push(new ResetCommand(*this));
}

void Studio::adjust(const std::function<void(Settings&)>& change) {
    if (!change) return;
    Settings settings = settings_;
    change(settings);
    ViewSettings view = settings.view;
    view.particles = settings_.view.particles;  // a step of the history, unlike the rest
    changeView(view);
    this->change(settings, tr("options of the start"));
}

void Studio::open(const QString& path, const std::function<void(Settings&)>& adjust) {
    const QPointer<Studio> self(this);
    const int points = settings_.data.points;
    const std::uint64_t seed = settings_.seed;
    QThreadPool::globalInstance()->start([self, path, adjust, points, seed] {
        try {
            if (!canOpen(path))
                throw InputError(
                    QStringLiteral(
                        "%1 cannot be opened: it takes .diffuscope, .csv, .npy, .png or .jpg files.")
                        .arg(QFileInfo(path).fileName())
                        .toStdString());
            if (path.endsWith(".diffuscope", Qt::CaseInsensitive)) {
                const QByteArray bytes = readFile(path);
                auto read = std::make_shared<ReadSession>(readSession(viewOf(bytes)));
                onStudio(self, [read, path, adjust](Studio& studio) {
                    for (const std::string& warning : read->warnings)
                        studio.report(false, QString::fromStdString(warning));
                    studio.openSession(std::move(read->session), path);
                    studio.adjust(adjust);
                });
            } else {
                const QByteArray bytes = readFile(path);
                auto data = std::make_shared<const DataSet>(
                    isPicture(path) ? importPicture(bytes, points, seed) : readTable(bytes));
                onStudio(self, [data, path, adjust](Studio& studio) {
                    studio.openTable(data, path);
                    studio.adjust(adjust);
                });
            }
        } catch (const InputError& error) {
            const QString sentence =
                QStringLiteral("%1: %2").arg(QFileInfo(path).fileName(), QString::fromUtf8(error.what()));
            onStudio(self, [sentence](Studio& studio) { studio.report(true, sentence); });
        }
    });
}

void Studio::openSession(Session session, const QString& path) {
    undo_.clear();
    session.run.settings.backend = settings_.backend;  // of this machine, not of the one that saved
    settings_ = session.run.settings;
    path_ = path;
    imported_ = settings_.data.dataset == DatasetKind::Imported ? session.run.data : nullptr;
    engine_.restore(std::make_shared<const SavedRun>(std::move(session.run)));
    session.run = {};
    training_ = session.training;
    engine_.setTraining(training_);
    emit settingsChanged();
    emit trainingChanged(training_);
    emit playheadLoaded(session.playhead);
    emit pathChanged();
    kept_ = std::move(session);
}

void Studio::openTable(std::shared_ptr<const DataSet> data, const QString& path) {
    const QString count = QLocale(QLocale::English).toString(qint64(data->size()));
    const QString first = QString::fromStdString(data->axes[0]);
    const QString second = QString::fromStdString(data->axes[1]);
    importPoints(std::move(data), tr("import"));
    emit message(false, tr("%1: %2 points, %3 across and %4 up. The network learns them now.")
                            .arg(QFileInfo(path).fileName(), count, first, second));
}

void Studio::save(const QString& path, double playhead) {
    const QPointer<Studio> self(this);
    Session session = kept_;
    session.playhead = playhead;
    session.training = training_;
    engine_.requestRun([self, path, session = std::move(session)](std::shared_ptr<const SavedRun> run) {
        QThreadPool::globalInstance()->start([self, path, session, run]() mutable {
            try {
                session.run = *run;
                writeFile(path, writeSession(session));
                onStudio(self, [path](Studio& studio) {
                    studio.path_ = path;
                    studio.undo_.setClean();
                    emit studio.pathChanged();
                    studio.report(false, tr("Saved as %1.").arg(QFileInfo(path).fileName()));
                });
            } catch (const InputError& error) {
                const QString sentence = QString::fromUtf8(error.what());
                onStudio(self, [sentence](Studio& studio) { studio.report(true, sentence); });
            }
        });
    });
}

}  // namespace diffuscope
