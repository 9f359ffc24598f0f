#pragma once
#include <QFile>
#include <QString>
#include <QStringList>
#include <QVector>
#include <stdexcept>

/// Rows of tests/golden/<name>, without the header line.
inline QVector<QStringList> goldenTable(const QString& name) {
    QFile file(QStringLiteral(DIFFUSCOPE_GOLDEN "/") + name);
    if (!file.open(QIODevice::ReadOnly))
        throw std::runtime_error("cannot read " + file.fileName().toStdString());
    QStringList lines = QString::fromUtf8(file.readAll()).split('\n', Qt::SkipEmptyParts);
    lines.removeFirst();
    QVector<QStringList> rows;
    for (const QString& line : lines) rows.append(line.split(','));
    if (rows.isEmpty()) throw std::runtime_error("no rows in " + file.fileName().toStdString());
    return rows;
}
