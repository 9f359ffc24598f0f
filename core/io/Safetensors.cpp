#include "io/Safetensors.h"

#include "Error.h"
#include "io/Json.h"
#include "io/Text.h"

#include <algorithm>
#include <array>

namespace diffuscope {
namespace {

using nlohmann::json;

constexpr std::size_t lengthBytes = 8;
constexpr std::size_t largestHeader = 16'000'000;
constexpr std::size_t largestRank = 8;

struct Dtype {
    std::string_view name;
    std::size_t size;
};
constexpr std::array dtypes{Dtype{"F64", 8}, Dtype{"F32", 4}, Dtype{"F16", 2}, Dtype{"BF16", 2},
                            Dtype{"I64", 8}, Dtype{"I32", 4}, Dtype{"I16", 2}, Dtype{"I8", 1},
                            Dtype{"U64", 8}, Dtype{"U32", 4}, Dtype{"U16", 2}, Dtype{"U8", 1},
                            Dtype{"BOOL", 1}};

[[noreturn]] void refuseTensor(const std::string& name, const std::string& what) {
    throw InputError("Tensor " + quote(name) + " " + what);
}

std::size_t naturalNumber(const json& value, const std::string& tensor, const char* what) {
    if (!value.is_number_unsigned())
        refuseTensor(tensor, std::string("has ") + what + " that is not a natural number.");
    return value.get<std::size_t>();
}

struct Placed {
    Tensor tensor;
    std::size_t begin;
    std::size_t end;
};

Placed placed(const std::string& name, const json& entry, std::string_view body) {
    if (!entry.is_object()) refuseTensor(name, "is not described by a JSON object.");
    for (const auto& [key, value] : entry.items())
        if (key != "dtype" && key != "shape" && key != "data_offsets")
            refuseTensor(name, "has an unknown key " + quote(key) + ".");
    const auto dtype = entry.find("dtype");
    const auto shape = entry.find("shape");
    const auto offsets = entry.find("data_offsets");
    if (dtype == entry.end() || !dtype->is_string()) refuseTensor(name, "has no dtype.");
    if (shape == entry.end() || !shape->is_array()) refuseTensor(name, "has no shape.");
    if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2)
        refuseTensor(name, "has no pair of data_offsets.");

    Placed result{{name, dtype->get<std::string>(), {}, {}}, 0, 0};
    const auto known = std::find_if(dtypes.begin(), dtypes.end(),
                                    [&](const Dtype& row) { return row.name == result.tensor.dtype; });
    if (known == dtypes.end())
        refuseTensor(name, "has the unknown dtype " + quote(result.tensor.dtype) + ".");
    if (shape->size() > largestRank) refuseTensor(name, "has too many dimensions.");
    std::size_t size = known->size;
    for (const json& extent : *shape) {
        result.tensor.shape.push_back(naturalNumber(extent, name, "an extent"));
        if (__builtin_mul_overflow(size, result.tensor.shape.back(), &size))
            refuseTensor(name, "has too large a shape.");
    }
    result.begin = naturalNumber((*offsets)[0], name, "an offset");
    result.end = naturalNumber((*offsets)[1], name, "an offset");
    if (result.begin > result.end) refuseTensor(name, "ends before it begins.");
    if (result.end > body.size()) refuseTensor(name, "ends beyond the file.");
    if (result.end - result.begin != size)
        refuseTensor(name, "has " + std::to_string(result.end - result.begin) +
                               " bytes where its shape needs " + std::to_string(size) + ".");
    result.tensor.bytes = body.substr(result.begin, size);
    return result;
}

}  // namespace

std::string writeSafetensors(const Safetensors& file) {
    nlohmann::ordered_json header;
    header["__metadata__"] = nlohmann::ordered_json::object();
    for (const auto& [key, value] : file.metadata) header["__metadata__"][key] = value;
    std::size_t offset = 0;
    for (const Tensor& tensor : file.tensors) {
        header[tensor.name] = {{"dtype", tensor.dtype},
                               {"shape", tensor.shape},
                               {"data_offsets", {offset, offset + tensor.bytes.size()}}};
        offset += tensor.bytes.size();
    }
    std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
    text.append((lengthBytes - text.size() % lengthBytes) % lengthBytes, ' ');
    std::string bytes;
    bytes.reserve(lengthBytes + text.size() + offset);
    for (std::size_t i = 0; i < lengthBytes; ++i) bytes += static_cast<char>(text.size() >> (8 * i) & 0xFF);
    bytes += text;
    for (const Tensor& tensor : file.tensors) bytes += tensor.bytes;
    return bytes;
}

Safetensors readSafetensors(std::string_view bytes) {
    if (bytes.size() < lengthBytes) throw InputError("The file ends within the length of its header.");
    std::uint64_t length = 0;
    for (std::size_t i = lengthBytes; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
    if (length > largestHeader)
        throw InputError("The header's length is given as " + std::to_string(length) + " bytes; up to " +
                         std::to_string(largestHeader) + " are accepted. This is not a session file.");
    if (length > bytes.size() - lengthBytes) throw InputError("The file ends within its header.");
    const std::string_view text = bytes.substr(lengthBytes, length);
    if (!text.starts_with('{'))
        throw InputError("The header does not begin with a brace. This is not a session file.");
    const std::string_view body = bytes.substr(lengthBytes + length);

    const json header = parseStrictly(text, "The header");
    Safetensors file;
    std::vector<Placed> all;
    for (const auto& [name, entry] : header.items()) {
        if (name != "__metadata__") {
            all.push_back(placed(name, entry, body));
            continue;
        }
        if (!entry.is_object()) throw InputError("__metadata__ is not a JSON object.");
        for (const auto& [key, value] : entry.items()) {
            if (!value.is_string()) throw InputError("Metadata " + quote(key) + " is not a string.");
            file.metadata.emplace_back(key, value.get<std::string>());
        }
    }
    std::sort(all.begin(), all.end(), [](const Placed& a, const Placed& b) {
        return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::size_t expected = 0;
    for (Placed& one : all) {
        if (one.begin < expected) refuseTensor(one.tensor.name, "overlaps the tensor before it.");
        if (one.begin > expected) refuseTensor(one.tensor.name, "has unused bytes before it.");
        expected = one.end;
        file.tensors.push_back(std::move(one.tensor));
    }
    if (expected != body.size())
        throw InputError("There are " + std::to_string(body.size() - expected) +
                         " bytes after the last tensor.");
    return file;
}

}  // namespace diffuscope
