#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace diffuscope {

/// A compute shader, compiled and linked for the current context.
class ComputeProgram {
  public:
    /// @throws BackendError with `name` and the compiler's first words when it doesn't compile.
    ComputeProgram(std::string_view name, const std::string& source);
    ~ComputeProgram();
    ComputeProgram(const ComputeProgram&) = delete;
    ComputeProgram& operator=(const ComputeProgram&) = delete;

    // A uniform that the compiler found unused is left alone.
    // @throws std::logic_error when the source has no such word: a programming error.
    void set(const char* uniform, int value);
    void set(const char* uniform, std::uint32_t value);
    void set(const char* uniform, float value);
    void set(const char* uniform, std::array<float, 2> value);

    /// Runs the groups; what they write is seen by every dispatch and transfer after it.
    void dispatch(int groupsX, int groupsY = 1, int groupsZ = 1);

  private:
    [[nodiscard]] int location(const char* uniform) const;
    std::string name_;
    std::string source_;
    std::uint32_t program_ = 0;
};

}  // namespace diffuscope
