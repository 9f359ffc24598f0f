#pragma once
#include "export/Film.h"
#include "widgets/Studio.h"

#include <QComboBox>
#include <QDialog>
#include <QDoubleSpinBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTimer>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

namespace diffuscope {

/// Exports a film while the window stays usable: the work is on a thread of its own.
class ExportDialog : public QDialog {
    Q_OBJECT
  public:
    explicit ExportDialog(Studio& studio, QWidget* parent = nullptr);
    ~ExportDialog() override;
    void setPath(const QString& path) { path_->setText(path); }
    [[nodiscard]] bool running() const { return job_ != nullptr; }

  public slots:
    void reject() override;

  private:
    /// What the thread of an export and the dialog share.
    struct Job {
        std::mutex mutex;
        FilmProgress progress{0.0, {}};
        QString error;
        bool made = false;
        std::atomic<bool> cancelled = false;
        std::atomic<bool> finished = false;
    };

    void choosePath();
    void followFormat();
    [[nodiscard]] bool mayWrite();
    void start();
    void poll();
    void finish();
    void enable(bool editing);

    Studio& studio_;
    QLineEdit* path_;
    QPushButton* browse_;
    QComboBox *format_, *size_, *lanes_;
    QSpinBox* fps_;
    QDoubleSpinBox* seconds_;
    QProgressBar* bar_;
    QLabel* status_;
    QPushButton *start_, *close_;
    QTimer timer_;
    QElapsedTimer clock_;
    QString replaced_;  ///< the file that the user was told would be replaced
    std::shared_ptr<Job> job_;
    std::thread thread_;
};

}  // namespace diffuscope
