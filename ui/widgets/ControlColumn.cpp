#include "widgets/ControlColumn.h"

#include <QHBoxLayout>
#include <QLocale>
#include <QProgressBar>
#include <cmath>

namespace diffuscope {
namespace {

constexpr double tooMuchSignal = 0.05;

QString grouped(std::int64_t number) {
    return QLocale(QLocale::English).toString(qint64(number));
}

}  // namespace

SignalGauge::SignalGauge(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    bar_ = new QProgressBar;
    bar_->setRange(0, 1000);
    bar_->setTextVisible(false);
    bar_->setAccessibleName(tr("Signal left"));
    value_ = roleLabel({}, "strong");
    value_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    value_->setFixedWidth(58);
    row->addWidget(roleLabel(tr("Signal left"), "quiet"));
    row->addWidget(bar_, 1);
    row->addWidget(value_);
    column->addLayout(row);
    warning_ = roleLabel({}, "warning");
    warning_->setWordWrap(true);
    warning_->hide();
    column->addWidget(warning_);
}

void SignalGauge::show(const NoiseSchedule& schedule, const Theme& theme, NotationKind notation) {
    const QString tip = text(
        "<p>√ᾱ<sub>T</sub>: how much of the data is still in x<sub>T</sub>. The reverse process "
        "starts from pure noise, so this should be near zero.</p>",
        notation);
    if (toolTip() != tip) setToolTip(tip);
    const double left = schedule.signalLeft();
    const bool tooMuch = left > tooMuchSignal;
    bar_->setValue(static_cast<int>(std::lround(left * 1000)));
    // A style sheet is costly, even the same one once more.
    const QString sheet = QStringLiteral("QProgressBar::chunk { background: %1 }")
                              .arg((tooMuch ? theme.warning : theme.ideal).name());
    if (bar_->styleSheet() != sheet) bar_->setStyleSheet(sheet);
    const QString share = QStringLiteral("%1 %").arg(left * 100.0, 0, 'f', left < 0.1 ? 2 : 1);
    setLiveText(value_, share);
    if (tooMuch)
        warning_->setText(
            tr("⚠ %1 of the signal is left at T: the reverse process starts from the wrong place.")
                .arg(share));
    warning_->setVisible(tooMuch);
}

ControlColumn::ControlColumn(Studio& studio, QWidget* parent)
    : QWidget(parent), studio_(studio), theme_(&themeOf(ThemeKind::Dark)) {
    setObjectName("leftColumn");
    setAttribute(Qt::WA_StyledBackground);
    setFixedWidth(296);

    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);

    data_ = new Section(tr("Data"));
    gallery_ = new Gallery(studio_);
    data_->addWidget(gallery_);
    data_->addFields(Group::Data, studio_, Accent::Plain, {"data.set"});
    data_->addCosts(studio_);
    connect(gallery_, &Gallery::importAsked, this, &ControlColumn::importAsked);
    connect(gallery_, &Gallery::drawAsked, this, &ControlColumn::drawAsked);

    schedule_ = new Section(tr("Schedule"));
    schedule_->addFields(Group::Schedule, studio_, Accent::Forward);
    gauge_ = new SignalGauge;
    schedule_->addWidget(gauge_);
    schedule_->addCosts(studio_);
    retrain_ =
        roleLabel(tr("It knows steps, not noise levels, so it must be trained for this schedule."), "hint");
    retrain_->setWordWrap(true);
    schedule_->addWidget(retrain_);

    sampler_ = new Section(tr("Sampler"));
    sampler_->addFields(Group::Sampler, studio_, Accent::Reverse);
    sampler_->addCosts(studio_);

    training_ = new Section(tr("Network and training"));
    buildTraining();

    view_ = new Section(tr("Stage"));
    view_->addFields(Group::View, studio_, Accent::Plain,
                     {"view.lanes", "view.show-density", "view.show-error", "view.show-data",
                      "view.show-field", "view.show-particles", "view.show-guesses", "view.show-trails",
                      "view.loop", "view.speed", "view.theme"});
    view_->addFields(Group::General, studio_, Accent::Plain);
    view_->addCosts(studio_);

    for (Section* section : {data_, schedule_, sampler_, training_, view_}) {
        column->addWidget(section);
        column->addWidget(separator());
    }
    column->addStretch(1);

    scrollInto(this, content, {0, 0, 1, 0});

    connect(&studio_, &Studio::trainingChanged, this, [this] { showPlayIcon(); });
}

void ControlColumn::buildTraining() {
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    const auto button = [row](const QString& name, const QString& tip) {
        auto* made = new QToolButton;
        made->setFixedSize(36, 32);
        made->setIconSize({18, 18});
        made->setAccessibleName(name);
        made->setToolTip(tip);
        row->addWidget(made);
        return made;
    };
    play_ = button(tr("Play or pause training"), tr("Train, or pause training"));
    step_ = button(tr("One training step"), tr("One training step"));
    reset_ = button(tr("Reset the network"), tr("Start the network anew (R). Ctrl+Z brings it back."));
    row->addStretch(1);
    auto* numbers = new QVBoxLayout;
    numbers->setSpacing(0);
    steps_ = roleLabel({}, "strong");
    rate_ = roleLabel({}, "quiet");
    for (QLabel* label : {steps_, rate_}) {
        label->setAlignment(Qt::AlignRight);
        label->setFont(uiFont(13));
        label->setMinimumWidth(104);
        numbers->addWidget(label, 0, Qt::AlignRight);
    }
    row->addLayout(numbers);
    training_->addWidget(bar);
    training_->addFields(Group::Training, studio_, Accent::Plain);
    training_->addFields(Group::Network, studio_, Accent::Plain);
    training_->addCosts(studio_);

    connect(play_, &QToolButton::clicked, this, [this] { studio_.setTraining(!studio_.training()); });
    connect(step_, &QToolButton::clicked, this, [this] {
        studio_.setTraining(false);
        studio_.engine().trainOneStep();
    });
    connect(reset_, &QToolButton::clicked, this, [this] { studio_.resetNetwork(); });
}

void ControlColumn::refresh() {
    gallery_->refresh();
    for (Section* section : {data_, schedule_, sampler_, training_, view_}) section->refresh();
    retrain_->setVisible(studio_.settings().network.conditioning == Conditioning::StepIndex);
}

void ControlColumn::showPlayIcon() {
    play_->setIcon(themedIcon(studio_.training() ? "player-pause" : "player-play", theme_->text));
}

void ControlColumn::setTheme(const Theme& theme) {
    theme_ = &theme;
    gallery_->setTheme(theme);
    for (Section* section : {data_, schedule_, sampler_, training_, view_}) section->setTheme(theme);
    showPlayIcon();
    step_->setIcon(themedIcon("step-forward", theme.text));
    reset_->setIcon(themedIcon("refresh", theme.text));
}

void ControlColumn::show(const Snapshot& snapshot) {
    data_->setNote(tr("%1 POINTS").arg(grouped(static_cast<std::int64_t>(snapshot.data->size()))));
    gauge_->show(*snapshot.schedule, *theme_, studio_.settings().view.notation);
    training_->setNote(snapshot.training ? tr("● LEARNING") : tr("PAUSED"),
                       snapshot.training ? inkOf(*theme_, theme_->ideal, theme_->panel) : QColor());
    setLiveText(steps_, tr("%1 steps").arg(grouped(snapshot.step)));
    QString pace = snapshot.training ? tr("%1 steps/s").arg(grouped(std::llround(snapshot.stepsPerSecond)))
                                     : tr("paused");
    if (snapshot.rateScale < 1.0) pace = tr("rate × %1").arg(snapshot.rateScale);
    setLiveText(rate_, pace);
}

}  // namespace diffuscope
