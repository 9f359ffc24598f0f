#include "widgets/ReadColumn.h"

#include "diffusion/ReverseSampler.h"

#include <QGridLayout>
#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr int replotMilliseconds = 70;  // fifteen a second at the most

struct NumberRow {
    const char* symbol;
    const char* help;
    double (*value)(const Snapshot&, int t);
};

/// Numbers of step t; t = 0 is the data, where there is no step.
constexpr NumberRow numbers[] = {
    {"β<sub>t</sub>", "Variance of the noise that step t adds",
     [](const Snapshot& s, int t) { return s.schedule->beta(t); }},
    {"ᾱ<sub>t</sub>", "Share of the data's variance that is left",
     [](const Snapshot& s, int t) { return s.schedule->alphaBar(t); }},
    {"σ<sub>t</sub>", "Standard deviation of the noise of the reverse step",
     [](const Snapshot& s, int t) { return (*s.stepNoise)[static_cast<std::size_t>(t)]; }},
    {"SNR", "Signal-to-noise ratio ᾱ/(1 − ᾱ)", [](const Snapshot& s, int t) { return s.schedule->snr(t); }},
    {"√ᾱ<sub>t</sub>", "Factor of the data in x at step t",
     [](const Snapshot& s, int t) { return std::sqrt(s.schedule->alphaBar(t)); }},
    {"λ<sub>t</sub>", "ln SNR, what the network is told",
     [](const Snapshot& s, int t) { return s.schedule->logSnr(t); }},
};

}  // namespace

ReadColumn::ReadColumn(QWidget* parent) : QWidget(parent), theme_(&themeOf(ThemeKind::Dark)) {
    setObjectName("rightColumn");
    setAttribute(Qt::WA_StyledBackground);
    setFixedWidth(320);
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    for (const PlotRow& row : plots()) {
        auto* section = new Section(text(row.choice.title));
        auto* plot = row.make();
        plot->setFixedHeight(row.height);
        plot->setToolTip(text(row.choice.help));
        plot->setAccessibleName(text(row.choice.title));
        section->addWidget(plot);
        column->addWidget(section);
        column->addWidget(separator());
        plots_.push_back({plot, section});
    }

    auto* now = new Section(tr("Now"));
    equation_ = new QLabel;
    equation_->setTextFormat(Qt::RichText);
    equation_->setAlignment(Qt::AlignCenter);
    equation_->setMinimumHeight(40);
    now->addWidget(equation_);
    auto* table = new QWidget;
    auto* grid = new QGridLayout(table);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(10);
    grid->setVerticalSpacing(6);
    int place = 0;
    for (const NumberRow& row : numbers) {
        auto* symbol = roleLabel(QString::fromUtf8(row.symbol), "quiet");
        auto* value = roleLabel({}, "strong");
        value->setAlignment(Qt::AlignRight);
        value->setMinimumWidth(84);
        for (QLabel* label : {symbol, value}) label->setToolTip(QString::fromUtf8(row.help));
        grid->addWidget(symbol, place / 2, place % 2 * 3);
        grid->addWidget(value, place / 2, place % 2 * 3 + 1);
        values_.push_back(value);
        ++place;
    }
    grid->setColumnMinimumWidth(2, 12);
    grid->setColumnStretch(1, 1);
    grid->setColumnStretch(4, 1);
    now->addWidget(table);
    column->addWidget(now);
    column->addStretch(1);

    scrollInto(this, content, {1, 0, 0, 0});
    sinceReplot_.start();
}

void ReadColumn::setTheme(const Theme& theme) {
    theme_ = &theme;
    for (const PlotSection& each : plots_) each.plot->setTheme(theme);
    numbersOf_ = nullptr;
}

void ReadColumn::show(const std::shared_ptr<const Snapshot>& snapshot, double playhead) {
    if (snapshot != shown_ && sinceReplot_.elapsed() >= replotMilliseconds) {
        shown_ = snapshot;
        sinceReplot_.restart();
        for (const PlotSection& each : plots_) {
            each.plot->show(snapshot);
            each.section->setNote(each.plot->note());
        }
    }
    const int t = std::clamp(static_cast<int>(std::lround(playhead)), 0, snapshot->schedule->steps());
    for (const PlotSection& each : plots_) each.plot->setPlayhead(t);
    if (t == numbersAt_ && numbersOf_ && numbersOf_->schedule == snapshot->schedule &&
        numbersOf_->settings.sampler == snapshot->settings.sampler)
        return;
    numbersOf_ = snapshot;
    numbersAt_ = t;
    showNumbers(*snapshot, t);
}

void ReadColumn::showNumbers(const Snapshot& snapshot, int t) {
    for (std::size_t i = 0; i < values_.size(); ++i)
        values_[i]->setText(t == 0 ? QStringLiteral("–") : formatNumber(numbers[i].value(snapshot, t)));
    const QString eps = QStringLiteral("<span style='color:%1'>ε̂</span>")
                            .arg(inkOf(*theme_, theme_->reverse, theme_->panel).name());
    const QString noise = QStringLiteral("<span style='color:%1'>σ<sub>t</sub></span> z")
                              .arg(inkOf(*theme_, theme_->forward, theme_->panel).name());
    const QString equation = QString::fromUtf8(samplerRow(snapshot.settings.sampler).equation);
    equation_->setText(QString(equation).replace("%1", eps).replace("%2", noise));
}

}  // namespace diffuscope
