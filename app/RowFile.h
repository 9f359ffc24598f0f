#pragma once
#include <string>
#include <string_view>

namespace diffuscope {

/// A file that grows by a line at a time and survives a kill at any moment: every line that append() returned
/// from is on the disk. One program has it at a time.
class RowFile {
  public:
    /// Opens the file, or makes an empty one. @throws InputError when another program holds it
    explicit RowFile(std::string path);
    ~RowFile();
    RowFile(const RowFile&) = delete;
    RowFile& operator=(const RowFile&) = delete;

    [[nodiscard]] const std::string& text() const { return text_; }  ///< what it held when it was opened

    /// @throws InputError when the disk is full
    void append(std::string_view line);
    /// All of it anew under the same name, or nothing. @throws InputError
    void replace(std::string_view text);

  private:
    std::string path_;
    std::string text_;
    int file_ = -1;
};

}  // namespace diffuscope
