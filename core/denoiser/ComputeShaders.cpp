#include "denoiser/ComputeShaders.h"

#include "EmbeddedFiles.h"
#include "denoiser/DeviceLayout.h"
#include "denoiser/Mlp.h"
#include "diffusion/BrownianPath.h"
#include "diffusion/Loss.h"

#include <cstdio>

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

/// c0 to c3 take v's four terms, whose weights lie in w at (first + term) * step + j * apart for c<j>.
std::string fourTerms(int first, int step, int apart) {
    std::string lines;
    for (int c = 0; c < 4; ++c)
        for (int j = 0; j < 4; ++j)
            lines += "    c" + std::to_string(j) + " += v." + "xyzw"[c] + " * w[" +
                     std::to_string((first + c) * step + j * apart) + "];\n";
    return lines;
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
    std::string product;
    for (int quad = 0; quad < kernel.terms / 4; ++quad) {
        product += "    v = texelFetch(a, ai + " + std::to_string(quad) + " * TILE);\n";
        product += fourTerms(4 * quad, 4, 1);
    }
    std::string body(embeddedFile("strip.comp"));
    fill(body, "{{product}}", product);
    return preamble() + define("LANES", kernel.lanes) + define("TERMS", kernel.terms) +
           std::string(embeddedFile("elementary.glsl")) + body;
}

std::string gradientStripSource(int outputs) {
    std::string product;
    for (int quad = 0; quad < DeviceLayout::group / 4; ++quad) {
        product += "    v = texelFetch(deltaColumns, di + " + std::to_string(quad) + " * LANES);\n";
        for (const char component : {'x', 'y', 'z', 'w'})
            product += std::string("    b += v.") + component + ";\n";
        product += fourTerms(4 * quad, 1, DeviceLayout::group);
    }
    std::string body(embeddedFile("gradient-strip.comp"));
    fill(body, "{{rows}}", embeddedFile("rows.glsl"));
    fill(body, "{{product}}", product);
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
