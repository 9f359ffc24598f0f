#include "sweep/SweepGrid.h"

#include "Error.h"
#include "io/Csv.h"
#include "io/Import.h"
#include "io/Json.h"
#include "io/Text.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

namespace diffuscope {
namespace {

constexpr std::string_view columnsId = "columns";
constexpr std::string_view countId = "count";
constexpr std::string_view stepsId = "steps";
constexpr std::string_view secondsId = "seconds";
constexpr std::string_view oneNetworkId = "one-network";
constexpr std::string_view measuresId = "measures";
constexpr std::string_view dataSetId = "data.set";
constexpr std::string_view trainedPrefix = "trained.";

constexpr double leastSeconds = 0.001;
constexpr double mostSeconds = 1e7;
constexpr std::int64_t mostSteps = std::int64_t{1} << 40;

template <typename Number>
std::string numberText(Number value) {
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, end};
}

std::string textOf(const nlohmann::json& value, const std::string& key) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
    if (value.is_number_integer()) return value.dump();
    if (value.is_number()) return numberText(value.get<double>());
    throw InputError("The key " + quote(key) + " holds " + quote(value.dump()) +
                     "; values are texts, numbers, true or false.");
}

/// A number of `text` within the range, in its shortest form.
template <typename Number>
Number numberOf(std::string_view id, std::string_view text, Number least, Number most, const char* what) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !(number >= least) || !(number <= most))
        throw InputError(std::string(id) + " cannot be " + quote(text) + ": it takes " + what + " from " +
                         numberText(least) + " to " + numberText(most) + ".");
    return number;
}

int countOf(std::string_view text) {
    return numberOf(countId, text, fewestEvaluated, mostEvaluated, "a whole number");
}
std::int64_t stepsOf(std::string_view text) {
    return numberOf<std::int64_t>(stepsId, text, 0, mostSteps, "a whole number");
}
double secondsOf(std::string_view text) {
    return numberOf(secondsId, text, leastSeconds, mostSeconds, "a number");
}

/// The text as every combination shows it. @throws InputError when it is no value of the axis
std::string canonical(const SweepAxis& axis, const std::string& text) {
    if (axis.id == columnsId) {
        (void)columnPair(text);
        return text;
    }
    if (axis.id == countId) return std::to_string(countOf(text));
    if (axis.id == stepsId) return std::to_string(stepsOf(text));
    if (axis.id == secondsId) return numberText(secondsOf(text));
    if (axis.id == dataSetId && namesFile(text)) return text;
    Settings settings;
    parseField(*axis.field, text, settings);
    if (settings.data.dataset == DatasetKind::Imported)
        throw InputError(
            "Imported points are given as a file in data.set: a .csv or .npy table or a .png or .jpg "
            "picture.");
    return fieldText(*axis.field, settings);
}

void add(SweepAxis& axis, const std::string& text, std::set<std::string>& known) {
    std::string value = canonical(axis, text);
    if (!known.insert(value).second)
        throw InputError("The key " + quote(axis.id) + " holds " + quote(value) + " twice.");
    axis.values.push_back(std::move(value));
    if (axis.values.size() > SweepGrid::mostCombinations)
        throw InputError("The key " + quote(axis.id) + " holds more than " +
                         std::to_string(SweepGrid::mostCombinations) + " values.");
}

SweepAxis emptyAxis(const std::string& id) {
    if (id == columnsId || id == countId || id == stepsId || id == secondsId) return {id, nullptr, {}};
    std::vector<std::string_view> known{columnsId, countId, stepsId, secondsId, oneNetworkId, measuresId};
    for (const Field& field : fields()) {
        if (field.group == Group::View) {
            if (field.id == id) throw InputError("The key " + quote(id) + " has no effect on a sweep.");
            continue;
        }
        if (field.id == id) return {id, &field, {}};
        known.push_back(field.id);
    }
    throw InputError("There is no key " + quote(id) + "; did you mean " + quote(nearestOf(known, id)) +
                     "? Keys are ids of `diffuscope list settings`, columns, count, steps, seconds, measures "
                     "and one-network.");
}

SweepAxis axisOf(const std::string& id, const nlohmann::json& values) {
    SweepAxis axis = emptyAxis(id);
    std::set<std::string> known;
    if (!values.is_array()) {
        add(axis, textOf(values, id), known);
        return axis;
    }
    if (values.empty()) throw InputError("The key " + quote(id) + " holds an empty list.");
    for (const nlohmann::json& value : values) add(axis, textOf(value, id), known);
    return axis;
}

/// Field-table order, then columns, then count, then steps or seconds.
std::size_t placeOf(const SweepAxis& axis) {
    if (axis.field) return static_cast<std::size_t>(axis.field - fields().data());
    return fields().size() + (axis.id == columnsId ? 0 : axis.id == countId ? 1 : 2);
}

/// In the order of their table. @throws InputError
std::vector<Measure> measuresOf(const nlohmann::json& values) {
    const std::vector<Choice> choices = choicesOf(measures());
    std::vector<Measure> wanted;
    for (const nlohmann::json& value : values.is_array() ? values : nlohmann::json::array({values})) {
        const auto measure =
            static_cast<Measure>(requireIndex(choices, textOf(value, std::string(measuresId)), "measure"));
        if (std::find(wanted.begin(), wanted.end(), measure) != wanted.end())
            throw InputError("The key \"measures\" holds " + quote(value.dump()) + " twice.");
        wanted.push_back(measure);
    }
    if (wanted.empty()) throw InputError("The key \"measures\" holds an empty list.");
    std::sort(wanted.begin(), wanted.end());
    return wanted;
}

bool has(const std::vector<SweepAxis>& axes, std::string_view id) {
    return std::any_of(axes.begin(), axes.end(), [id](const SweepAxis& axis) { return axis.id == id; });
}

void assign(const SweepAxis& axis, const std::string& text, SweepCombination& combination) {
    if (axis.id == columnsId)
        combination.columns = text;
    else if (axis.id == countId)
        combination.count = countOf(text);
    else if (axis.id == stepsId)
        combination.steps = stepsOf(text);
    else if (axis.id == secondsId)
        combination.seconds = secondsOf(text);
    else if (axis.id == dataSetId && namesFile(text)) {
        combination.file = text;
        combination.settings.data.dataset = DatasetKind::Imported;
    } else
        parseField(*axis.field, text, combination.settings);
}

bool resamples(const Settings& before, const Settings& after) {
    return costOfChange(before, after) <= Cost::Resample;
}

/// What the training of a combination goes by. What it cannot see has the value of `sampler`; with
/// `schedule`, what only resamples has that one's.
Settings trainingSettings(const Settings& own, const Settings& sampler, const Settings* schedule) {
    Settings settings = own;
    for (const Field& field : fields()) {
        const Settings* from = field.group == Group::Sampler    ? &sampler
                               : field.group == Group::Schedule ? schedule
                                                                : nullptr;
        if (!from) continue;
        Settings changed = settings;
        parseField(field, fieldText(field, *from), changed);
        if (resamples(own, changed)) settings = changed;
    }
    return settings;
}

std::string keyOf(const Settings& settings) {
    std::string key;
    for (const Field& field : fields()) key.append(fieldText(field, settings)).append(1, '\n');
    return key;
}

}  // namespace

SweepGrid::SweepGrid(std::string_view json, std::span<const std::string> assignments) {
    const nlohmann::json grid = parseStrictly(json, "The grid");
    if (!grid.is_object())
        throw InputError("The grid is not a JSON object: it takes {\"key\": [values], …}.");
    bool oneNetwork = false;
    measures_ = allMeasures();
    for (const auto& [key, values] : grid.items()) {
        if (key == measuresId) {
            measures_ = measuresOf(values);
        } else if (key != oneNetworkId) {
            axes_.push_back(axisOf(key, values));
        } else if (!values.is_boolean()) {
            throw InputError("The key \"one-network\" takes true or false.");
        } else {
            oneNetwork = values.get<bool>();
        }
    }
    for (const std::string& assignment : assignments) {
        const std::size_t equals = assignment.find('=');
        if (equals == std::string::npos)
            throw InputError(quote(assignment) + " is not a setting: it takes ID=VALUE.");
        const std::string id = assignment.substr(0, equals);
        if (has(axes_, id)) throw InputError(id + " is given twice: once is enough.");
        axes_.push_back(axisOf(id, assignment.substr(equals + 1)));
    }
    if (has(axes_, stepsId) == has(axes_, secondsId))
        throw InputError("The grid says how long to train by either \"steps\" or \"seconds\".");
    if (!has(axes_, countId)) axes_.push_back(axisOf(std::string(countId), defaultCount));
    std::sort(axes_.begin(), axes_.end(),
              [](const SweepAxis& a, const SweepAxis& b) { return placeOf(a) < placeOf(b); });
    combine();
    shareTrainings(oneNetwork);
}

std::vector<std::string> SweepGrid::columns() const {
    std::vector<std::string> names;
    for (const SweepAxis& axis : axes_) names.push_back(axis.id);
    for (const SweepAxis* axis : learnedAxes_) names.push_back(std::string(trainedPrefix) + axis->id);
    return names;
}

void SweepGrid::combine() {
    std::size_t total = 1;
    for (const SweepAxis& axis : axes_) {
        if (axis.values.size() > mostCombinations / total) {
            throw InputError("The grid has more than " + std::to_string(mostCombinations) +
                             " combinations, the most that are accepted.");
        }
        total *= axis.values.size();
    }
    combinations_.resize(total);
    for (std::size_t i = 0; i < total; ++i) {
        SweepCombination& combination = combinations_[i];
        std::size_t rest = i;
        std::size_t block = total;
        for (const SweepAxis& axis : axes_) {
            block /= axis.values.size();
            const std::string& text = axis.values[rest / block];
            rest %= block;
            combination.texts.push_back(text);
            assign(axis, text, combination);
        }
        try {
            validate(combination.settings);
            if (combination.file.empty() && !combination.columns.empty())
                throw InputError("columns belongs to a table of points, a file in data.set.");
        } catch (const InputError& error) {
            throw InputError("Combination " + std::to_string(i + 1) + " of the grid (" +
                             nameOf(*this, combination) + "): " + error.what());
        }
    }
}

void SweepGrid::shareTrainings(bool oneNetwork) {
    if (oneNetwork)
        for (const SweepAxis& axis : axes_)
            if (axis.field && axis.field->group == Group::Schedule && axis.values.size() > 1)
                learnedAxes_.push_back(&axis);
    if (oneNetwork && learnedAxes_.empty())
        throw InputError("\"one-network\" has no effect: no setting of the schedule has two values.");
    const Settings sampler;
    std::map<std::string, std::size_t> known;
    for (std::size_t i = 0; i < combinations_.size(); ++i) {
        SweepCombination& combination = combinations_[i];
        const Settings settings = trainingSettings(combination.settings, sampler,
                                                   oneNetwork ? &combinations_[0].settings : nullptr);
        for (const SweepAxis* axis : learnedAxes_)
            combination.texts.push_back(fieldText(*axis->field, settings));
        std::string key = keyOf(settings) + combination.file + '\n' + combination.columns + '\n';
        // A clock passes nothing on the way that could be found again: every time is a training of its own.
        if (combination.seconds > 0.0) key += numberText(combination.seconds);
        const auto [found, fresh] = known.emplace(std::move(key), trainings_.size());
        if (fresh) trainings_.push_back({settings, combination.file, combination.columns, {}});
        combination.training = found->second;
        trainings_[found->second].combinations.push_back(i);
    }
    for (SweepTraining& training : trainings_)
        std::stable_sort(
            training.combinations.begin(), training.combinations.end(),
            [this](std::size_t a, std::size_t b) { return combinations_[a].steps < combinations_[b].steps; });
}

std::vector<std::size_t> SweepGrid::shard(std::size_t shard, std::size_t shards) const {
    const bool whole = trainings_.size() >= shards;
    std::vector<std::size_t> taken;
    for (std::size_t i = 0; i < combinations_.size(); ++i)
        if ((whole ? combinations_[i].training : i) % shards == shard - 1) taken.push_back(i);
    return taken;
}

std::string nameOf(const SweepGrid& grid, const SweepCombination& combination) {
    std::string name;
    for (std::size_t k = 0; k < grid.axes().size(); ++k)
        name += (k > 0 ? ", " : "") + grid.axes()[k].id + "=" + combination.texts[k];
    return name;
}

}  // namespace diffuscope
