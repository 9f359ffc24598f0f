#include "gpu/GpuProbe.h"

#include "Error.h"
#include "gpu/GlContext.h"

#include <epoxy/egl.h>

namespace diffuscope {
namespace {

/// Puts the thread's current context back.
class CurrentContext {
  public:
    CurrentContext() = default;
    ~CurrentContext() {
        if (context_) eglMakeCurrent(display_, draw_, read_, context_);
    }
    CurrentContext(const CurrentContext&) = delete;
    CurrentContext& operator=(const CurrentContext&) = delete;

  private:
    EGLContext context_ = eglGetCurrentContext();
    EGLDisplay display_ = eglGetCurrentDisplay();
    EGLSurface draw_ = eglGetCurrentSurface(EGL_DRAW);
    EGLSurface read_ = eglGetCurrentSurface(EGL_READ);
};

}  // namespace

GpuProbe probeGpu() {
    const CurrentContext restored;
    try {
        const GlContext context;
        return {true, context.software(), context.renderer(), ""};
    } catch (const BackendError& error) {
        return {false, false, "", error.what()};
    }
}

}  // namespace diffuscope
