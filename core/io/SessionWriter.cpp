#include "Error.h"
#include "io/Safetensors.h"
#include "io/Session.h"
#include "io/SessionFormat.h"
#include "io/Text.h"
#include "settings/Fields.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <span>

namespace diffuscope {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are written as they lie in memory");

using nlohmann::json;
using nlohmann::ordered_json;

std::string_view conditionFormula(Conditioning conditioning) {
    return conditioning == Conditioning::LogSnr
               ? "c = ln(alphaBar_t / (1 - alphaBar_t)), clamped to [-12, 12]"
               : "c = 12 - 24 t/T";
}

/// What the network's outputs mean. Without a second head, and for eps, one word, as ever.
ordered_json outputFormulas(const MlpLayout& layout) {
    constexpr std::string_view formulas[] = {
        "eps", "x0; eps = (x_t - sqrt(alphaBar) x0) / sqrt(1 - alphaBar)",
        "v; eps = sqrt(1 - alphaBar) x_t + sqrt(alphaBar) v, x0 = sqrt(alphaBar) x_t - sqrt(1 - alphaBar) v"};
    const std::string_view prediction = formulas[static_cast<std::size_t>(layout.parametrisation)];
    if (!layout.twoHeads) return prediction;
    return {
        prediction,
        "h; log variance of x_{t-1} along x, y = log betaTilde + (log beta - log betaTilde) / (1 + exp(-h))"};
}

template <typename Value>
std::string_view bytesOf(std::span<const Value> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

void requireFinite(std::span<const float> values, const std::string& what) {
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
        throw InputError(what + " holds a number that is not finite.");
}

std::string numberText(double value, const std::string& what) {
    if (!std::isfinite(value)) throw InputError(what + " is not finite.");
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, end};
}

ordered_json settingsJson(const Session& session) {
    ordered_json object;
    for (const Field& field : fields()) {
        const double value = field.type == FieldType::Text ? 0.0 : field.get(session.run.settings);
        switch (field.type) {
            case FieldType::Toggle:
                object[std::string(field.id)] = value != 0.0;
                break;
            case FieldType::Real:
                object[std::string(field.id)] = value;
                break;
            case FieldType::Integer:
                // A seed is a string: readers that carry every number as a double would round it.
                if (field.id == "seed")
                    object["seed"] = fieldText(field, session.run.settings);
                else
                    object[std::string(field.id)] = static_cast<std::int64_t>(value);
                break;
            case FieldType::Choice:
            case FieldType::Text:
                object[std::string(field.id)] = fieldText(field, session.run.settings);
                break;
        }
    }
    for (const auto& [id, value] : session.unknownSettings) object[id] = json::parse(value);
    return object;
}

ordered_json historyJson(const LossHistory& history) {
    std::vector<std::int64_t> steps;
    std::vector<double> losses;
    for (const LossHistory::Point& point : history.points()) {
        if (!std::isfinite(point.loss))
            throw InputError("The loss history holds a number that is not finite.");
        steps.push_back(point.step);
        losses.push_back(static_cast<double>(point.loss));
    }
    return {{"stride", history.stride()}, {"step", steps}, {"loss", losses}};
}

std::string dumped(const ordered_json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

ordered_json sessionInputs(const MlpLayout& layout) {
    return {{"features", inputFormulas(layout.classes)},
            {"condition", conditionFormula(layout.conditioning)},
            {"hidden", "h -> silu(weight h + bias)"},
            {"output", outputFormulas(layout)}};
}

std::string writeSession(const Session& session) {
    const SavedRun& run = session.run;
    if (!run.data || run.data->points.empty()) throw InputError("A session without data cannot be written.");
    if (run.state.layout != layoutOf(run.settings, *run.data))
        throw InputError("The network does not have the shape that its settings describe.");

    Safetensors file;
    file.metadata = {
        {"format", std::string(sessionFormat)},
        {"version", std::string(sessionVersion)},
        {"settings", dumped(settingsJson(session))},
        {"inputs", dumped(sessionInputs(run.state.layout))},
        {"history", dumped(historyJson(run.history))},
        {"step", std::to_string(run.state.step)},
        {"playhead", numberText(session.playhead, "The playhead")},
        {"training", session.training ? "true" : "false"},
        {"units", dumped({{"offset", run.data->units.offset}, {"scale", run.data->units.scale}})},
        {"axes", dumped(run.data->axes)},
        {"classes", dumped(run.data->classes)}};
    for (const auto& entry : session.unknown) file.metadata.push_back(entry);

    for (const SessionPart& part : sessionParts) {
        const std::vector<float>& values = run.state.*part.values;
        if (values.size() != run.state.layout.parameterCount())
            throw InputError("The network's " + std::string(part.prefix) +
                             " has not as many numbers as its layers.");
        const auto layers = run.state.layout.layers();
        for (std::size_t n = 0; n < layers.size(); ++n) {
            const auto in = static_cast<std::size_t>(layers[n].in);
            const auto out = static_cast<std::size_t>(layers[n].out);
            const std::string name = std::string(part.prefix) + std::to_string(n);
            const auto weight = std::span(values).subspan(layers[n].weight, out * in);
            const auto bias = std::span(values).subspan(layers[n].bias, out);
            requireFinite(weight, "Tensor " + quote(name + ".weight"));
            requireFinite(bias, "Tensor " + quote(name + ".bias"));
            file.tensors.push_back({name + ".weight", "F32", {out, in}, bytesOf(weight)});
            file.tensors.push_back({name + ".bias", "F32", {out}, bytesOf(bias)});
        }
    }
    requireFinite(run.data->points, "Tensor \"data.points\"");
    file.tensors.push_back(
        {"data.points", "F32", {run.data->size(), 2}, bytesOf(std::span(run.data->points))});
    if (!run.data->labels.empty())
        file.tensors.push_back(
            {"data.labels", "I32", {run.data->labels.size()}, bytesOf(std::span(run.data->labels))});
    for (const ForeignTensor& tensor : session.unknownTensors)
        file.tensors.push_back({tensor.name, tensor.dtype, tensor.shape, tensor.bytes});
    return writeSafetensors(file);
}

}  // namespace diffuscope
