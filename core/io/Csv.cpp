#include "io/Csv.h"

#include "Error.h"
#include "io/Text.h"
#include "settings/Choice.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

namespace diffuscope {
namespace {

constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";
constexpr char blanks = ' ';  // the separator that stands for runs of blanks

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Lines of a text that ends its lines by LF, CRLF or CR, with their 1-based numbers.
class Lines {
  public:
    explicit Lines(std::string_view text) : rest_(text) {}

    /// The next line that is neither empty nor a comment.
    std::optional<std::string_view> next() {
        while (!rest_.empty()) {
            const std::size_t end = std::min(rest_.find_first_of("\r\n"), rest_.size());
            const std::string_view line = trimmed(rest_.substr(0, end));
            rest_.remove_prefix(end);
            if (rest_.starts_with("\r\n"))
                rest_.remove_prefix(2);
            else if (!rest_.empty())
                rest_.remove_prefix(1);
            ++number_;
            if (!line.empty() && line.front() != '#') return line;
        }
        return std::nullopt;
    }
    [[nodiscard]] std::size_t number() const { return number_; }

  private:
    std::string_view rest_;
    std::size_t number_ = 0;
};

[[noreturn]] void refuse(std::size_t line, const std::string& what) {
    throw InputError("Line " + std::to_string(line) + ": " + what);
}

char separatorOf(std::string_view line) {
    bool inQuotes = false;
    std::string outside;
    for (const char c : line) {
        if (c == '"') inQuotes = !inQuotes;
        if (!inQuotes) outside += c;
    }
    for (const char separator : {';', '\t', ','})
        if (outside.find(separator) != std::string::npos) return separator;
    return blanks;
}

std::vector<std::string> split(std::string_view line, char separator, std::size_t number) {
    const auto ends = [separator](char c) {
        return separator == blanks ? c == ' ' || c == '\t' : c == separator;
    };
    std::vector<std::string> fields;
    std::size_t i = 0;
    const auto skipBlanks = [&] {
        while (i < line.size() && (line[i] == ' ' || line[i] == '\t') &&
               (separator == blanks || !ends(line[i])))
            ++i;
    };
    while (true) {
        skipBlanks();
        std::string field;
        if (i < line.size() && line[i] == '"') {
            for (++i;; ++i) {
                if (i == line.size()) refuse(number, "a quotation mark is not closed.");
                if (line[i] == '"' && (i + 1 == line.size() || line[i + 1] != '"')) break;
                if (line[i] == '"') ++i;
                field += line[i];
            }
            ++i;
            skipBlanks();
            if (separator != blanks && i < line.size() && !ends(line[i]))
                refuse(number, "there is text after the quoted " + quote(field) + ".");
        } else {
            const std::size_t begin = i;
            while (i < line.size() && !ends(line[i])) ++i;
            field = trimmed(line.substr(begin, i - begin));
        }
        fields.push_back(std::move(field));
        if (i >= line.size()) return fields;
        if (separator != blanks) ++i;
    }
}

struct Number {
    double value;
    std::errc error;  ///< of from_chars, invalid_argument also for trailing characters
};

Number numberOf(std::string_view text) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end != text.data() + text.size()) return {value, std::errc::invalid_argument};
    return {value, error};
}

bool isHeader(const std::vector<std::string>& fields) {
    return std::none_of(fields.begin(), fields.end(), [](const std::string& field) {
        return field.empty() || numberOf(field).error != std::errc::invalid_argument;
    });
}

double requireNumber(const std::string& field, std::size_t column, std::size_t line) {
    const std::string where = "column " + std::to_string(column + 1) + " ";
    if (field.empty()) refuse(line, where + "is empty; a finite number is accepted.");
    const Number number = numberOf(field);
    if (number.error == std::errc::result_out_of_range)
        refuse(line, where + "holds " + quote(field) + ", which is outside of the range of a double.");
    if (number.error != std::errc()) {
        const bool decimalComma = field.find(',') != std::string::npos;
        refuse(line, where + "holds " + quote(field) + ", which is not a number" +
                         (decimalComma ? "; decimals are written with a point." : "."));
    }
    // Single precision is what the program computes with.
    if (!std::isfinite(number.value) || std::abs(number.value) > 1e30)
        refuse(line, where + "holds " + quote(field) + "; finite numbers up to 1e30 are accepted.");
    return number.value;
}

/// Text from a header line in UTF-8; bytes that are not UTF-8 are taken for Latin-1.
std::string asUtf8(const std::string& text) {
    std::size_t i = 0;
    const auto follows = [&](std::size_t k) { return k < text.size() && (text[k] & 0xC0) == 0x80; };
    while (i < text.size()) {
        const auto c = static_cast<unsigned char>(text[i]);
        const std::size_t length = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : 0;
        bool good = length > 0;
        for (std::size_t k = 1; k < length; ++k) good = good && follows(i + k);
        if (!good) break;
        i += length;
    }
    if (i == text.size()) return text;
    std::string converted;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            converted += c;
        } else {
            converted += static_cast<char>(0xC0 | (byte >> 6));
            converted += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return converted;
}

std::size_t columnIndex(const std::string& wanted, const std::vector<std::string>& names, std::size_t count) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == wanted) return i;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    if (error == std::errc() && end == wanted.data() + wanted.size() && number >= 1 && number <= count)
        return number - 1;
    std::string known;
    for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 12); ++i)
        known += (i > 0 ? ", " : "") + quote(names[i]);
    throw InputError("There is no column " + quote(wanted) + "; accepted are the numbers 1 to " +
                     std::to_string(count) + (known.empty() ? "." : " and the names " + known + "."));
}

void appendField(std::string& out, const std::string& name) {
    const bool plain = name.find_first_of(",;\"\t\r\n") == std::string::npos;
    if (plain) {
        out += name;
        return;
    }
    out += '"';
    for (const char c : name) {
        if (c == '"') out += '"';
        out += c == '\r' || c == '\n' ? ' ' : c;
    }
    out += '"';
}

template <typename Number>
void appendNumber(std::string& out, Number value) {
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    out.append(buffer, end);
}

template <typename Number>
std::string write(std::span<const Number> points, const std::array<std::string, 2>& axes) {
    std::string out;
    out.reserve(points.size() * 12 + 16);
    appendField(out, axes[0]);
    out += ',';
    appendField(out, axes[1]);
    out += '\n';
    for (std::size_t i = 0; i + 1 < points.size(); i += 2) {
        appendNumber(out, points[i]);
        out += ',';
        appendNumber(out, points[i + 1]);
        out += '\n';
    }
    return out;
}

}  // namespace

std::array<std::string, 2> columnPair(std::string_view columns) {
    const std::vector<std::string> names = split(columns, ',', 1);
    if (names.size() != 2 || names[0].empty() || names[1].empty())
        throw InputError("The columns " + quote(columns) +
                         " are not two: accepted is a,b, each a name or a "
                         "number from 1.");
    return {names[0], names[1]};
}

std::string writeCsv(std::span<const float> points, const std::array<std::string, 2>& axes) {
    return write(points, axes);
}
std::string writeCsv(std::span<const double> points, const std::array<std::string, 2>& axes) {
    return write(points, axes);
}

CsvTable readCsv(std::string_view bytes, std::string_view columns) {
    if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
        throw InputError("Line 1: the text is UTF-16; accepted is UTF-8 (\"CSV UTF-8\" in a spreadsheet).");
    if (bytes.starts_with(byteOrderMark)) bytes.remove_prefix(byteOrderMark.size());
    const std::array<std::string, 2> wanted =
        columns.empty() ? std::array<std::string, 2>{} : columnPair(columns);

    Lines lines(bytes);
    auto line = lines.next();
    if (!line) throw InputError("The table has no rows; accepted are lines of two numbers.");
    const std::size_t firstLine = lines.number();
    const char separator = separatorOf(*line);
    std::vector<std::string> fields = split(*line, separator, firstLine);
    const std::size_t width = fields.size();
    if (width < 2)
        refuse(firstLine, quote(*line) +
                              " is one column; two, separated by comma, semicolon, tab or blanks, "
                              "are accepted.");

    CsvTable table{{}, {"x", "y"}};
    std::vector<std::string> names;
    if (isHeader(fields)) {
        for (const std::string& field : fields) names.push_back(asUtf8(field));
        line = lines.next();
    }
    std::array<std::size_t, 2> picked{0, 1};
    if (!columns.empty()) {
        for (std::size_t k = 0; k < 2; ++k) picked[k] = columnIndex(wanted[k], names, width);
    } else if (width > 2) {
        refuse(firstLine, "there are " + std::to_string(width) +
                              " columns; say which two are meant (--columns a,b: names or numbers from 1).");
    }
    if (!names.empty())
        for (std::size_t k = 0; k < 2; ++k) table.axes[k] = names[picked[k]];

    for (; line; line = lines.next()) {
        fields = split(*line, separator, lines.number());
        if (fields.size() != width)
            refuse(lines.number(),
                   (fields.size() == 1 ? "there is 1 column"
                                       : "there are " + std::to_string(fields.size()) + " columns") +
                       " where line " + std::to_string(firstLine) + " has " + std::to_string(width) + ".");
        if (table.points.size() == 2 * largestTable)
            refuse(lines.number(), "the table goes on after " + std::to_string(largestTable) +
                                       " rows, the most that is accepted.");
        for (const std::size_t column : picked)
            table.points.push_back(requireNumber(fields[column], column, lines.number()));
    }
    if (table.points.empty())
        throw InputError("The table has no rows after its header in line " + std::to_string(firstLine) +
                         "; accepted are lines of two numbers.");
    return table;
}

}  // namespace diffuscope
