#include "gpu/StorageBuffer.h"

#include <epoxy/gl.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace diffuscope {

StorageBuffer::StorageBuffer(std::size_t bytes) : bytes_(std::max<std::size_t>(bytes, 16)) {
    glGenBuffers(1, &buffer_);
    glBindBuffer(GL_SHADER_STORAGE_BUFFER, buffer_);
    // llvmpipe (Mesa 22.3) compiles a kernel once more for a buffer texture whose size is a power of two, and
    // for one in which bits 8 to 15 of the size are zero (it takes them for mipmap levels). No size of ours
    // is.
    const bool special = std::has_single_bit(bytes_) || (bytes_ >> 8 & 0xFFu) == 0;
    const std::size_t reserved = special ? bytes_ + 1280 : bytes_;
    glBufferData(GL_SHADER_STORAGE_BUFFER, static_cast<GLsizeiptr>(reserved), nullptr, GL_DYNAMIC_COPY);
    clear();
}

StorageBuffer::~StorageBuffer() {
    if (texture_) glDeleteTextures(1, &texture_);
    if (buffer_) glDeleteBuffers(1, &buffer_);
}

StorageBuffer::StorageBuffer(StorageBuffer&& other) noexcept
    : bytes_(std::exchange(other.bytes_, 0)),
      buffer_(std::exchange(other.buffer_, 0)),
      texture_(std::exchange(other.texture_, 0)) {}

StorageBuffer& StorageBuffer::operator=(StorageBuffer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(buffer_, other.buffer_);
    std::swap(texture_, other.texture_);
    return *this;
}

void StorageBuffer::clear() {
    const std::uint32_t zero = 0;
    glBindBuffer(GL_SHADER_STORAGE_BUFFER, buffer_);
    glClearBufferData(GL_SHADER_STORAGE_BUFFER, GL_R32UI, GL_RED_INTEGER, GL_UNSIGNED_INT, &zero);
}

void StorageBuffer::bind(int index) const {
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, static_cast<GLuint>(index), buffer_);
}

void StorageBuffer::bindTexels(int unit) const {
    glActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(unit));
    if (texture_) {
        glBindTexture(GL_TEXTURE_BUFFER, texture_);
        return;
    }
    glGenTextures(1, &texture_);
    glBindTexture(GL_TEXTURE_BUFFER, texture_);
    glTexBuffer(GL_TEXTURE_BUFFER, GL_RGBA32F, buffer_);
}

void StorageBuffer::write(const void* from, std::size_t bytes, std::size_t offset) {
    if (bytes == 0) return;
    glBindBuffer(GL_SHADER_STORAGE_BUFFER, buffer_);
    glBufferSubData(GL_SHADER_STORAGE_BUFFER, static_cast<GLintptr>(offset), static_cast<GLsizeiptr>(bytes),
                    from);
}

void StorageBuffer::read(void* to, std::size_t bytes, std::size_t offset) const {
    if (bytes == 0) return;
    glBindBuffer(GL_SHADER_STORAGE_BUFFER, buffer_);
    glGetBufferSubData(GL_SHADER_STORAGE_BUFFER, static_cast<GLintptr>(offset),
                       static_cast<GLsizeiptr>(bytes), to);
}

}  // namespace diffuscope
