#include "widgets/ReadColumn.h"

#include "widgets/FieldRow.h"

#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace diffuscope {
namespace {

constexpr int replotMilliseconds = 70;  // fifteen a second at the most

}  // namespace

ReadColumn::ReadColumn(Studio& studio, QWidget* parent) : QWidget(parent), studio_(studio) {
    setObjectName("rightColumn");
    setAttribute(Qt::WA_StyledBackground);
    setFixedWidth(320);
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    now_ = new NowSection;
    now_->makeFoldable(true);
    bool nowPlaced = false;
    for (const PlotRow& row : plots()) {
        // What is folded comes last.
        if (!row.open && !nowPlaced) {
            column->addWidget(now_);
            column->addWidget(separator());
            nowPlaced = true;
        }
        auto* section = new Section(text(row.choice.title));
        section->setObjectName("plot." + text(row.choice.id));
        section->makeFoldable(row.open);
        auto* plot = row.make(studio_);
        plot->setFixedHeight(row.height);
        plot->setAccessibleName(text(row.choice.title));
        section->addWidget(plot);
        QLabel* source = nullptr;
        if (row.source) {
            source = roleLabel({}, "hint");
            source->setTextFormat(Qt::RichText);
            source->setWordWrap(true);
            section->addWidget(source);
        }
        column->addWidget(section);
        column->addWidget(separator());
        plots_.push_back({&row, plot, section, source});
        const std::size_t index = plots_.size() - 1;
        connect(section, &Section::opened, this, [this, index] {
            if (shown_) showPlot(plots_[index], {shown_, notation_, measures_});
        });
    }
    if (!nowPlaced) column->addWidget(now_);
    connect(now_, &Section::opened, this, [this] {
        if (shown_) showNow(shown_);
    });
    column->addStretch(1);

    scrollInto(this, content, {1, 0, 0, 0});
    name();
    sinceReplot_.start();
}

void ReadColumn::name() {
    for (const PlotSection& each : plots_) each.plot->setToolTip(text(each.row->choice.help, notation_));
    now_->setNotation(notation_);
}

void ReadColumn::setTheme(const Theme& theme) {
    for (const PlotSection& each : plots_) {
        each.plot->setTheme(theme);
        each.section->setTheme(theme);
    }
    now_->setColours(theme);
}

Plot* ReadColumn::plot(std::string_view id) const {
    const auto found = std::find_if(plots_.begin(), plots_.end(),
                                    [id](const PlotSection& each) { return each.row->choice.id == id; });
    return found == plots_.end() ? nullptr : found->plot;
}

void ReadColumn::showPlot(const PlotSection& each, const PlotInput& input) {
    each.section->setNote(each.row->note ? each.row->note(input) : QString());
    if (!each.section->isOpen()) return;
    each.plot->show(input);
    if (each.source) {
        const QString source = each.row->source(input);
        if (each.source->text() != source) each.source->setText(source);
    }
}

void ReadColumn::showPlots(const std::shared_ptr<const Snapshot>& snapshot) {
    shown_ = snapshot;
    sinceReplot_.restart();
    measures_.add(*snapshot);
    for (const PlotSection& each : plots_) showPlot(each, {snapshot, notation_, measures_});
}

void ReadColumn::show(const std::shared_ptr<const Snapshot>& snapshot, double playhead) {
    if (studio_.settings().view.notation != notation_) {
        notation_ = studio_.settings().view.notation;
        shown_ = nullptr;
        name();
    }
    if (snapshot != shown_ && sinceReplot_.elapsed() >= replotMilliseconds) showPlots(snapshot);
    playhead_ = playhead;
    for (const PlotSection& each : plots_)
        if (each.section->isOpen()) each.plot->setPlayhead(stepOf(snapshot));
    if (now_->isOpen())
        showNow(snapshot);
    else
        now_->release();
}

int ReadColumn::stepOf(const std::shared_ptr<const Snapshot>& snapshot) const {
    return std::clamp(static_cast<int>(std::lround(playhead_)), 0, snapshot->schedule->steps());
}

void ReadColumn::showNow(const std::shared_ptr<const Snapshot>& snapshot) {
    now_->show(snapshot, stepOf(snapshot), playhead_);
}

}  // namespace diffuscope
