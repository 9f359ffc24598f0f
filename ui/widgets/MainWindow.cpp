#include "widgets/MainWindow.h"

#include "settings/Kinds.h"
#include "widgets/ControlColumn.h"
#include "widgets/ExactCard.h"
#include "widgets/ExportDialog.h"
#include "widgets/MessageBar.h"
#include "widgets/ReadColumn.h"
#include "widgets/StageWidget.h"
#include "widgets/TransportBar.h"

#include <QAbstractButton>
#include <QApplication>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMenuBar>
#include <QMimeData>
#include <QScreen>
#include <QStyleFactory>
#include <QTextBrowser>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>
#include <utility>

namespace diffuscope {
namespace {

constexpr int controlsMilliseconds = 90;
constexpr int readsMilliseconds = 30;

}  // namespace

MainWindow::MainWindow(const Settings& settings, QWidget* parent) : QMainWindow(parent), studio_(settings) {
    QApplication::setStyle(QStyleFactory::create("Fusion"));
    QApplication::setFont(uiFont(13));
    setAcceptDrops(true);
    setMinimumSize(1080, 640);
    const QSize space = screen()->availableSize();
    resize(QSize(1600, 980).boundedTo(space));
    if (space.width() < 1640 || space.height() < 1020) setWindowState(Qt::WindowMaximized);
    followSchedule();
    buildCentre();
    buildTop();
    buildMenus();
    applyTheme();
    refresh();
    updateTitle();

    connect(&studio_, &Studio::settingsChanged, this, &MainWindow::refresh);
    connect(&studio_, &Studio::pathChanged, this, &MainWindow::updateTitle);
    connect(&studio_, &Studio::message, messages_, &MessageBar::tell);
    connect(&studio_, &Studio::playheadLoaded, this, [this](double t) {
        playback_.setPlaying(false);
        playback_.setTime(t);
    });
    connect(&playback_, &Playback::moved, this, [this] { moved_ = true; });
    timer_.setTimerType(Qt::PreciseTimer);
    timer_.setInterval(16);
    connect(&timer_, &QTimer::timeout, this, &MainWindow::tick);
    timer_.start();
    looking_.setTimerType(Qt::PreciseTimer);
    looking_.setInterval(3);
    connect(&looking_, &QTimer::timeout, this, &MainWindow::look);
    clock_.start();
    sinceControls_.start();
    sinceReads_.start();
}

MainWindow::~MainWindow() {
    // What looks at the studio goes before it does, and hears that the focus has left while it still can
    // look.
    hide();
    delete export_;
    delete takeCentralWidget();
}

void MainWindow::buildTop() {
    auto* top = new QWidget;
    top->setObjectName("topBar");
    top->setAttribute(Qt::WA_StyledBackground);
    top->setFixedHeight(46);
    auto* row = new QHBoxLayout(top);
    row->setContentsMargins(16, 0, 12, 0);
    row->setSpacing(12);
    menus_ = new QMenuBar;
    menus_->setSizePolicy(QSizePolicy::Minimum, QSizePolicy::Fixed);
    menus_->setNativeMenuBar(false);
    const auto choices = laneKinds();
    lanes_ = new Segments({choices.begin(), choices.end()});
    lanes_->setFixedSize(300, 32);
    lanes_->setAccessibleName(tr("Lanes"));
    exportButton_ = new QToolButton;
    exportButton_->setText(tr("Export…  Ctrl+E"));
    exportButton_->setToolTip(tr("Export the animation as a film"));

    // Equal stretch on both sides keeps the switch in the middle of the window.
    auto* left = new QHBoxLayout;
    left->setSpacing(12);
    left->addWidget(roleLabel("Diffuscope", "brand"));
    left->addWidget(menus_);
    left->addStretch(1);
    auto* right = new QHBoxLayout;
    right->addStretch(1);
    right->addWidget(exportButton_);
    row->addLayout(left, 1);
    row->addWidget(lanes_);
    row->addLayout(right, 1);
    setMenuWidget(top);
    connect(lanes_, &Segments::picked, this, [this](int index) {
        ViewSettings view = studio_.settings().view;
        view.lanes = static_cast<LaneKind>(index);
        studio_.changeView(view);
    });
    connect(exportButton_, &QToolButton::clicked, this, &MainWindow::showExport);
}

void MainWindow::buildCentre() {
    auto* all = new QWidget;
    auto* rows = new QVBoxLayout(all);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(0);
    controls_ = new ControlColumn(studio_);
    reads_ = new ReadColumn(studio_);
    auto* centre = new QVBoxLayout;
    centre->setContentsMargins(10, 10, 10, 10);
    centre->setSpacing(8);
    messages_ = new MessageBar;
    card_ = new ExactCard;
    stage_ = new StageWidget(studio_);
    centre->addWidget(messages_);
    centre->addWidget(card_);
    centre->addWidget(stage_, 1);
    columns->addWidget(controls_);
    columns->addLayout(centre, 1);
    columns->addWidget(reads_);
    rows->addLayout(columns, 1);
    transport_ = new TransportBar(studio_, playback_);
    rows->addWidget(transport_);
    setCentralWidget(all);
    connect(controls_, &ControlColumn::importAsked, this, &MainWindow::askOpen);
    connect(controls_, &ControlColumn::drawAsked, stage_, &StageWidget::startDrawing);
    connect(stage_, &StageWidget::drawingChanged, this, [this](bool drawing) {
        // Beside the board one sees what the network makes of the points.
        if (!drawing) return;
        playback_.setPlaying(false);
        playback_.toData();
    });
}

QAction* MainWindow::addAction(QMenu* menu, const QString& name, const QList<QKeySequence>& keys,
                               const std::function<void()>& action) {
    auto* made = menu->addAction(name);
    made->setShortcuts(keys);
    connect(made, &QAction::triggered, this, action);
    QWidget::addAction(made);  // the shortcut works where the menu bar is hidden
    return made;
}

void MainWindow::buildMenus() {
    auto* file = menus_->addMenu(tr("&File"));
    addAction(file, tr("&Open…"), {QKeySequence::Open}, [this] { askOpen(); });
    addAction(file, tr("&Save"), {QKeySequence::Save}, [this] { askSave(false); });
    addAction(file, tr("Save &as…"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S)},
              [this] { askSave(true); });
    file->addSeparator();
    addAction(file, tr("&Export animation…"), {QKeySequence(Qt::CTRL | Qt::Key_E)}, [this] { showExport(); });
    file->addSeparator();
    addAction(file, tr("&Quit"), {QKeySequence(Qt::CTRL | Qt::Key_Q)}, [this] { close(); });

    auto* edit = menus_->addMenu(tr("&Edit"));
    auto* undo = studio_.undoStack().createUndoAction(this);
    undo->setShortcuts({QKeySequence::Undo});
    auto* redo = studio_.undoStack().createRedoAction(this);
    redo->setShortcuts({QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)});
    for (QAction* action : {undo, redo}) {
        edit->addAction(action);
        QWidget::addAction(action);
    }
    edit->addSeparator();
    addAction(edit, tr("&Draw a data set"), {QKeySequence(Qt::Key_D)}, [this] {
        if (stage_->drawing())
            stage_->stopDrawing();
        else
            stage_->startDrawing();
    });
    addAction(edit, tr("&Reset the network"), {QKeySequence(Qt::Key_R)}, [this] { studio_.resetNetwork(); });
    addAction(edit, tr("&Train or pause training"), {QKeySequence(Qt::Key_T)},
              [this] { studio_.setTraining(!studio_.training()); });
    addAction(edit, tr("&Default settings"), {}, [this] {
        Settings settings;
        settings.data = studio_.settings().data;
        settings.view.theme = studio_.settings().view.theme;
        settings.backend = studio_.settings().backend;
        studio_.change(settings, tr("default settings"));
    });

    auto* view = menus_->addMenu(tr("&View"));
    auto* themesMenu = view->addMenu(tr("&Theme"));
    const auto kinds = themeKinds();
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        addAction(themesMenu, text(kinds[i].title), {}, [this, i] {
            ViewSettings changed = studio_.settings().view;
            changed.theme = static_cast<ThemeKind>(i);
            studio_.changeView(changed);
        });
    }
    auto* notationMenu = view->addMenu(tr("&Notation"));
    for (std::size_t i = 0; i < notations().size(); ++i) {
        auto* action = addAction(notationMenu, text(notations()[i].title), {}, [this, i] {
            ViewSettings changed = studio_.settings().view;
            changed.notation = static_cast<NotationKind>(i);
            studio_.changeView(changed);
        });
        action->setToolTip(text(notations()[i].help));
    }
    notationMenu->setToolTipsVisible(true);
    view->addSeparator();
    const auto panel = [this, view](const QString& name, const QKeySequence& key, QWidget* widget) {
        auto* action = addAction(view, name, {key}, [] {});
        action->setCheckable(true);
        action->setChecked(true);
        connect(action, &QAction::toggled, widget, &QWidget::setVisible);
    };
    panel(tr("&Controls"), QKeySequence(Qt::CTRL | Qt::Key_1), controls_);
    panel(tr("&Plots"), QKeySequence(Qt::CTRL | Qt::Key_2), reads_);
    panel(tr("Ti&meline"), QKeySequence(Qt::CTRL | Qt::Key_3), transport_);
    view->addSeparator();
    addAction(view, tr("&Full screen"), {QKeySequence(Qt::Key_F11)}, [this] { toggleFullScreen(); });
    auto* leave = new QAction(this);
    leave->setShortcut(QKeySequence(Qt::Key_Escape));
    connect(leave, &QAction::triggered, this, [this] {
        if (stage_->drawing())
            stage_->stopDrawing();
        else if (isFullScreen())
            toggleFullScreen();
    });
    QWidget::addAction(leave);

    auto* play = menus_->addMenu(tr("&Play"));
    addAction(play, tr("&Play or pause"), {QKeySequence(Qt::Key_Space)},
              [this] { playback_.setPlaying(!playback_.playing()); });
    addAction(play, tr("Step towards the &data"), {QKeySequence(Qt::Key_Left)},
              [this] { playback_.step(-1); });
    addAction(play, tr("Step towards &noise"), {QKeySequence(Qt::Key_Right)}, [this] { playback_.step(1); });
    addAction(play, tr("To the data"), {QKeySequence(Qt::Key_Home)}, [this] { playback_.toData(); });
    addAction(play, tr("To the noise"), {QKeySequence(Qt::Key_End)}, [this] { playback_.toNoise(); });

    auto* help = menus_->addMenu(tr("&Help"));
    addAction(help, tr("&Keys and help"), {QKeySequence(Qt::Key_F1)}, [this] { showHelp(); });
}

void MainWindow::applyTheme() {
    theme_ = studio_.settings().view.theme;
    const Theme& theme = themeOf(theme_);
    QApplication::setPalette(paletteOf(theme));
    setStyleSheet(styleSheetOf(theme));
    controls_->setTheme(theme);
    reads_->setTheme(theme);
    transport_->setTheme(theme);
    messages_->setTheme(theme);
    card_->setTheme(theme);
    stage_->update();
}

void MainWindow::followSchedule() {
    shownSchedule_ = studio_.settings().schedule;
    playback_.setSchedule(std::make_shared<const NoiseSchedule>(shownSchedule_));
}

void MainWindow::refresh() {
    if (studio_.settings().schedule != shownSchedule_) followSchedule();
    if (studio_.settings().view.theme != theme_) applyTheme();
    controls_->refresh();
    transport_->refresh();
    stage_->refresh();
    lanes_->setIndex(static_cast<int>(studio_.settings().view.lanes));
    moved_ = true;
    if (shown_ && !(shown_->settings == studio_.settings())) looking_.start();
}

/// Shows the paths that follow from a change as soon as they are there.
void MainWindow::look() {
    const auto snapshot = studio_.snapshot();
    if (snapshot != shown_ && snapshot->pathsAreNew && snapshot->settings == studio_.settings()) tick();
}

void MainWindow::tick() {
    const double seconds = std::min(0.1, static_cast<double>(clock_.restart()) / 1000.0);
    playback_.advance(seconds, studio_.settings().view);
    const auto snapshot = studio_.snapshot();
    if (!snapshot) return;
    // Right after a change of T the snapshot is still of the old one: the playhead keeps its place on the
    // way.
    const double time = playback_.time() * snapshot->schedule->steps() / shownSchedule_.steps;
    const bool awaited =
        looking_.isActive() && snapshot->pathsAreNew && snapshot->settings == studio_.settings();
    if (awaited) looking_.stop();
    const bool fresh = snapshot != shown_;
    const bool moved = std::exchange(moved_, false);
    if (fresh || moved) {
        stage_->show(snapshot, time);  // first: it is painted on another thread while the rest is shown
        studio_.engine().setPlayhead(time);
        transport_->setTime(time);
        numbersDue_ = true;
    }
    if (fresh) {
        shown_ = snapshot;
        if (snapshot->stopped && studio_.training()) studio_.setTraining(false);
        card_->show(*snapshot);
        transport_->show(snapshot);
        showNotices(*snapshot);
    }
    // The picture that the user waits for comes before them.
    if (numbersDue_ && !awaited) showNumbers(snapshot, time);
}

/// Numbers and plots are read, not watched: they do not follow every picture, but the last one.
void MainWindow::showNumbers(const std::shared_ptr<const Snapshot>& snapshot, double time) {
    numbersDue_ = false;
    if (controlled_ != snapshot) {
        if (sinceControls_.elapsed() >= controlsMilliseconds) {
            sinceControls_.restart();
            controlled_ = snapshot;
            controls_->show(*snapshot);
        } else {
            numbersDue_ = true;
        }
    }
    if (reads_->isVisible() && sinceReads_.elapsed() >= readsMilliseconds) {
        sinceReads_.restart();
        reads_->show(snapshot, time);
        numbersDue_ = numbersDue_ || !reads_->shows(*snapshot);
    } else {
        numbersDue_ = true;
    }
}

void MainWindow::showNotices(const Snapshot& snapshot) {
    for (const Notice& notice : snapshot.notices) {
        if (notice.serial <= lastNotice_) continue;
        lastNotice_ = notice.serial;
        messages_->tell(notice.warning, QString::fromStdString(notice.sentence));
    }
}

void MainWindow::askOpen() {
    auto* dialog = new QFileDialog(
        this, tr("Open"), QFileInfo(studio_.path()).path(),
        tr("Sessions, tables of points and pictures (*.diffuscope *.csv *.npy *.png *.jpg *.jpeg)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::open);
    dialog->open();
}

void MainWindow::askSave(bool always) {
    if (!always && !studio_.path().isEmpty()) {
        studio_.save(studio_.path(), playback_.time());
        return;
    }
    auto* dialog =
        new QFileDialog(this, tr("Save as"), QFileInfo(studio_.path()).path(), tr("Sessions (*.diffuscope)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix("diffuscope");
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString& path) { studio_.save(path, playback_.time()); });
    dialog->open();
}

void MainWindow::showExport() {
    if (!export_) {
        export_ = new ExportDialog(studio_, this);
    }
    export_->show();
    export_->raise();
    export_->activateWindow();
}

void MainWindow::toggleFullScreen() {
    setWindowState(windowState() ^ Qt::WindowFullScreen);
}

void MainWindow::updateTitle() {
    setWindowTitle(studio_.path().isEmpty() ? QStringLiteral("Diffuscope")
                                            : QFileInfo(studio_.path()).completeBaseName() + " – Diffuscope");
}

void MainWindow::showHelp() {
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Keys and help"));
    dialog->resize(560, 620);
    auto* column = new QVBoxLayout(dialog);
    auto* browser = new QTextBrowser;
    QString rows;
    for (const QAction* action : actions()) {
        if (action->shortcuts().isEmpty() || action->text().isEmpty()) continue;
        QString name = action->text();
        name.remove('&').remove(QChar(0x2026));
        rows +=
            QStringLiteral(
                "<tr><td style='padding:3px 24px 3px 0'><b>%1</b></td><td style='padding:3px 0'>%2</td></tr>")
                .arg(action->shortcuts().first().toString(QKeySequence::NativeText), name);
    }
    browser->setHtml(
        tr("<h3>What you see</h3>"
           "<p><b>Forward</b>: data points lose their signal, step by step, until only noise is left. "
           "<b>Reverse</b>: noise is turned into data by the network that is being trained. Both lanes share "
           "one "
           "playhead t.</p>"
           "<p>Every particle keeps its own noise. Move a slider and the same trajectories bend; nothing is "
           "retrained unless the line under the control says so.</p>"
           "<p>The dashed curve of the schedule plot can be dragged: then it is a schedule of your own, "
           "through "
           "points. Double click adds one, right click removes one, Esc takes a drag back. With the "
           "keyboard: "
           "Tab to the plot, Page Up and Page Down pick a point, arrows move it (with Shift further), Ins "
           "adds "
           "one, Del removes it.</p>"
           "<p>Large clouds keep as many of their steps as Memory, under Stage, has room for. Where the "
           "playhead stops between them, the step is computed again and is the same to the last bit; while "
           "training goes on, the nearest kept step of the reverse cloud is shown.</p>"
           "<p>Symbols and numbers are Ho's, or Su's with View, Notation: then β and ᾱ are the roots of "
           "Ho's. Files and the command line are always in Ho's.</p>"
           "<p>Open any table of two numeric columns (.csv, .npy) or a picture whose darkness is the density "
           "(.png, .jpg) with Ctrl+O, or drop it on the window.</p>"
           "<h3>Keys</h3><table>%1</table>")
            .arg(rows));
    column->addWidget(browser);
    dialog->show();
}

/// Space plays, except on a button that the keyboard has led to: there it presses.
bool MainWindow::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && testAttribute(Qt::WA_KeyboardFocusChange) &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space &&
        qobject_cast<QAbstractButton*>(focusWidget()))
        event->accept();
    return QMainWindow::event(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    const auto urls = event->mimeData()->urls();
    if (urls.size() == 1 && urls.first().isLocalFile()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    open(event->mimeData()->urls().first().toLocalFile());
}

}  // namespace diffuscope
