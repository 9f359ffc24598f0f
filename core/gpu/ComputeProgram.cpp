#include "gpu/ComputeProgram.h"

#include "Error.h"

#include <epoxy/gl.h>

#include <stdexcept>

namespace diffuscope {
namespace {

template <typename Get>
std::string firstWords(std::uint32_t object, Get get) {
    std::array<char, 400> log{};
    get(object, static_cast<GLsizei>(log.size()), nullptr, log.data());
    std::string words = log.data();
    while (!words.empty() && (words.back() == '\n' || words.back() == ' ')) words.pop_back();
    for (char& c : words)
        if (c == '\n') c = ' ';
    return words.empty() ? "no message" : words;
}

}  // namespace

ComputeProgram::ComputeProgram(std::string_view name, const std::string& source)
    : name_(name), source_(source) {
    const std::uint32_t shader = glCreateShader(GL_COMPUTE_SHADER);
    if (!shader) throw BackendError("the driver makes no compute shaders");
    const char* text = source.c_str();
    glShaderSource(shader, 1, &text, nullptr);
    glCompileShader(shader);
    GLint done = GL_FALSE;
    glGetShaderiv(shader, GL_COMPILE_STATUS, &done);
    if (!done) {
        const std::string words = firstWords(shader, glGetShaderInfoLog);
        glDeleteShader(shader);
        throw BackendError("the compute shader '" + name_ + "' does not compile: " + words);
    }
    program_ = glCreateProgram();
    glAttachShader(program_, shader);
    glLinkProgram(program_);
    glDeleteShader(shader);
    glGetProgramiv(program_, GL_LINK_STATUS, &done);
    if (!done) {
        const std::string words = firstWords(program_, glGetProgramInfoLog);
        glDeleteProgram(program_);
        throw BackendError("the compute shader '" + name_ + "' does not link: " + words);
    }
}

ComputeProgram::~ComputeProgram() {
    glDeleteProgram(program_);
}

int ComputeProgram::location(const char* uniform) const {
    const int found = glGetUniformLocation(program_, uniform);
    if (found < 0 && source_.find(uniform) == std::string::npos)
        throw std::logic_error("shader '" + name_ + "' has no uniform '" + uniform + "'");
    return found;
}

void ComputeProgram::set(const char* uniform, int value) {
    glProgramUniform1i(program_, location(uniform), value);
}
void ComputeProgram::set(const char* uniform, std::uint32_t value) {
    glProgramUniform1ui(program_, location(uniform), value);
}
void ComputeProgram::set(const char* uniform, float value) {
    glProgramUniform1f(program_, location(uniform), value);
}
void ComputeProgram::set(const char* uniform, std::array<float, 2> value) {
    glProgramUniform2f(program_, location(uniform), value[0], value[1]);
}

void ComputeProgram::dispatch(int groupsX, int groupsY, int groupsZ) {
    glUseProgram(program_);
    glDispatchCompute(static_cast<GLuint>(groupsX), static_cast<GLuint>(groupsY),
                      static_cast<GLuint>(groupsZ));
    glMemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT | GL_TEXTURE_FETCH_BARRIER_BIT |
                    GL_BUFFER_UPDATE_BARRIER_BIT);
}

}  // namespace diffuscope
