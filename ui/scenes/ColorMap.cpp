#include "scenes/ColorMap.h"

#include "scenes/Resources.h"

#include <QByteArray>
#include <QFile>
#include <array>
#include <cstddef>

namespace diffuscope {
namespace {

constexpr std::size_t entries = 256;
using Table = std::array<QRgb, entries>;

Table readTable(const char* name) {
    initialiseResources();
    QFile file(QStringLiteral(":/colormaps/%1.txt").arg(QLatin1String(name)));
    if (!file.open(QIODevice::ReadOnly)) qFatal("no colour map named %s", name);
    Table table{};
    for (QRgb& colour : table) colour = 0xff000000u | file.readLine().trimmed().toUInt(nullptr, 16);
    return table;
}

}  // namespace

std::span<const QRgb> colorsOf(ColorMap map) {
    static const std::array<Table, 3> tables{readTable("viridis"), readTable("magma"), readTable("cividis")};
    return tables[static_cast<std::size_t>(map)];
}

}  // namespace diffuscope
