#include "gpu/GlContext.h"

#include "Error.h"
#include "gpu/ComputeProgram.h"
#include "gpu/StorageBuffer.h"

#include <epoxy/egl.h>
#include <epoxy/gl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace diffuscope {
namespace {

bool listed(const char* extensions, std::string_view name) {
    if (!extensions) return false;
    const std::string_view all = extensions;
    for (std::size_t at = all.find(name); at != std::string_view::npos; at = all.find(name, at + 1)) {
        const std::size_t end = at + name.size();
        if ((at == 0 || all[at - 1] == ' ') && (end == all.size() || all[end] == ' ')) return true;
    }
    return false;
}

struct Candidate {
    std::string name;
    EGLDisplay display;
};

/// In the order in which they are to be tried.
std::vector<Candidate> candidates() {
    const char* client = eglQueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS);
    std::vector<Candidate> found;
    if (listed(client, "EGL_EXT_platform_base")) {
        if (listed(client, "EGL_EXT_device_enumeration") || listed(client, "EGL_EXT_device_base")) {
            std::array<EGLDeviceEXT, 16> devices{};
            EGLint count = 0;
            if (!eglQueryDevicesEXT(static_cast<EGLint>(devices.size()), devices.data(), &count)) count = 0;
            for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
                if (listed(eglQueryDeviceStringEXT(devices[i], EGL_EXTENSIONS), "EGL_MESA_device_software"))
                    continue;
                found.push_back({"EGL device " + std::to_string(i),
                                 eglGetPlatformDisplayEXT(EGL_PLATFORM_DEVICE_EXT, devices[i], nullptr)});
            }
        }
        if (listed(client, "EGL_MESA_platform_surfaceless"))
            found.push_back({"surfaceless platform", eglGetPlatformDisplayEXT(EGL_PLATFORM_SURFACELESS_MESA,
                                                                              EGL_DEFAULT_DISPLAY, nullptr)});
    }
    found.push_back({"default display", eglGetDisplay(EGL_DEFAULT_DISPLAY)});
    return found;
}

EGLContext createContext(EGLDisplay display) {
    const char* extensions = eglQueryString(display, EGL_EXTENSIONS);
    EGLConfig config = nullptr;  // EGL_NO_CONFIG_KHR
    if (!listed(extensions, "EGL_KHR_no_config_context") &&
        !listed(extensions, "EGL_MESA_configless_context")) {
        const std::array<EGLint, 5> wanted{EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_SURFACE_TYPE, 0,
                                           EGL_NONE};
        EGLint count = 0;
        if (!eglChooseConfig(display, wanted.data(), &config, 1, &count) || count == 0) return EGL_NO_CONTEXT;
    }
    std::vector<EGLint> attributes{
        EGL_CONTEXT_MAJOR_VERSION_KHR,       4,
        EGL_CONTEXT_MINOR_VERSION_KHR,       3,
        EGL_CONTEXT_OPENGL_PROFILE_MASK_KHR, EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT_KHR};
    if (listed(extensions, "EGL_EXT_create_context_robustness")) {
        // Without this strategy a reset is never reported.
        std::vector<EGLint> robust = attributes;
        robust.insert(robust.end(), {EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY_EXT,
                                     EGL_LOSE_CONTEXT_ON_RESET_EXT, EGL_NONE});
        if (EGLContext context = eglCreateContext(display, config, EGL_NO_CONTEXT, robust.data()))
            return context;
    }
    attributes.push_back(EGL_NONE);
    return eglCreateContext(display, config, EGL_NO_CONTEXT, attributes.data());
}

/// The version and the extension list can be wrong (a driver's override); a shader that ran can't.
void proveCompute() {
    ComputeProgram program("probe",
                           "#version 430\n"
                           "layout(local_size_x = 64) in;\n"
                           "layout(std430, binding = 0) buffer Squares { uint squares[]; };\n"
                           "void main() { uint i = gl_GlobalInvocationID.x; squares[i] = i * i + 1u; }\n");
    StorageBuffer buffer(64 * sizeof(std::uint32_t));
    buffer.bind(0);
    program.dispatch(1);
    std::array<std::uint32_t, 64> squares{};
    buffer.download(std::span<std::uint32_t>(squares));
    for (std::uint32_t i = 0; i < squares.size(); ++i)
        if (squares[i] != i * i + 1) throw BackendError("a test compute shader gave a wrong result");
}

}  // namespace

bool isSoftwareRenderer(const std::string& renderer) {
    for (const char* name : {"llvmpipe", "softpipe", "swrast", "SwiftShader", "Software Rasterizer"})
        if (renderer.find(name) != std::string::npos) return true;
    return false;
}

GlContext::GlContext() {
    std::string reasons;
    for (const Candidate& candidate : candidates()) {
        std::string reason = "no display";
        if (candidate.display && open(candidate.display, reason)) return;
        close();
        reasons += (reasons.empty() ? "" : "; ") + candidate.name + ": " + reason;
    }
    throw BackendError("no OpenGL 4.3 compute context (" + reasons + ")");
}

GlContext::~GlContext() {
    close();
}

bool GlContext::open(void* display, std::string& reason) {
    display_ = display;
    if (!eglInitialize(display, nullptr, nullptr)) {
        reason = "EGL does not start";
        return false;
    }
    if (!listed(eglQueryString(display, EGL_EXTENSIONS), "EGL_KHR_surfaceless_context")) {
        reason = "no contexts without a surface";
        return false;
    }
    if (!eglBindAPI(EGL_OPENGL_API)) {
        reason = "no OpenGL";
        return false;
    }
    context_ = createContext(display);
    if (!context_) {
        reason = "OpenGL 4.3 core is not offered";
        return false;
    }
    try {
        use();
        if (epoxy_gl_version() < 43 || !eglGetProcAddress("glDispatchCompute")) {
            reason = "the context has no compute shaders";
            return false;
        }
        const auto* renderer = reinterpret_cast<const char*>(glGetString(GL_RENDERER));
        renderer_ = renderer ? renderer : "unknown renderer";
        software_ = isSoftwareRenderer(renderer_);
        proveCompute();
        check("test shader");
    } catch (const BackendError& error) {
        reason = error.what();
        return false;
    }
    glGetIntegerv(GL_MAX_TEXTURE_BUFFER_SIZE, &texelLimit_);
    GLint64 bytes = 0;
    glGetInteger64v(GL_MAX_SHADER_STORAGE_BLOCK_SIZE, &bytes);
    storageLimit_ = static_cast<std::size_t>(std::max<GLint64>(bytes, 0));
    return true;
}

void GlContext::close() {
    if (context_) {
        if (eglGetCurrentContext() == context_)
            eglMakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        eglDestroyContext(display_, context_);
    }
    // The display is shared by every context of the process: terminating it would take them down.
    context_ = nullptr;
    display_ = nullptr;
}

void GlContext::use() {
    if (eglGetCurrentContext() == context_) return;
    eglBindAPI(EGL_OPENGL_API);
    if (!eglMakeCurrent(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, context_))
        throw BackendError("the OpenGL context can't be made current");
}

void GlContext::finish() {
    glFinish();
}

void GlContext::check(const char* work) {
    std::uint32_t reset = GL_NO_ERROR;
    if (resetStatus_)
        reset = resetStatus_();
    else if (epoxy_gl_version() >= 45)
        reset = glGetGraphicsResetStatus();
    else if (epoxy_has_gl_extension("GL_ARB_robustness"))
        reset = glGetGraphicsResetStatusARB();
    if (reset != GL_NO_ERROR)
        throw BackendError(std::string("the graphics device was reset during: ") + work);
    const std::uint32_t error = glGetError();
    if (error == GL_OUT_OF_MEMORY) throw BackendError(std::string("graphics memory ran out during: ") + work);
    if (error != GL_NO_ERROR)
        throw BackendError("OpenGL error " + std::to_string(error) + " during: " + work);
}

}  // namespace diffuscope
