#include "Error.h"
#include "io/Csv.h"
#include "io/Json.h"
#include "io/Safetensors.h"
#include "io/Session.h"
#include "io/SessionFormat.h"
#include "io/Text.h"
#include "settings/Fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>

namespace diffuscope {
namespace {

using nlohmann::json;

constexpr std::int64_t largestStep = std::int64_t{1} << 53;

class Reader {
  public:
    explicit Reader(std::string_view bytes) : file_(readSafetensors(bytes)) {
        for (const Tensor& tensor : file_.tensors) tensors_.emplace(tensor.name, &tensor);
        for (const auto& [key, value] : file_.metadata) metadata_.emplace(key, value);
    }

    ReadSession read() {
        requireFormat();
        readSettings();
        Session& session = result_.session;
        session.run.data = std::make_shared<const DataSet>(readData());
        session.run.state.layout = layoutOf(session.run.settings, *session.run.data);
        requireInputs();
        readState();
        session.run.history = readHistory();
        if (const auto text = take("playhead")) session.playhead = finite(*text, "playhead");
        if (session.playhead < 0.0) refuseKey("playhead", "is negative.");
        if (session.playhead > session.run.settings.schedule.steps)
            refuseKey("playhead", "is beyond the schedule's T.");
        if (const auto text = take("training")) {
            if (*text != "true" && *text != "false") refuseKey("training", "is neither true nor false.");
            session.training = *text == "true";
        }
        keepUnknown();
        return std::move(result_);
    }

  private:
    [[noreturn]] static void refuseKey(const std::string& key, const std::string& what) {
        throw InputError("Metadata " + quote(key) + " " + what);
    }
    [[noreturn]] static void refuseTensor(const std::string& name, const std::string& what) {
        throw InputError("Tensor " + quote(name) + " " + what);
    }

    std::optional<std::string> take(const std::string& key) {
        const auto found = metadata_.find(key);
        if (found == metadata_.end()) return std::nullopt;
        std::string value = std::move(found->second);
        metadata_.erase(found);
        return value;
    }
    std::string require(const std::string& key) {
        if (auto value = take(key)) return *value;
        refuseKey(key, "is missing.");
    }
    static json parsed(const std::string& text, const std::string& key) {
        return parseStrictly(text, "Metadata " + quote(key));
    }

    static double finite(const std::string& text, const std::string& key) {
        double value = 0.0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
            refuseKey(key, "is " + quote(text) + ", not a finite number.");
        return value;
    }
    static std::int64_t natural(const json& value, const std::string& key, const char* what) {
        if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value > largestStep)
            refuseKey(key, std::string("has ") + what + " that is not a natural number.");
        return value.get<std::int64_t>();
    }

    void requireFormat() {
        const auto format = take("format");
        if (!format || *format != sessionFormat)
            refuseKey("format", "is not \"diffuscope\". This is not a session file.");
        const std::string text = require("version");
        int major = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), major);
        if (error != std::errc() || major < 1 || (end != text.data() + text.size() && *end != '.'))
            refuseKey("version", "is " + quote(text) + ", not a version number.");
        if (major > sessionMajorVersion)
            refuseKey("version", "is " + quote(text) +
                                     ": a newer Diffuscope wrote this file; this one reads versions "
                                     "up to " +
                                     std::to_string(sessionMajorVersion) + ".x.");
    }

    void readSettings() {
        const json object = parsed(require("settings"), "settings");
        if (!object.is_object()) refuseKey("settings", "is not a JSON object.");
        Session& session = result_.session;
        for (const auto& item : object.items()) {
            const std::string& id = item.key();
            const json& value = item.value();
            const auto table = fields();
            const auto field =
                std::find_if(table.begin(), table.end(), [&](const Field& row) { return row.id == id; });
            if (field == table.end()) {
                session.unknownSettings.emplace_back(id, value.dump());
                result_.warnings.push_back("The setting " + quote(id) +
                                           " is not known to this version; it is kept.");
                continue;
            }
            try {
                if (value.is_string())
                    parseField(*field, value.get<std::string>(), session.run.settings);
                else if (value.is_boolean() && field->type == FieldType::Toggle)
                    field->set(session.run.settings, value.get<bool>() ? 1.0 : 0.0);
                else if (value.is_number() &&
                         (field->type == FieldType::Real || field->type == FieldType::Integer))
                    setField(*field, value.get<double>(), session.run.settings);
                else
                    throw InputError(std::string(field->id) + " cannot be " + quote(value.dump()) + ".");
            } catch (const InputError& error) {
                refuseKey("settings", std::string("has a wrong value: ") + error.what());
            }
        }
        // One sentence for all: a file of an older version lacks many.
        std::string missing;
        int count = 0;
        for (const Field& field : fields())
            if (!object.contains(field.id)) missing += (count++ > 0 ? ", " : "") + quote(field.id);
        if (count == 1)
            result_.warnings.push_back("The setting " + missing + " is missing; its default is taken.");
        if (count > 1)
            result_.warnings.push_back("The settings " + missing + " are missing; their defaults are taken.");
        try {
            validate(session.run.settings);
        } catch (const InputError& error) {
            refuseKey("settings", std::string("has a wrong value: ") + error.what());
        }
    }

    void requireInputs() {
        const json inputs = parsed(require("inputs"), "inputs");
        if (inputs != json(sessionInputs(result_.session.run.state.layout)))
            refuseKey("inputs", "describes a network with other inputs than this version computes.");
    }

    const Tensor& requireTensor(const std::string& name, std::string_view dtype) {
        const auto found = tensors_.find(name);
        if (found == tensors_.end()) refuseTensor(name, "is missing.");
        if (found->second->dtype != dtype)
            refuseTensor(name, "has the dtype " + quote(found->second->dtype) + "; " + std::string(dtype) +
                                   " is accepted.");
        used_.insert(name);
        return *found->second;
    }

    void readTensor(const std::string& name, const std::vector<std::size_t>& shape, std::span<float> values) {
        const Tensor& tensor = requireTensor(name, "F32");
        if (tensor.shape != shape) {
            std::string wanted;
            for (const std::size_t extent : shape)
                wanted += (wanted.empty() ? "" : ", ") + std::to_string(extent);
            refuseTensor(name, "has another shape than (" + wanted + "), which the settings ask for.");
        }
        std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
        if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
            refuseTensor(name, "holds a number that is not finite.");
    }

    void readState() {
        TrainingState& state = result_.session.run.state;
        for (const SessionPart& part : sessionParts) {
            std::vector<float>& values = state.*part.values;
            values.resize(state.layout.parameterCount());
            const auto layers = state.layout.layers();
            for (std::size_t n = 0; n < layers.size(); ++n) {
                const auto in = static_cast<std::size_t>(layers[n].in);
                const auto out = static_cast<std::size_t>(layers[n].out);
                const std::string name = std::string(part.prefix) + std::to_string(n);
                const std::span<float> all(values);
                readTensor(name + ".weight", {out, in}, all.subspan(layers[n].weight, out * in));
                readTensor(name + ".bias", {out}, all.subspan(layers[n].bias, out));
                if (part.values == &TrainingState::secondMoment)
                    for (const auto& [tensor, offset, size] :
                         {std::tuple(name + ".weight", layers[n].weight, out * in),
                          {name + ".bias", layers[n].bias, out}})
                        for (const float value : all.subspan(offset, size))
                            if (value < 0.0f)
                                refuseTensor(tensor, "holds a negative number, which no mean of squares is.");
            }
        }
        const std::string text = require("step");
        std::int64_t step = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
        if (error != std::errc() || end != text.data() + text.size() || step < 0 || step > largestStep)
            refuseKey("step", "is " + quote(text) + ", not a natural number up to 2^53.");
        state.step = step;
    }

    std::array<double, 2> pair(const json& object, const char* key) {
        const auto found = object.find(key);
        if (found == object.end() || !found->is_array() || found->size() != 2 || !(*found)[0].is_number() ||
            !(*found)[1].is_number())
            refuseKey("units", std::string("has no pair ") + key + ".");
        return {(*found)[0].get<double>(), (*found)[1].get<double>()};
    }

    DataSet readData() {
        DataSet data;
        const Tensor& points = requireTensor("data.points", "F32");
        if (points.shape.size() != 2 || points.shape[1] != 2 || points.shape[0] < 1 ||
            points.shape[0] > largestTable)
            refuseTensor("data.points",
                         "is not of shape (N, 2) with N from 1 to " + std::to_string(largestTable) + ".");
        data.points.resize(2 * points.shape[0]);
        readTensor("data.points", points.shape, data.points);

        if (const auto text = take("units")) {
            const json units = parsed(*text, "units");
            if (!units.is_object()) refuseKey("units", "is not a JSON object.");
            data.units = {pair(units, "offset"), pair(units, "scale")};
            for (const double scale : data.units.scale)
                if (!(scale >= 1e-300 && scale <= 1e300))
                    refuseKey("units", "has a scale that is not from 1e-300 to 1e300.");
        }
        if (const auto text = take("axes")) {
            const auto names = strings(*text, "axes");
            if (names.size() != 2) refuseKey("axes", "is not a pair of names.");
            data.axes = {names[0], names[1]};
        }
        if (const auto text = take("classes")) data.classes = strings(*text, "classes");
        readLabels(data);
        const DatasetRow& row =
            datasets()[static_cast<std::size_t>(result_.session.run.settings.data.dataset)];
        if (row.mixture) data.mixture = row.mixture();
        return data;
    }

    void readLabels(DataSet& data) {
        if (!tensors_.contains("data.labels")) {
            if (!data.classes.empty()) refuseTensor("data.labels", "is missing, although there are classes.");
            return;
        }
        const Tensor& tensor = requireTensor("data.labels", "I32");
        if (tensor.shape != std::vector<std::size_t>{data.size()})
            refuseTensor("data.labels",
                         "has not one entry for each of the " + std::to_string(data.size()) + " points.");
        data.labels.resize(data.size());
        std::memcpy(data.labels.data(), tensor.bytes.data(), tensor.bytes.size());
        for (const std::int32_t label : data.labels)
            if (label < 0 ||
                (!data.classes.empty() && static_cast<std::size_t>(label) >= data.classes.size()))
                refuseTensor("data.labels", "holds " + std::to_string(label) + ", which is no class.");
    }

    static std::vector<std::string> strings(const std::string& text, const std::string& key) {
        const json array = parsed(text, key);
        if (!array.is_array() ||
            !std::all_of(array.begin(), array.end(), [](const json& one) { return one.is_string(); }))
            refuseKey(key, "is not an array of strings.");
        return array.get<std::vector<std::string>>();
    }

    LossHistory readHistory() {
        const auto text = take("history");
        if (!text) return {};
        const json history = parsed(*text, "history");
        if (!history.is_object() || !history.contains("stride") || !history.contains("step") ||
            !history.contains("loss"))
            refuseKey("history", "has no stride, step and loss.");
        const json& steps = history["step"];
        const json& losses = history["loss"];
        if (!steps.is_array() || !losses.is_array() || steps.size() != losses.size() ||
            steps.size() > LossHistory::capacity)
            refuseKey("history", "has not one loss for each of up to " +
                                     std::to_string(LossHistory::capacity) + " steps.");
        std::vector<LossHistory::Point> points;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (!losses[i].is_number() || !std::isfinite(losses[i].get<float>()))
                refuseKey("history", "has a loss that is not a finite number.");
            if (losses[i].get<float>() < 0.0f)
                refuseKey("history", "has a negative loss, which no mean of squares is.");
            points.push_back({natural(steps[i], "history", "a step"), losses[i].get<float>()});
            if (i > 0 && points[i].step <= points[i - 1].step)
                refuseKey("history", "has steps that do not rise.");
        }
        if (!points.empty() && points.back().step > result_.session.run.state.step)
            refuseKey("history", "goes beyond the network's step.");
        const std::int64_t stride = natural(history["stride"], "history", "a stride");
        if (stride < 1) refuseKey("history", "has a stride below 1.");
        return LossHistory::restored(std::move(points), stride);
    }

    void keepUnknown() {
        for (const auto& [key, value] : metadata_) {
            result_.session.unknown.emplace_back(key, value);
            result_.warnings.push_back("The metadata " + quote(key) +
                                       " is not known to this version; it is kept.");
        }
        for (const Tensor& tensor : file_.tensors) {
            if (used_.contains(tensor.name)) continue;
            for (const SessionPart& part : sessionParts)
                if (tensor.name.starts_with(part.prefix))
                    refuseTensor(tensor.name,
                                 "belongs to no layer of the network that the settings describe.");
            result_.session.unknownTensors.push_back(
                {tensor.name, tensor.dtype, tensor.shape, std::string(tensor.bytes)});
            result_.warnings.push_back("The tensor " + quote(tensor.name) +
                                       " is not known to this version; it is kept.");
        }
    }

    Safetensors file_;
    std::map<std::string, const Tensor*> tensors_;
    std::map<std::string, std::string> metadata_;
    std::set<std::string> used_;
    ReadSession result_;
};

}  // namespace

ReadSession readSession(std::string_view bytes) {
    return Reader(bytes).read();
}

}  // namespace diffuscope
