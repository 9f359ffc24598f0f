#include "widgets/TransportBar.h"

#include "settings/Kinds.h"
#include "training/WorkPace.h"
#include "widgets/FieldRow.h"
#include "widgets/Section.h"
#include "widgets/Style.h"

#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace diffuscope {
namespace {

constexpr double speeds[] = {0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0};
constexpr const char* speedNames[] = {"1/8 ×", "1/4 ×", "1/2 ×", "1 ×", "2 ×", "4 ×", "8 ×"};
constexpr const char* loopIcons[] = {"arrows-left-right", "repeat", "arrow-autofit-right"};

}  // namespace

QToolButton* TransportBar::addButton(const QString& name, const QString& tip) {
    auto* button = new QToolButton;
    button->setFixedSize(34, 34);
    button->setIconSize({18, 18});
    button->setAccessibleName(name);
    button->setToolTip(tip);
    layout()->addWidget(button);
    return button;
}

TransportBar::TransportBar(Studio& studio, Playback& playback, QWidget* parent)
    : QWidget(parent), studio_(studio), playback_(playback), theme_(&themeOf(ThemeKind::Dark)) {
    setObjectName("bottomBar");
    setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 8, 16, 8);
    row->setSpacing(6);
    toStart_ = addButton(tr("To the data"), tr("To the data, t = 0 (Home)"));
    back_ = addButton(tr("Step towards the data"), tr("One step towards the data (←)"));
    play_ = addButton(tr("Play or pause"), tr("Play or pause (Space)"));
    play_->setProperty("role", "round");
    play_->setFixedSize(44, 44);
    play_->setIconSize({22, 22});
    forward_ = addButton(tr("Step towards noise"), tr("One step towards noise (→)"));
    toEnd_ = addButton(tr("To the noise"), tr("To the noise, t = T (End)"));
    row->addSpacing(6);
    loop_ = addButton(tr("Loop"), {});
    speed_ = new QComboBox;
    for (const char* name : speedNames) speed_->addItem(QString::fromUtf8(name));
    speed_->setToolTip(text(fieldById("view.speed").help));
    speed_->setAccessibleName(text(fieldById("view.speed").label));
    speed_->setFixedWidth(74);
    row->addWidget(speed_);
    row->addSpacing(10);
    timeline_ = new Timeline;
    row->addWidget(timeline_, 1);
    row->addSpacing(10);

    auto* status = new QVBoxLayout;
    status->setSpacing(2);
    backend_ = roleLabel({}, "quiet");
    reason_ = roleLabel({}, "hint");
    for (QLabel* label : {backend_, reason_}) {
        label->setWordWrap(true);
        label->setFixedWidth(278);
    }
    status->addStretch(1);
    status->addWidget(backend_);
    status->addWidget(reason_);
    status->addStretch(1);
    row->addLayout(status);

    connect(toStart_, &QToolButton::clicked, &playback_, &Playback::toData);
    connect(toEnd_, &QToolButton::clicked, &playback_, &Playback::toNoise);
    connect(back_, &QToolButton::clicked, &playback_, [this] { playback_.step(-1); });
    connect(forward_, &QToolButton::clicked, &playback_, [this] { playback_.step(1); });
    connect(play_, &QToolButton::clicked, &playback_, [this] { playback_.setPlaying(!playback_.playing()); });
    connect(loop_, &QToolButton::clicked, this, [this] {
        ViewSettings view = studio_.settings().view;
        view.loop = static_cast<LoopKind>((static_cast<std::size_t>(view.loop) + 1) % loopKinds().size());
        studio_.changeView(view);
    });
    connect(speed_, &QComboBox::currentIndexChanged, this, [this](int index) {
        ViewSettings view = studio_.settings().view;
        view.speed = speeds[index];
        studio_.changeView(view);
    });
    connect(timeline_, &Timeline::scrubbed, this, [this](double time) {
        playback_.setPlaying(false);
        playback_.setTime(time);
        timeline_->setTime(playback_.time());
    });
    connect(&playback_, &Playback::playingChanged, this, [this] { showPlayIcon(); });
}

void TransportBar::refresh() {
    const ViewSettings& view = studio_.settings().view;
    const auto loop = static_cast<std::size_t>(view.loop);
    if (loop != shownLoop_) {  // an icon is rendered anew each time
        shownLoop_ = loop;
        loop_->setIcon(themedIcon(loopIcons[loop], theme_->text));
    }
    loop_->setToolTip(QStringLiteral("<p><b>%1.</b> %2</p>")
                          .arg(text(loopKinds()[loop].title), text(loopKinds()[loop].help)));
    const QSignalBlocker blocker(speed_);
    int nearest = 0;
    for (int i = 0; i < speed_->count(); ++i)
        if (std::abs(speeds[i] - view.speed) < std::abs(speeds[nearest] - view.speed)) nearest = i;
    speed_->setCurrentIndex(nearest);
}

void TransportBar::showPlayIcon() {
    play_->setIcon(themedIcon(playback_.playing() ? "player-pause" : "player-play", theme_->window));
}

void TransportBar::setTheme(const Theme& theme) {
    theme_ = &theme;
    shownLoop_ = noLoop;
    timeline_->setTheme(theme);
    toStart_->setIcon(themedIcon("player-skip-back", theme.text));
    back_->setIcon(themedIcon("step-back", theme.text));
    showPlayIcon();
    forward_->setIcon(themedIcon("step-forward", theme.text));
    toEnd_->setIcon(themedIcon("player-skip-forward", theme.text));
    refresh();
}

void TransportBar::show(const std::shared_ptr<const Snapshot>& snapshot) {
    timeline_->setSnapshot(snapshot);
    backend_->setText(snapshot->backend.renderer.empty()
                          ? tr("Starting…")
                          : tr("Runs on %1").arg(QString::fromStdString(snapshot->backend.renderer)));
    constexpr double worthTelling = 5.0;  // seconds
    const double left = snapshot->reverseSecondsLeft;
    reason_->setText(left > worthTelling ? tr("The reverse run takes %1 more.").arg(text(durationText(left)))
                                         : text(snapshot->backend.reason));
}

}  // namespace diffuscope
