#include "scenes/Ink.h"

#include "Error.h"
#include "data/Letters.h"

#include <QBuffer>
#include <QFileInfo>
#include <QImage>
#include <QImageReader>
#include <QPainter>
#include <QPainterPath>
#include <QRawFont>
#include <algorithm>

namespace diffuscope {
namespace {

constexpr double letterSize = 128.0;  // pixels per em: a pixel is then below 0.03 model units

/// A raw font belongs to the thread that made it.
QRawFont letterFont() {
    return QRawFont(QStringLiteral(":/fonts/DiffuscopeSans-SemiBold.otf"), letterSize,
                    QFont::PreferNoHinting);
}

QString textOf(char32_t letter) {
    return QString::fromUcs4(&letter, 1);
}

bool hasLetter(char32_t letter) {
    const QRawFont font = letterFont();
    if (!font.supportsCharacter(static_cast<uint>(letter))) return false;
    const auto glyphs = font.glyphIndexesForString(textOf(letter));
    return glyphs.size() == 1 && !font.pathForGlyph(glyphs[0]).isEmpty();
}

/// The ink of an outline whose place is in pixels, y downwards.
DensityImage inkOf(const QPainterPath& outline) {
    if (outline.isEmpty()) return {};
    const QRect frame = outline.boundingRect().toAlignedRect();
    QImage image(frame.size(), QImage::Format_Grayscale8);
    image.fill(Qt::black);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(-frame.topLeft());
    painter.fillPath(outline, Qt::white);
    painter.end();
    DensityImage ink{frame.width(), frame.height(), {}, double(frame.left()), double(frame.top()), 1.0};
    for (int row = 0; row < frame.height(); ++row)
        for (int column = 0; column < frame.width(); ++column)
            ink.density.push_back(float(image.constScanLine(row)[column]));
    return ink;
}

std::vector<DensityImage> rasterise(std::u32string_view line) {
    const QRawFont font = letterFont();
    std::vector<DensityImage> images;
    double pen = 0.0;
    for (const char32_t letter : line) {
        const auto glyphs = font.glyphIndexesForString(textOf(letter));
        QPainterPath outline;
        for (const quint32 glyph : glyphs) outline.addPath(font.pathForGlyph(glyph).translated(pen, 0.0));
        images.push_back(inkOf(outline));
        for (const QPointF& advance : font.advancesForGlyphIndexes(glyphs)) pen += advance.x();
    }
    return images;
}

}  // namespace

void provideLetters() {
    static constexpr FontEngine engine{hasLetter, rasterise};
    provideFontEngine(engine);
}

bool isPicture(const QString& path) {
    const QString ending = QFileInfo(path).suffix().toLower();
    return ending == "png" || ending == "jpg" || ending == "jpeg";
}

DensityImage readPicture(const QByteArray& bytes) {
    constexpr int longestSide = 2048;
    QBuffer buffer;
    buffer.setData(bytes);
    buffer.open(QIODevice::ReadOnly);
    QImageReader reader(&buffer);
    reader.setAutoTransform(true);
    const QSize size = reader.size();
    const int side = std::max(size.width(), size.height());
    if (side > longestSide)
        reader.setScaledSize(size.scaled(longestSide, longestSide, Qt::KeepAspectRatio).expandedTo({1, 1}));
    const QImage image = reader.read().convertToFormat(QImage::Format_ARGB32_Premultiplied);
    if (image.isNull())
        throw InputError(
            QStringLiteral("The picture cannot be read: %1.").arg(reader.errorString()).toStdString());

    DensityImage ink{image.width(), image.height(), {}, 0.0, double(-image.height())};
    if (side > longestSide) ink.pixel = double(side) / std::max(image.width(), image.height());
    ink.density.reserve(static_cast<std::size_t>(image.width()) * static_cast<std::size_t>(image.height()));
    for (int row = 0; row < image.height(); ++row) {
        const auto* line = reinterpret_cast<const QRgb*>(image.constScanLine(row));
        for (int column = 0; column < image.width(); ++column)
            ink.density.push_back(float(qAlpha(line[column]) - qGray(line[column])));
    }
    return ink;
}

DataSet importPicture(const QByteArray& bytes, int count, std::uint64_t seed) {
    return pointsOfImage(readPicture(bytes), count, seed);
}

}  // namespace diffuscope
