#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace diffuscope {

/// Memory on the device, zero at first: a shader storage buffer that can be read as a texture of vec4s, too.
class StorageBuffer {
  public:
    StorageBuffer() = default;
    explicit StorageBuffer(std::size_t bytes);
    ~StorageBuffer();
    StorageBuffer(StorageBuffer&& other) noexcept;
    StorageBuffer& operator=(StorageBuffer&& other) noexcept;

    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    template <typename T>
    void upload(std::span<const T> values, std::size_t first = 0) {
        write(values.data(), values.size_bytes(), first * sizeof(T));
    }
    template <typename T>
    void download(std::span<T> values, std::size_t first = 0) const {
        read(values.data(), values.size_bytes(), first * sizeof(T));
    }
    void clear();
    void bind(int index) const;       ///< as storage buffer `index`
    void bindTexels(int unit) const;  ///< as an RGBA32F buffer texture on unit `unit`

  private:
    void write(const void* from, std::size_t bytes, std::size_t offset);
    void read(void* to, std::size_t bytes, std::size_t offset) const;
    std::size_t bytes_ = 0;
    std::uint32_t buffer_ = 0;
    mutable std::uint32_t texture_ = 0;
};

}  // namespace diffuscope
