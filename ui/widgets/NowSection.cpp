#include "widgets/NowSection.h"

#include "diffusion/ReverseSampler.h"
#include "widgets/Controls.h"
#include "widgets/FieldRow.h"

#include <QGridLayout>
#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

struct NumberRow {
    Quantity quantity;
    const char* symbol;  ///< of a plain quantity; help and symbol are in Ho's notation
    const char* help;
    double (*value)(const Snapshot&, int t);
};

/// Numbers of step t; t = 0 is the data, where there is no step. NaN where there is none yet.
constexpr NumberRow numbers[] = {
    {Quantity::Beta, "", "Variance of the noise that step t adds",
     [](const Snapshot& s, int t) { return s.schedule->beta(t); }},
    {Quantity::AlphaBar, "", "Share of the data's variance that is left",
     [](const Snapshot& s, int t) { return s.schedule->alphaBar(t); }},
    {Quantity::Plain, "σ<sub>t</sub>", "Standard deviation of the noise of the reverse step",
     [](const Snapshot& s, int t) {
         return s.stepNoise ? (*s.stepNoise)[static_cast<std::size_t>(t)] : std::nan("");
     }},
    {Quantity::NoiseSoFar, "", "Variance of the noise in x<sub>t</sub>",
     [](const Snapshot& s, int t) { return s.schedule->oneMinusAlphaBar(t); }},
    {Quantity::Plain, "SNR", "Signal-to-noise ratio ᾱ<sub>t</sub>/(1 − ᾱ<sub>t</sub>)",
     [](const Snapshot& s, int t) { return s.schedule->snr(t); }},
    {Quantity::Plain, "λ<sub>t</sub>", "ln SNR, what the network is told",
     [](const Snapshot& s, int t) { return s.schedule->logSnr(t); }},
};

struct FollowedRow {
    const char* symbol;
    const char* help;
    std::array<float, 2> Followed::*value;
};
constexpr FollowedRow followedRows[] = {
    {"x<sub>t</sub>", "Where the particle is", &Followed::xt},
    {"ε̂", "The noise that the denoiser sees in it", &Followed::eps},
    {"x̂<sub>0</sub>", "The clean point that this stands for, clamped to the data if the sampler clamps",
     &Followed::x0},
    {"x<sub>s</sub>", "Where the sampler's step takes it", &Followed::xNext},
};

QString pairText(const std::array<float, 2>& value) {
    const auto number = [](float each) {
        QString shown = QString::number(static_cast<double>(each), 'f', 2);
        if (shown == "-0.00") shown = "0.00";
        return shown.replace('-', QChar(0x2212));
    };
    return QStringLiteral("(%1, %2)").arg(number(value[0]), number(value[1]));
}

/// Where eps-hat comes from: %1 is eps-hat, %2 what the network is told of the noise.
const char* predictionOf(const Settings& settings) {
    if (settings.sampler.denoiser != DenoiserKind::Network)
        return "%1 = (x<sub>t</sub> − √ᾱ<sub>t</sub> E[x<sub>0</sub>|x<sub>t</sub>]) / √(1−ᾱ<sub>t</sub>)";
    switch (settings.network.parametrisation) {
        case Parametrisation::Eps:
            break;
        case Parametrisation::X0:
            return "%1 = (x<sub>t</sub> − √ᾱ<sub>t</sub> x̂<sub>θ</sub>(x<sub>t</sub>, %2)) / "
                   "√(1−ᾱ<sub>t</sub>)";
        case Parametrisation::V:
            return "%1 = √ᾱ<sub>t</sub> v<sub>θ</sub>(x<sub>t</sub>, %2) + √(1−ᾱ<sub>t</sub>) x<sub>t</sub>";
    }
    return "%1 = ε<sub>θ</sub>(x<sub>t</sub>, %2)";
}

QLabel* formulaLabel() {
    auto* label = new QLabel;
    label->setTextFormat(Qt::RichText);
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    return label;
}

}  // namespace

NowSection::NowSection(QWidget* parent)
    : Section(tr("Now"), parent),
      follower_([this] {
          QMetaObject::invokeMethod(
              this, [this] { showFollowed(); }, Qt::QueuedConnection);
      }),
      theme_(&themeOf(ThemeKind::Dark)) {
    equation_ = formulaLabel();
    equation_->setMinimumHeight(34);
    prediction_ = formulaLabel();
    prediction_->setProperty("role", "quiet");
    addWidget(equation_);
    addWidget(prediction_);

    auto* table = new QWidget;
    auto* grid = new QGridLayout(table);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(4);
    grid->setVerticalSpacing(5);
    int place = 0;
    const auto cell = [&](std::vector<QLabel*>& symbols, std::vector<QLabel*>& values) {
        auto* symbol = roleLabel({}, "quiet");
        auto* value = roleLabel({}, "strong");
        value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        value->setMinimumWidth(98);  // "(−8.88, −8.88)"
        grid->addWidget(symbol, place / 2, place % 2 * 3);
        grid->addWidget(value, place / 2, place % 2 * 3 + 1, Qt::AlignRight | Qt::AlignVCenter);
        symbols.push_back(symbol);
        values.push_back(value);
        ++place;
    };
    for (std::size_t i = 0; i < std::size(numbers); ++i) cell(symbols_, values_);

    auto* picker = new QWidget;
    auto* row = new QHBoxLayout(picker);
    row->setContentsMargins(0, 4, 0, 0);
    row->setSpacing(4);
    particleName_ = roleLabel({}, "quiet");
    before_ = new QToolButton;
    after_ = new QToolButton;
    row->addWidget(particleName_, 1, Qt::AlignLeft | Qt::AlignVCenter);
    for (QToolButton* button : {before_, after_}) {
        button->setProperty("role", "mini");
        button->setFixedSize(26, 22);
        button->setIconSize({12, 12});
        row->addWidget(button);
    }
    before_->setAccessibleName(tr("Follow the particle before"));
    after_->setAccessibleName(tr("Follow the next particle"));
    for (QToolButton* button : {before_, after_}) button->setToolTip(button->accessibleName());
    connect(before_, &QToolButton::clicked, this, [this] { pickParticle(particle_ - 1); });
    connect(after_, &QToolButton::clicked, this, [this] { pickParticle(particle_ + 1); });
    grid->addWidget(picker, place / 2, 0, 1, 5);
    place += 2;
    for (std::size_t i = 0; i < std::size(followedRows); ++i) cell(followedSymbols_, followedValues_);
    grid->setColumnMinimumWidth(2, 4);
    grid->setColumnStretch(1, 1);
    grid->setColumnStretch(4, 1);
    addWidget(table);
    name();
    showFollowed();
}

void NowSection::setNotation(NotationKind notation) {
    notation_ = notation;
    name();
    if (!snapshot_) return;
    showEquation();
    showNumbers();
}

void NowSection::setColours(const Theme& theme) {
    theme_ = &theme;
    Section::setTheme(theme);
    before_->setIcon(themedIcon("chevron-left", theme.text));
    after_->setIcon(themedIcon("chevron-right", theme.text));
    if (snapshot_) showEquation();
}

void NowSection::name() {
    for (std::size_t i = 0; i < std::size(numbers); ++i) {
        const std::string_view symbol = shownAs(numbers[i].quantity, notation_).symbol;
        symbols_[i]->setText(symbol.empty() ? QString::fromUtf8(numbers[i].symbol) : text(symbol));
        for (QLabel* label : {symbols_[i], values_[i]}) label->setToolTip(text(numbers[i].help, notation_));
    }
    for (std::size_t i = 0; i < std::size(followedRows); ++i) {
        followedSymbols_[i]->setText(QString::fromUtf8(followedRows[i].symbol));
        for (QLabel* label : {followedSymbols_[i], followedValues_[i]})
            label->setToolTip(text(followedRows[i].help, notation_));
    }
}

void NowSection::pickParticle(int particle) {
    const int count = snapshot_ ? std::max(1, snapshot_->reversePaths.count) : 1;
    particle_ = (particle + count) % count;
    if (snapshot_) follower_.request({snapshot_, particle_, playhead_});
}

void NowSection::show(const std::shared_ptr<const Snapshot>& snapshot, int t, double playhead) {
    const bool sameRun = snapshot_ && snapshot_->schedule == snapshot->schedule &&
                         snapshot_->settings.sampler == snapshot->settings.sampler &&
                         snapshot_->settings.network == snapshot->settings.network;
    const bool samePaths = sameRun && snapshot_->reversePaths.positions == snapshot->reversePaths.positions &&
                           snapshot_->network == snapshot->network;
    const bool sameNoise = sameRun && snapshot_->stepNoise == snapshot->stepNoise;  // a network learns it
    const bool moved = t != t_;
    t_ = t;
    playhead_ = playhead;
    snapshot_ = snapshot;
    if (!sameRun) showEquation();
    if (!sameRun || moved || !sameNoise) showNumbers();
    if (!samePaths || moved) follower_.request({snapshot_, particle_, playhead_});
}

void NowSection::showEquation() {
    const QString eps = QStringLiteral("<span style='color:%1'>ε̂</span>")
                            .arg(inkOf(*theme_, theme_->reverse, theme_->panel).name());
    const bool learned = learnsSigma(snapshot_->settings.sampler);
    const QString noise =
        QStringLiteral("<span style='color:%1'>%2</span> z")
            .arg(inkOf(*theme_, theme_->forward, theme_->panel).name(),
                 learned ? QStringLiteral("σ<sub>θ</sub>(x<sub>t</sub>)") : QStringLiteral("σ<sub>t</sub>"));
    equation_->setText(text(samplerRow(snapshot_->settings.sampler).equation, notation_)
                           .replace("%1", eps)
                           .replace("%2", noise));
    const bool indexed = snapshot_->settings.network.conditioning == Conditioning::StepIndex;
    prediction_->setText(
        text(predictionOf(snapshot_->settings), notation_)
            .replace("%1", eps)
            .replace("%2", indexed ? QStringLiteral("t/T") : QStringLiteral("λ<sub>t</sub>")));
}

void NowSection::showNumbers() {
    for (std::size_t i = 0; i < values_.size(); ++i) {
        const double value = t_ == 0 ? std::nan("") : numbers[i].value(*snapshot_, t_);
        setLiveText(values_[i], std::isnan(value)
                                    ? QStringLiteral("–")
                                    : formatNumber(shownAs(numbers[i].quantity, notation_).show(value)));
    }
    setNote(tr("t = %1").arg(t_));
}

void NowSection::showFollowed() {
    const auto followed = follower_.answer();
    const int count = snapshot_ ? snapshot_->reversePaths.count : 0;
    setLiveText(particleName_, followed ? tr("particle %1 of %2: t = %3, s = %4")
                                              .arg(particle_ + 1)
                                              .arg(count)
                                              .arg(followed->t)
                                              .arg(followed->next)
                                        : tr("particle %1: sampling…").arg(particle_ + 1));
    for (std::size_t i = 0; i < std::size(followedRows); ++i)
        setLiveText(followedValues_[i],
                    followed ? pairText(*followed.*followedRows[i].value) : QStringLiteral("–"));
}

}  // namespace diffuscope
