#include "data/DataSet.h"
#include "denoiser/DenoiserBackend.h"
#include "diffusion/Loss.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/Parametrisation.h"
#include "diffusion/ReverseSampler.h"
#include "measures/Evaluation.h"
#include "scenes/Scene.h"
#include "settings/Fields.h"
#include "verbs/Verbs.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <iostream>
#include <memory>

namespace diffuscope {
namespace {

using nlohmann::ordered_json;

std::vector<Choice> plain(std::span<const Choice> rows) {
    return {rows.begin(), rows.end()};
}

struct Kind {
    std::string_view id;
    std::vector<Choice> (*choices)();
};
constexpr Kind kinds[] = {
    {"datasets", [] { return choicesOf(datasets()); }},
    {"schedules", [] { return choicesOf(schedules()); }},
    {"samplers", [] { return choicesOf(samplers()); }},
    {"sigmas", [] { return choicesOf(sigmas()); }},
    {"parametrisations", [] { return plain(parametrisations()); }},
    {"losses", [] { return choicesOf(losses()); }},
    {"layers", [] { return choicesOf(layers()); }},
    {"scenes", [] { return choicesOf(scenes()); }},
    {"measures", [] { return choicesOf(measures()); }},
    {"backends", [] { return plain(backends()); }},
};
constexpr std::string_view settingsKind = "settings";

std::string numberText(double value) {
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, end};
}

std::string rangeText(const Field& field) {
    if (field.type == FieldType::Toggle) return "on, off";
    if (field.type == FieldType::Text) return "text";
    if (field.type != FieldType::Choice) return numberText(field.minimum) + " … " + numberText(field.maximum);
    std::string list;
    for (const Choice& choice : field.choices()) list.append(list.empty() ? "" : ", ").append(choice.id);
    return list;
}

ordered_json settingJson(const Field& field, const Settings& defaults) {
    ordered_json row = {{"id", field.id}, {"default", fieldText(field, defaults)}};
    if (field.type == FieldType::Choice) {
        row["choices"] = ordered_json::array();
        for (const Choice& choice : field.choices()) row["choices"].push_back(choice.id);
    } else if (field.type == FieldType::Toggle) {
        row["choices"] = {"on", "off"};
    } else if (field.type != FieldType::Text) {
        row["minimum"] = field.minimum;
        row["maximum"] = field.maximum;
    }
    row["unit"] = field.unit;
    row["cost"] = idOf(field.cost);
    row["title"] = field.label;
    row["help"] = field.help;
    return row;
}

void listSettings(bool json) {
    const Settings defaults;
    ordered_json rows = ordered_json::array();
    for (const Field& field : fields()) {
        if (json)
            rows.push_back(settingJson(field, defaults));
        else
            std::cout << field.id << '\t' << fieldText(field, defaults) << '\t' << rangeText(field) << '\t'
                      << field.unit << '\t' << idOf(field.cost) << '\n';
    }
    if (json) std::cout << rows.dump(2) << '\n';
}

void listChoices(const std::vector<Choice>& choices, bool json) {
    ordered_json rows = ordered_json::array();
    for (const Choice& choice : choices) {
        if (json)
            rows.push_back({{"id", choice.id}, {"title", choice.title}, {"help", choice.help}});
        else
            std::cout << choice.id << '\t' << choice.title << '\n';
    }
    if (json) std::cout << rows.dump(2) << '\n';
}

int list(const std::string& kind, bool json) {
    if (kind == settingsKind) {
        listSettings(json);
        return 0;
    }
    std::string known;
    for (const Kind& row : kinds) {
        known.append(row.id).append(", ");
        if (row.id != kind) continue;
        listChoices(row.choices(), json);
        return 0;
    }
    throw UsageError("There is no list of \"" + kind + "\"; known are " + known + "settings.");
}

}  // namespace

CLI::App* addListVerb(CLI::App& program, Run& run) {
    struct Options {
        std::string kind;
        bool json = false;
    };
    const auto options = std::make_shared<Options>();
    CLI::App* verb = program.add_subcommand("list", "Name what there is, an id and a title a line");
    std::string known;
    for (const Kind& row : kinds) known.append(row.id).append(", ");
    verb->add_option("kind", options->kind, known.append(settingsKind))->required()->type_name("KIND");
    verb->add_flag("--json", options->json, "As JSON, with help");
    verb->footer("Example: diffuscope list datasets");
    verb->callback([options, &run] { run = [options] { return list(options->kind, options->json); }; });
    return verb;
}

}  // namespace diffuscope
