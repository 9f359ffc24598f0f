#include "io/Npy.h"

#include "Error.h"
#include "io/Text.h"

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace diffuscope {
namespace {

static_assert(std::endian::native == std::endian::little,
              "NPY and safetensors are written as they lie in memory");

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t largestHeader = 65536;

[[noreturn]] void refuse(const std::string& what) {
    throw InputError("The NPY file " + what);
}

struct Header {
    std::optional<std::string> descr;
    std::optional<bool> fortranOrder;
    std::optional<std::vector<std::size_t>> shape;
};

/// The header is a Python literal: a dictionary of exactly descr, fortran_order and shape. (NEP 1)
class HeaderParser {
  public:
    explicit HeaderParser(std::string_view text) : text_(text) {}

    Header parse() {
        Header header;
        expect('{');
        while (!take('}')) {
            const std::string key = string();
            expect(':');
            if (key == "descr" && !header.descr) {
                header.descr = string();
            } else if (key == "fortran_order" && !header.fortranOrder) {
                header.fortranOrder = boolean();
            } else if (key == "shape" && !header.shape) {
                header.shape = tuple();
            } else {
                refuse("has a header with an unknown or repeated key " + quote(key) +
                       "; descr, fortran_order and shape are accepted.");
            }
            if (!take(',')) {
                expect('}');
                break;
            }
        }
        skipBlanks();
        if (!text_.empty()) refuse("has text after its header's dictionary: " + quote(text_) + ".");
        return header;
    }

  private:
    void skipBlanks() {
        while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t'))
            text_.remove_prefix(1);
    }
    bool take(char c) {
        skipBlanks();
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!take(c)) refuse(std::string("has a header without ") + c + " before " + quote(text_) + ".");
    }
    std::string string() {
        skipBlanks();
        if (text_.empty() || (text_[0] != '\'' && text_[0] != '"'))
            refuse("has a header without a string before " + quote(text_) + ".");
        const std::size_t end = text_.find(text_[0], 1);
        if (end == std::string_view::npos) refuse("has a header with an open string " + quote(text_) + ".");
        std::string value(text_.substr(1, end - 1));
        text_.remove_prefix(end + 1);
        return value;
    }
    bool boolean() {
        skipBlanks();
        for (const auto& [word, value] :
             {std::pair<std::string_view, bool>{"True", true}, {"False", false}}) {
            if (!text_.starts_with(word)) continue;
            text_.remove_prefix(word.size());
            return value;
        }
        refuse("has a fortran_order that is neither True nor False.");
    }
    std::vector<std::size_t> tuple() {
        std::vector<std::size_t> shape;
        expect('(');
        while (!take(')')) {
            skipBlanks();
            std::size_t extent = 0;
            const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), extent);
            if (error != std::errc()) refuse("has a shape with " + quote(text_) + " where a number belongs.");
            text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
            shape.push_back(extent);
            if (!take(',')) {
                expect(')');
                break;
            }
        }
        return shape;
    }

    std::string_view text_;
};

template <typename Float>
std::vector<double> valuesOf(std::string_view body, std::size_t rows, std::size_t columns, bool fortran) {
    std::vector<double> values(rows * columns);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
            Float value;
            const std::size_t at = fortran ? j * rows + i : i * columns + j;
            std::memcpy(&value, body.data() + at * sizeof value, sizeof value);
            values[i * columns + j] = static_cast<double>(value);
        }
    }
    return values;
}

std::size_t littleEndian(std::string_view bytes) {
    std::size_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

}  // namespace

std::string writeNpy(std::span<const float> values, std::span<const std::size_t> shape) {
    std::size_t count = 1;
    std::string extents;
    for (const std::size_t extent : shape) {
        count *= extent;
        extents += (extents.empty() ? "" : ", ") + std::to_string(extent);
    }
    if (shape.size() == 1) extents += ',';
    if (count != values.size()) throw std::logic_error("writeNpy: the shape is not that of the values");
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + extents + "), }";
    constexpr std::size_t preamble = 10;
    header.append(63 - (preamble + header.size()) % 64, ' ');
    header += '\n';
    std::string bytes(magic);
    bytes += '\x01';
    bytes += '\0';
    bytes += static_cast<char>(header.size() & 0xFF);
    bytes += static_cast<char>(header.size() >> 8);
    bytes += header;
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    return bytes;
}

NpyArray readNpy(std::string_view bytes) {
    if (!bytes.starts_with(magic)) refuse("does not begin with NumPy's magic bytes.");
    if (bytes.size() < 8) refuse("ends before its version.");
    const int major = static_cast<unsigned char>(bytes[6]);
    const int minor = static_cast<unsigned char>(bytes[7]);
    if ((major != 1 && major != 2) || minor != 0)
        refuse("has version " + std::to_string(major) + "." + std::to_string(minor) +
               "; 1.0 and 2.0 are accepted.");
    const std::size_t lengthBytes = major == 1 ? 2 : 4;
    if (bytes.size() < 8 + lengthBytes) refuse("ends before its header's length.");
    const std::size_t headerLength = littleEndian(bytes.substr(8, lengthBytes));
    const std::size_t begin = 8 + lengthBytes;
    if (headerLength > largestHeader)
        refuse("announces a header of " + std::to_string(headerLength) + " bytes; up to " +
               std::to_string(largestHeader) + " are accepted.");
    if (headerLength > bytes.size() - begin) refuse("ends within its header.");

    const Header header = HeaderParser(bytes.substr(begin, headerLength)).parse();
    if (!header.descr || !header.fortranOrder || !header.shape)
        refuse("has a header without descr, fortran_order or shape.");
    if (*header.descr != "<f4" && *header.descr != "<f8")
        refuse("holds numbers of type " + quote(*header.descr) + "; <f4 and <f8 are accepted.");
    if (header.shape->size() != 2)
        refuse("has " + std::to_string(header.shape->size()) + " dimensions; two are accepted.");

    const std::size_t rows = (*header.shape)[0];
    const std::size_t columns = (*header.shape)[1];
    const std::size_t width = *header.descr == "<f4" ? 4 : 8;
    const std::string_view body = bytes.substr(begin + headerLength);
    std::size_t count = 0;
    std::size_t size = 0;
    if (__builtin_mul_overflow(rows, columns, &count) || __builtin_mul_overflow(count, width, &size) ||
        size != body.size())
        refuse("has " + std::to_string(body.size()) + " bytes of numbers, which is not its shape (" +
               std::to_string(rows) + ", " + std::to_string(columns) + ").");
    NpyArray array{*header.shape, {}};
    array.values = width == 4 ? valuesOf<float>(body, rows, columns, *header.fortranOrder)
                              : valuesOf<double>(body, rows, columns, *header.fortranOrder);
    return array;
}

}  // namespace diffuscope
