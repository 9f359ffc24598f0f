#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace diffuscope {

/// An OpenGL 4.3 core context without a window, through EGL: a hardware device by enumeration first, then
/// Mesa's surfaceless platform, then the default display. Belongs to the thread that makes it.
class GlContext {
  public:
    /// Makes the context, makes it current and proves that a compute shader runs on it.
    /// @throws BackendError naming what failed on each display that was tried.
    GlContext();
    ~GlContext();
    GlContext(const GlContext&) = delete;
    GlContext& operator=(const GlContext&) = delete;

    void use();  ///< makes it current. @throws BackendError when it can't be any more

    [[nodiscard]] const std::string& renderer() const { return renderer_; }
    [[nodiscard]] bool software() const { return software_; }
    [[nodiscard]] int texelLimit() const { return texelLimit_; }              ///< texels of a buffer texture
    [[nodiscard]] std::size_t storageLimit() const { return storageLimit_; }  ///< bytes of a storage buffer

    /// Asks for the errors and resets that the calls since the last check have raised.
    /// @throws BackendError naming `work`, which is lost.
    void check(const char* work);

    /// Waits until all calls are done.
    void finish();

    /// Replaces the question for GL_ARB_robustness' reset status: a test's way to lose the context.
    void replaceResetStatus(std::function<std::uint32_t()> status) { resetStatus_ = std::move(status); }

  private:
    bool open(void* display, std::string& reason);
    void close();

    void* display_ = nullptr;
    void* context_ = nullptr;
    std::string renderer_;
    bool software_ = false;
    int texelLimit_ = 0;
    std::size_t storageLimit_ = 0;
    std::function<std::uint32_t()> resetStatus_;
};

/// True for the renderers that run on the CPU.
[[nodiscard]] bool isSoftwareRenderer(const std::string& renderer);

}  // namespace diffuscope
