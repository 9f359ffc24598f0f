#include "denoiser/ComputeShaders.h"

#include "EmbeddedFiles.h"
#include "denoiser/DeviceLayout.h"
#include "denoiser/Mlp.h"
#include "diffusion/BrownianPath.h"
#include "diffusion/Loss.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace diffuscope {
namespace {

std::string define(std::string_view name, const std::string& value) {
    return "#define " + std::string(name) + " " + value + "\n";
}

std::string define(std::string_view name, int value) {
    return define(name, std::to_string(value));
}

std::string define(std::string_view name, float value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9e", static_cast<double>(value));
    return define(name, std::string(text));
}

/// Puts `text` in the place of `mark`, if it is there.
void fill(std::string& body, std::string_view mark, std::string_view text) {
    const std::size_t at = body.find(mark);
    if (at != std::string::npos) body.replace(at, mark.size(), text);
}

std::string preamble() {
    return "#version 430\n" + define("SUMS", sumLanes) + define("INPUTS", inputFeatures) +
           define("POSITION_OCTAVES", positionOctaves) + define("POSITION_FREQUENCY", positionFrequency) +
           define("CONDITION_HARMONICS", conditionHarmonics) +
           define("CONDITION_FREQUENCY", conditionFrequency) + define("PATH_DEPTH", pathDepth) +
           define("FLOOR_CELLS", LossTable::floorCells) + define("TILE", DeviceLayout::tile) +
           define("GROUP", DeviceLayout::group) + define("OUTPUTS", DeviceLayout::strip);
}

/// Lines that fill `count` places, each invocation one a line: lane + an offset, of which `line` gives the
/// text; those of the last line stand under a condition where some invocations have nothing left.
template <typename Line>
std::string staged(int count, int lanes, Line line) {
    std::ostringstream lines;
    for (int at = 0; at < count; at += lanes) {
        if (count - at < lanes) lines << "if (lane < " << count - at << ") ";
        lines << line(std::to_string(at)) << "\n    ";
    }
    return lines.str();
}

/// Sums of 4 * quads terms for c0 to c<results - 1>; the weights of term k for c<j> lie in w at
/// k * step + j * apart. Four quads are fetched at a time, and each result takes them all before the next one
/// does: software renderers fetch by a call, over which no register is kept.
std::string writtenSums(int quads, int results, int step, int apart) {
    constexpr int ahead = 4;
    std::ostringstream lines;
    for (int first = 0; first < quads; first += ahead) {
        const int count = std::min(ahead, quads - first);
        for (int q = 0; q < count; ++q) lines << "FETCH(v" << q << ", " << first + q << ")\n    ";
        for (int j = 0; j < results; ++j)
            for (int term = 0; term < 4 * count; ++term)
                lines << "c" << j << " += v" << term / 4 << "."
                      << "xyzw"[term % 4] << " * w[" << (4 * first + term) * step + j * apart << "];\n    ";
    }
    return lines.str();
}

}  // namespace

std::string shaderLibrary() {
    return preamble() + std::string(embeddedFile("elementary.glsl")) +
           std::string(embeddedFile("noise.glsl")) + std::string(embeddedFile("brownian.glsl"));
}

std::string shaderSource(std::string_view file) {
    std::string body(embeddedFile(file));
    fill(body, "{{rows}}", embeddedFile("rows.glsl"));
    fill(body, "{{input}}", embeddedFile("input.glsl"));
    return shaderLibrary() + body;
}

std::string stripSource(const StripKernel& kernel) {
    const std::string step = std::to_string(4 / kernel.quads);
    const std::string stage = staged(kernel.quads * kernel.terms, kernel.lanes, [&](const std::string& at) {
        return std::string("w[lane + ") + at + "] = texelFetch(weights, from + " + at + " * " + step + ");";
    });
    const std::string sums = writtenSums(kernel.terms / 4, kernel.quads, kernel.quads, 1);
    std::string body(embeddedFile("strip.comp"));
    fill(body, "{{rows}}", embeddedFile("rows.glsl"));
    fill(body, "{{stage}}", stage);
    fill(body, "{{sums}}", sums);
    return preamble() + define("LANES", kernel.lanes) + define("TERMS", kernel.terms) +
           define("QUADS", kernel.quads) + define("MODE", static_cast<int>(kernel.mode)) +
           define("HIDDEN", static_cast<int>(ProductMode::Hidden)) +
           define("BACKWARD", static_cast<int>(ProductMode::Backward)) +
           std::string(embeddedFile("elementary.glsl")) + body;
}

std::string gradientStripSource(int outputs) {
    const std::string stage = staged(4 * DeviceLayout::group, outputs, [](const std::string& at) {
        return std::string("STAGE(lane + ") + at + ")";
    });
    const std::string sums = writtenSums(DeviceLayout::group / 4, 4, 1, DeviceLayout::group);
    std::string body(embeddedFile("gradient-strip.comp"));
    fill(body, "{{rows}}", embeddedFile("rows.glsl"));
    fill(body, "{{stage}}", stage);
    fill(body, "{{sums}}", sums);
    return preamble() + define("LANES", outputs) + body;
}

std::string idealSource(IdealPass pass) {
    std::string stage;
    for (int at = 0; at < idealStaged; at += 64) {
        const std::string offset = std::to_string(at);
        stage += "    p[lane + " + offset + "] = points[first + lane + " + offset + "];\n";
    }
    std::string quads;
    const auto add = [&quads](const std::string& line) { quads += "    " + line + "\n"; };
    for (int quad = 0; quad < idealChunk / 4; ++quad) {
        const std::string xs = "p[" + std::to_string(3 * quad) + "]";
        const std::string ys = "p[" + std::to_string(3 * quad + 1) + "]";
        if (pass == IdealPass::Nearest) {
            add("dx = signal * " + xs + " - x.x; dy = signal * " + ys + " - x.y; d = dx * dx + dy * dy;");
            add("nearer = lessThan(d, least); least = mix(least, d, nearer);");
            add("bestX = mix(bestX, " + xs + ", nearer); bestY = mix(bestY, " + ys + ", nearer);");
            continue;
        }
        // Four quads share one rescaling of the sums to the greatest logarithm.
        const std::string k = std::to_string(quad % 4);
        add("ux" + k + " = signal * (" + xs + " - m.x); uy" + k + " = signal * (" + ys + " - m.y);");
        add("l" + k + " = factor * (ux" + k + " * (ux" + k + " + twice.x) + uy" + k + " * (uy" + k +
            " + twice.y));");
        if (quad % 4 != 3) continue;
        add("top = max(max(l0, l1), max(l2, l3));");
        add("next = max(greatest, max(max(top.x, top.y), max(top.z, top.w)));");
        add("fade = expOf(vec4(greatest - next)).x; greatest = next; found *= fade;");
        for (int j = 0; j < 4; ++j) {
            const std::string n = std::to_string(j);
            add("w = expOf(l" + n + " - next) * p[" + std::to_string(3 * (quad - 3 + j) + 2) + "];");
            add("found += vec3(dot(w, vec4(1.0)), dot(w, ux" + n + "), dot(w, uy" + n + "));");
        }
    }
    std::string body(embeddedFile("ideal.comp"));
    fill(body, "{{stage}}", stage);
    const std::string_view mark = pass == IdealPass::Nearest ? "NEAREST" : "WEIGHTS";
    for (std::size_t at = body.find("{{quads}}"); at != std::string::npos; at = body.find("{{quads}}"))
        fill(body, "{{quads}}", quads);
    return preamble() + define("STAGED", idealStaged) + define(mark, 1) +
           std::string(embeddedFile("elementary.glsl")) + body;
}

}  // namespace diffuscope
