#include "widgets/ExportDialog.h"

#include "settings/Kinds.h"
#include "widgets/FieldRow.h"
#include "widgets/Section.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QStandardPaths>
#include <QVBoxLayout>
#include <exception>

namespace diffuscope {
namespace {

struct Size {
    const char* name;
    QSize size;
};
const Size sizes[] = {
    {"1080 × 1080 (square)", {1080, 1080}}, {"1920 × 1080 (Full HD)", {1920, 1080}},
    {"1280 × 720 (HD)", {1280, 720}},       {"3840 × 2160 (4K)", {3840, 2160}},
    {"720 × 720 (small)", {720, 720}},      {"480 × 480 (smaller)", {480, 480}},
};

QString duration(double seconds) {
    const auto whole = static_cast<int>(seconds + 0.5);
    return whole < 60 ? ExportDialog::tr("%1 s left").arg(whole)
                      : ExportDialog::tr("%1 min %2 s left").arg(whole / 60).arg(whole % 60);
}

}  // namespace

ExportDialog::ExportDialog(Studio& studio, QWidget* parent) : QDialog(parent), studio_(studio) {
    setWindowTitle(tr("Export animation"));
    setModal(false);
    setMinimumWidth(480);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 20, 20, 16);
    column->setSpacing(14);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(10);
    form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);

    auto* pathRow = new QHBoxLayout;
    QString folder = QStandardPaths::writableLocation(QStandardPaths::MoviesLocation);
    if (folder.isEmpty() || !QDir(folder).exists()) folder = QDir::homePath();
    QString name = "diffuscope.mp4";
    for (int i = 2; QFileInfo::exists(QDir(folder).filePath(name)); ++i)
        name = QStringLiteral("diffuscope-%1.mp4").arg(i);
    path_ = new QLineEdit(QDir(folder).filePath(name));
    path_->setAccessibleName(tr("File"));
    browse_ = new QPushButton(tr("Choose…"));
    pathRow->addWidget(path_, 1);
    pathRow->addWidget(browse_);
    form->addRow(tr("File"), pathRow);

    format_ = new QComboBox;
    for (const FilmFormat& format : filmFormats())
        format_->addItem(text(format.choice.title), text(format.choice.id));
    form->addRow(tr("Format"), format_);
    size_ = new QComboBox;
    for (const Size& size : sizes) size_->addItem(QString::fromUtf8(size.name));
    form->addRow(tr("Size"), size_);
    fps_ = new QSpinBox;
    fps_->setRange(1, 120);
    fps_->setValue(30);
    fps_->setSuffix(tr(" frames/s"));
    form->addRow(tr("Frame rate"), fps_);
    seconds_ = new QDoubleSpinBox;
    seconds_->setRange(0.5, 600.0);
    seconds_->setDecimals(1);
    seconds_->setValue(8.0);
    seconds_->setSuffix(tr(" s"));
    form->addRow(tr("Length"), seconds_);
    lanes_ = new QComboBox;
    for (const Choice& lane : laneKinds()) lanes_->addItem(text(lane.title));
    lanes_->setCurrentIndex(static_cast<int>(LaneKind::Reverse));
    form->addRow(tr("Lane"), lanes_);
    column->addLayout(form);

    bar_ = new QProgressBar;
    bar_->setRange(0, 1000);
    bar_->setTextVisible(false);
    status_ = roleLabel(tr("Layers, theme and particles are those of the stage."), "quiet");
    status_->setWordWrap(true);
    status_->setMinimumHeight(34);
    status_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    column->addWidget(bar_);
    column->addWidget(status_);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    close_ = new QPushButton(tr("Close"));
    start_ = new QPushButton(tr("Export"));
    start_->setProperty("role", "primary");
    start_->setDefault(true);
    buttons->addWidget(close_);
    buttons->addWidget(start_);
    column->addLayout(buttons);

    timer_.setInterval(50);
    connect(&timer_, &QTimer::timeout, this, &ExportDialog::poll);
    connect(browse_, &QPushButton::clicked, this, &ExportDialog::choosePath);
    connect(format_, &QComboBox::activated, this, &ExportDialog::followFormat);
    connect(path_, &QLineEdit::textChanged, this, [this](const QString& path) {
        const int index = format_->findData(QFileInfo(path).suffix().toLower());
        if (index >= 0) format_->setCurrentIndex(index);
    });
    connect(start_, &QPushButton::clicked, this, &ExportDialog::start);
    connect(close_, &QPushButton::clicked, this, &ExportDialog::reject);
}

ExportDialog::~ExportDialog() {
    if (job_) job_->cancelled = true;
    if (thread_.joinable()) thread_.join();
}

void ExportDialog::choosePath() {
    QStringList filters;
    for (const FilmFormat& format : filmFormats())
        filters += QStringLiteral("%1 (*.%2)").arg(text(format.choice.title), text(format.choice.id));
    auto* dialog = new QFileDialog(this, tr("Export animation"), path_->text(), filters.join(";;"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectNameFilter(filters.value(format_->currentIndex()));
    connect(dialog, &QFileDialog::fileSelected, path_, &QLineEdit::setText);
    dialog->open();
}

void ExportDialog::followFormat() {
    const QString ending = format_->currentData().toString();
    const QFileInfo info(path_->text());
    path_->setText(info.dir().filePath(info.completeBaseName() + "." + ending));
}

void ExportDialog::enable(bool editing) {
    for (QWidget* widget :
         {static_cast<QWidget*>(path_), static_cast<QWidget*>(browse_), static_cast<QWidget*>(format_),
          static_cast<QWidget*>(size_), static_cast<QWidget*>(lanes_), static_cast<QWidget*>(fps_),
          static_cast<QWidget*>(seconds_), static_cast<QWidget*>(start_)})
        widget->setEnabled(editing);
    close_->setText(editing ? tr("Close") : tr("Cancel"));
}

/// A file that exists is replaced only after a second press of the button.
bool ExportDialog::mayWrite() {
    const QString path = path_->text().trimmed();
    if (!QFileInfo(path).isFile() || path == replaced_) return true;
    replaced_ = path;
    status_->setText(tr("%1 exists. Press Export again to replace it.").arg(QFileInfo(path).fileName()));
    return false;
}

void ExportDialog::start() {
    if (job_ || !mayWrite()) return;
    enable(false);
    bar_->setValue(0);
    status_->setText(tr("Taking the network's weights…"));
    job_ = std::make_shared<Job>();
    clock_.start();
    timer_.start();

    FilmRequest request;
    request.path = path_->text().trimmed();
    request.size = sizes[size_->currentIndex()].size;
    request.framesPerSecond = fps_->value();
    request.seconds = seconds_->value();
    const auto lane = static_cast<LaneKind>(lanes_->currentIndex());
    auto slot = std::make_shared<Latest<SavedRun>>();
    studio_.engine().requestRun([slot](std::shared_ptr<const SavedRun> run) { slot->put(std::move(run)); });
    thread_ = std::thread([request, lane, slot, job = job_]() mutable {
        try {
            std::shared_ptr<const SavedRun> run;
            while (!(run = slot->take()) && !job->cancelled)
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            if (run) {
                SavedRun filmed = *run;
                filmed.settings.view.lanes = lane;
                request.run = std::make_shared<const SavedRun>(std::move(filmed));
                const bool made = makeFilm(request, [&job](const FilmProgress& progress) {
                    const std::lock_guard lock(job->mutex);
                    job->progress = progress;
                    return !job->cancelled;
                });
                const std::lock_guard lock(job->mutex);
                job->made = made;
            }
        } catch (const std::exception& error) {
            const std::lock_guard lock(job->mutex);
            job->error = QString::fromUtf8(error.what());
        }
        job->finished = true;
    });
}

void ExportDialog::poll() {
    if (!job_) return;
    if (job_->finished) {
        finish();
        return;
    }
    const std::lock_guard lock(job_->mutex);
    const double share = job_->progress.share;
    bar_->setValue(static_cast<int>(share * 1000.0));
    QString line = job_->cancelled ? tr("Cancelling…") : job_->progress.phase;
    const double spent = static_cast<double>(clock_.elapsed()) / 1000.0;
    if (share > 0.03 && spent > 1.0 && !job_->cancelled)
        line += QStringLiteral(" · ") + duration(spent * (1.0 - share) / share);
    if (!line.isEmpty()) status_->setText(line);
}

void ExportDialog::finish() {
    thread_.join();
    timer_.stop();
    const std::shared_ptr<Job> job = std::exchange(job_, nullptr);
    replaced_.clear();
    enable(true);
    bar_->setValue(job->made ? 1000 : 0);
    const QString name = QFileInfo(path_->text()).fileName();
    if (!job->error.isEmpty()) {
        status_->setText(QStringLiteral("⚠ ") + job->error);
        if (!isVisible()) studio_.report(true, job->error);
    } else if (job->made) {
        status_->setText(
            tr("Exported %1 in %2 s.").arg(name).arg(double(clock_.elapsed()) / 1000.0, 0, 'f', 1));
        if (!isVisible()) studio_.report(false, tr("Exported %1.").arg(name));
    } else {
        status_->setText(tr("Cancelled; nothing was written."));
    }
}

void ExportDialog::reject() {
    if (job_)
        job_->cancelled = true;
    else
        QDialog::reject();
}

}  // namespace diffuscope
