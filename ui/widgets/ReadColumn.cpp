#include "widgets/ReadColumn.h"

#include "diffusion/ReverseSampler.h"

#include <QGridLayout>
#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr int replotMilliseconds = 70;  // fifteen a second at the most

struct NumberRow {
    Quantity quantity;
    const char* symbol;  ///< of a plain quantity, as the help in Ho's notation
    const char* help;
    double (*value)(const Snapshot&, int t);
};

/// Numbers of step t; t = 0 is the data, where there is no step.
constexpr NumberRow numbers[] = {
    {Quantity::Beta, "", "Variance of the noise that step t adds",
     [](const Snapshot& s, int t) { return s.schedule->beta(t); }},
    {Quantity::AlphaBar, "", "Share of the data's variance that is left",
     [](const Snapshot& s, int t) { return s.schedule->alphaBar(t); }},
    {Quantity::Plain, "σ<sub>t</sub>", "Standard deviation of the noise of the reverse step",
     [](const Snapshot& s, int t) { return (*s.stepNoise)[static_cast<std::size_t>(t)]; }},
    {Quantity::NoiseSoFar, "", "Variance of the noise in x<sub>t</sub>",
     [](const Snapshot& s, int t) { return s.schedule->oneMinusAlphaBar(t); }},
    {Quantity::Plain, "SNR", "Signal-to-noise ratio ᾱ<sub>t</sub>/(1 − ᾱ<sub>t</sub>)",
     [](const Snapshot& s, int t) { return s.schedule->snr(t); }},
    {Quantity::Plain, "λ<sub>t</sub>", "ln SNR, what the network is told",
     [](const Snapshot& s, int t) { return s.schedule->logSnr(t); }},
};

}  // namespace

ReadColumn::ReadColumn(Studio& studio, QWidget* parent)
    : QWidget(parent), studio_(studio), theme_(&themeOf(ThemeKind::Dark)) {
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
    for (std::size_t i = 0; i < std::size(numbers); ++i) {
        auto* symbol = roleLabel({}, "quiet");
        auto* value = roleLabel({}, "strong");
        value->setAlignment(Qt::AlignRight);
        value->setMinimumWidth(84);
        grid->addWidget(symbol, place / 2, place % 2 * 3);
        grid->addWidget(value, place / 2, place % 2 * 3 + 1);
        symbols_.push_back(symbol);
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
    name();
    sinceReplot_.start();
}

void ReadColumn::name() {
    for (std::size_t i = 0; i < plots().size(); ++i)
        plots_[i].plot->setToolTip(text(plots()[i].choice.help, notation_));
    for (std::size_t i = 0; i < std::size(numbers); ++i) {
        const std::string_view symbol = shownAs(numbers[i].quantity, notation_).symbol;
        symbols_[i]->setText(symbol.empty() ? QString::fromUtf8(numbers[i].symbol) : text(symbol));
        for (QLabel* label : {symbols_[i], values_[i]}) label->setToolTip(text(numbers[i].help, notation_));
    }
}

void ReadColumn::setTheme(const Theme& theme) {
    theme_ = &theme;
    for (const PlotSection& each : plots_) each.plot->setTheme(theme);
    numbersOf_ = nullptr;
}

void ReadColumn::show(const std::shared_ptr<const Snapshot>& snapshot, double playhead) {
    if (studio_.settings().view.notation != notation_) {
        notation_ = studio_.settings().view.notation;
        shown_ = nullptr;
        numbersOf_ = nullptr;
        name();
    }
    if (snapshot != shown_ && sinceReplot_.elapsed() >= replotMilliseconds) {
        shown_ = snapshot;
        sinceReplot_.restart();
        for (const PlotSection& each : plots_) {
            each.plot->show({snapshot, notation_});
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
        values_[i]->setText(
            t == 0
                ? QStringLiteral("–")
                : formatNumber(shownAs(numbers[i].quantity, notation_).show(numbers[i].value(snapshot, t))));
    const QString eps = QStringLiteral("<span style='color:%1'>ε̂</span>")
                            .arg(inkOf(*theme_, theme_->reverse, theme_->panel).name());
    const QString noise = QStringLiteral("<span style='color:%1'>σ<sub>t</sub></span> z")
                              .arg(inkOf(*theme_, theme_->forward, theme_->panel).name());
    equation_->setText(text(samplerRow(snapshot.settings.sampler).equation, notation_)
                           .replace("%1", eps)
                           .replace("%2", noise));
}

}  // namespace diffuscope
