# Writes OUTPUT: a C++ table of the contents of FILES, found by file name through embeddedFile().
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(MAKE_C_IDENTIFIER "file_${name}" id)
  string(APPEND arrays "constexpr char ${id}[] = {${bytes}'\\0'};\n")
  string(APPEND rows "    {\"${name}\", {${id}, sizeof ${id} - 1}},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"EmbeddedFiles.h\"

#include <stdexcept>
#include <string>
#include <utility>

namespace diffuscope {
namespace {
${arrays}
constexpr std::pair<std::string_view, std::string_view> files[] = {
    {\"\", \"\"},
${rows}};
}  // namespace

std::string_view embeddedFile(std::string_view name) {
    for (const auto& [known, bytes] : files)
        if (known == name) return bytes;
    throw std::logic_error(\"no embedded file named \" + std::string(name));
}
}  // namespace diffuscope
")
