#include "widgets/ExactCard.h"

#include "widgets/Controls.h"
#include "widgets/Plots.h"
#include "widgets/Section.h"

#include <QLabel>
#include <QRegularExpression>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <iterator>

namespace diffuscope {
namespace {

struct ExactCase {
    DatasetKind dataset;
    const char* title;
    const char* sentence;
};

/// Su 2025, section 3.5.
constexpr ExactCase cases[] = {
    {DatasetKind::SinglePoint, QT_TRANSLATE_NOOP("ExactCard", "Exact case: a single point"),
     QT_TRANSLATE_NOOP(
         "ExactCard",
         "Here σ<sub>t</sub><sup>2</sup> = β̃<sub>t</sub>, the lower choice, is exactly optimal: "
         "x<sub>0</sub> is "
         "known, so the step back is the forward chain's own posterior, and every particle of the "
         "ideal denoiser lands on the point.")},
    {DatasetKind::StandardNormal, QT_TRANSLATE_NOOP("ExactCard", "Exact case: the standard normal"),
     QT_TRANSLATE_NOOP(
         "ExactCard",
         "Here σ<sub>t</sub><sup>2</sup> = β<sub>t</sub>, the upper choice, is exactly optimal: every "
         "x<sub>t</sub> is N(0, I), "
         "ε* = √(1 − ᾱ<sub>t</sub>) x<sub>t</sub>, and the reverse chain keeps N(0, I) at every step.")},
};

/// "mean of x_3 along x", with the subscript set as one.
QString nameOf(const ExactReading& reading) {
    static const QRegularExpression subscript(QStringLiteral("_(\\d+)"));
    return QString::fromStdString(reading.name)
        .toHtmlEscaped()
        .replace(subscript, QStringLiteral("<sub>\\1</sub>"));
}

}  // namespace

ExactCard::ExactCard(QWidget* parent) : QFrame(parent), theme_(&themeOf(ThemeKind::Dark)) {
    setObjectName("exactCard");
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 10, 14, 10);
    column->setSpacing(4);
    title_ = roleLabel({}, "strong");
    sentence_ = roleLabel({}, "quiet");
    numbers_ = new QLabel;
    for (QLabel* label : {title_, sentence_, numbers_}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::RichText);
        column->addWidget(label);
    }
    hide();
}

void ExactCard::setTheme(const Theme& theme) {
    theme_ = &theme;
}

void ExactCard::show(const Snapshot& snapshot) {
    const auto* found = std::find_if(std::begin(cases), std::end(cases), [&](const ExactCase& one) {
        return one.dataset == snapshot.settings.data.dataset;
    });
    setVisible(found != std::end(cases));
    if (found == std::end(cases)) return;
    const NotationKind notation = snapshot.settings.view.notation;
    title_->setText(tr(found->title));
    sentence_->setText(text(tr(found->sentence).toStdString(), notation));
    QString rows;
    if (snapshot.readings)
        for (const ExactReading& reading : snapshot.readings->exact) {
            const bool agrees = std::abs(reading.measured - reading.exact) <= reading.tolerance;
            const QColor ink = inkOf(*theme_, agrees ? theme_->ideal : theme_->warning, theme_->raised);
            rows +=
                QStringLiteral(
                    "<tr><td style='padding-right:16px'>%1</td><td align='right' style='padding-right:16px'>"
                    "<b>%2</b></td><td style='padding-right:16px'>%3</td><td style='color:%4'>%5</td></tr>")
                    .arg(nameOf(reading), formatNumber(reading.measured),
                         tr("exact %1").arg(formatNumber(reading.exact)), ink.name(),
                         agrees ? tr("✓ agrees within ±%1").arg(formatNumber(reading.tolerance))
                                : tr("✗ off by more than ±%1").arg(formatNumber(reading.tolerance)));
        }
    const QString table =
        rows.isEmpty() ? whyUnread(snapshot) : QStringLiteral("<table>%1</table>").arg(rows);
    if (numbers_->text() != table) numbers_->setText(table);
    numbers_->setVisible(!table.isEmpty());
}

}  // namespace diffuscope
