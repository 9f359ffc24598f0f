#include "settings/Fields.h"

#include "Error.h"
#include "data/DataSet.h"
#include "data/Letters.h"
#include "denoiser/DenoiserBackend.h"
#include "denoiser/Mlp.h"
#include "diffusion/IdealDenoiser.h"
#include "diffusion/LearnedVariance.h"
#include "diffusion/Loss.h"
#include "diffusion/NoiseSchedule.h"
#include "diffusion/Parametrisation.h"
#include "diffusion/ReverseSampler.h"
#include "settings/Kinds.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace diffuscope {
namespace {

template <typename Rows>
std::vector<Choice> tableChoices(Rows rows) {
    return choicesOf(rows);
}

std::vector<Choice> plainChoices(std::span<const Choice> rows) {
    return {rows.begin(), rows.end()};
}

const DatasetRow& datasetRow(const Settings& s) {
    return datasets()[static_cast<std::size_t>(s.data.dataset)];
}

/// How many classes data may come with: tables of points from a file, and letters, with any number.
int mostClassesOf(const DataSettings& data) {
    static const std::vector<int> known = [] {
        std::vector<int> classes;
        for (const DatasetRow& row : datasets())
            classes.push_back(row.draw == nullptr || row.drawText != nullptr
                                  ? mostClasses
                                  : static_cast<int>(row.draw(1, 1).classes.size()));
        return classes;
    }();
    return known[static_cast<std::size_t>(data.dataset)];
}

bool mayHaveClasses(const DataSettings& data) {
    return mostClassesOf(data) > 0;
}

/// Whether the sampler's denoiser can be asked about a class.
bool asksForClasses(const Settings& s) {
    return mayHaveClasses(s.data) && (s.network.classes || s.sampler.denoiser != DenoiserKind::Network);
}

#define MEMBER(path)                                                         \
    [](const Settings& s) -> double { return static_cast<double>(s.path); }, \
        [](Settings& s, double value) { s.path = static_cast<decltype(s.path)>(value); }

constexpr double largestStep = 60e9;                // floating-point operations: under a second on two cores
constexpr double largestSeed = 9007199254740991.0;  // 2^53 - 1: every seed is a double of its own

using enum FieldType;
constexpr auto lin = Scale::Linear;
constexpr auto logarithmic = Scale::Logarithmic;

const Field table[] = {
    {"seed", "", "Seed", "", Group::General, Integer, 0, largestSeed, 1, lin, Cost::StartAnew,
     "Every random draw follows from the seed: the same seed gives the same data, network and noise.",
     MEMBER(seed)},
    {"backend", "", "Backend", "", Group::General, FieldType::Choice, 0, 0, 1, lin, Cost::Redraw,
     "Where the network is trained and run. Auto takes the graphics card where there is one.",
     MEMBER(backend), [] { return plainChoices(backends()); }},

    {"data.set", "", "Data set", "", Group::Data, FieldType::Choice, 0, 0, 1, lin, Cost::ContinueTraining,
     "The points that the network learns to make.", MEMBER(data.dataset),
     [] { return tableChoices(datasets()); }},
    {"data.points", "N", "Points", "", Group::Data, Integer, 1, 1e6, 1, logarithmic, Cost::ContinueTraining,
     "How many points are drawn for training. Real tables keep their own number.", MEMBER(data.points),
     nullptr, [](const Settings& s) { return !datasetRow(s).isTable; }},

    {"data.text", "", "Letters", "", Group::Data, Text, 0, mostLetters, 1, lin, Cost::ContinueTraining,
     "What the letters spell: 1 to 24 characters.", nullptr, nullptr, nullptr,
     [](const Settings& s) { return datasetRow(s).drawText != nullptr; }, false,
     [](const Settings& s) { return s.data.text; },
     [](Settings& s, std::string_view text) {
         requireLetters(text);
         s.data.text = text;
     }},

    {"schedule.kind", "", "Schedule", "", Group::Schedule, FieldType::Choice, 0, 0, 1, lin, Cost::Resample,
     "How the noise grows from step to step.", MEMBER(schedule.kind),
     [] { return tableChoices(schedules()); }},
    {"schedule.beta-min", "β<sub>min</sub>", "First noise variance", "", Group::Schedule, Real, 1e-8, 0.999,
     1e-5, logarithmic, Cost::Resample, "Variance of the noise that the first step adds, at T = 1000.",
     MEMBER(schedule.betaMin), nullptr, [](const Settings& s) { return uses(s.schedule, usesBetaMin); },
     false, nullptr, nullptr, Quantity::BetaMin},
    {"schedule.beta-max", "β<sub>max</sub>", "Last noise variance", "", Group::Schedule, Real, 1e-8, 0.999,
     1e-4, logarithmic, Cost::Resample, "Variance of the noise that the last step adds, at T = 1000.",
     MEMBER(schedule.betaMax), nullptr, [](const Settings& s) { return uses(s.schedule, usesBetaMax); },
     false, nullptr, nullptr, Quantity::BetaMax},
    {"schedule.log-snr-max", "λ<sub>max</sub>", "First log-SNR", "", Group::Schedule, Real, -12, 12, 0.1, lin,
     Cost::Resample, "Log-SNR from which the schedule falls. At 9 the first step leaves all but 1e-4 of ᾱ.",
     MEMBER(schedule.logSnrMax), nullptr, [](const Settings& s) { return uses(s.schedule, usesLogSnrs); }},
    {"schedule.log-snr-min", "λ<sub>min</sub>", "Last log-SNR", "", Group::Schedule, Real, -12, 12, 0.1, lin,
     Cost::Resample, "Log-SNR at which the schedule ends. Below −6 less than 5 % of the signal is left.",
     MEMBER(schedule.logSnrMin), nullptr, [](const Settings& s) { return uses(s.schedule, usesLogSnrs); }},
    {"schedule.curve", "", "Curve", "", Group::Schedule, Text, 0, CustomCurve::mostPoints, 1, lin,
     Cost::Resample,
     "The custom schedule's points: beta: or log-snr:, then pairs t/T,ordinate separated by ;. The ordinate "
     "is "
     "log10 β of T = 1000, or λ.",
     nullptr, nullptr, nullptr, [](const Settings& s) { return uses(s.schedule, usesCurve); }, false,
     [](const Settings& s) { return textOf(s.schedule.curve); },
     [](Settings& s, std::string_view text) { s.schedule.curve = customCurveOf(text); }},
    {"schedule.steps", "T", "Steps", "", Group::Schedule, Integer, 1, 10000, 1, logarithmic, Cost::Resample,
     "Number of diffusion steps.", MEMBER(schedule.steps)},
    {"schedule.keep-curve", "", "Keep the noise curve when T changes", "", Group::Schedule, Toggle, 0, 1, 1,
     lin, Cost::Resample,
     "On: T only says how finely the curve of T = 1000 is cut. Off: each step adds what is set, so a small T "
     "may leave signal.",
     MEMBER(schedule.keepCurve), nullptr, [](const Settings& s) { return !isClosed(s.schedule); }},

    {"sampler.kind", "", "Sampler", "", Group::Sampler, FieldType::Choice, 0, 0, 1, lin, Cost::Resample,
     "How a step back towards the data is made.", MEMBER(sampler.kind),
     [] { return tableChoices(samplers()); }},
    {"sampler.sigma", "σ<sub>t</sub>", "Noise of a reverse step", "", Group::Sampler, FieldType::Choice, 0, 0,
     1, lin, Cost::Resample, "Which variance DDPM's reverse step adds.", MEMBER(sampler.sigma),
     [] { return tableChoices(sigmas()); },
     [](const Settings& s) { return samplerRow(s.sampler).usesSigma; }},
    {"sampler.sigma-mix", "v", "Between lower and upper", "", Group::Sampler, Real, 0, 1, 0.01, lin,
     Cost::Resample,
     "Interpolated variance: exp(v log β + (1 − v) log β̃). 1 is the upper choice, 0 the lower.",
     MEMBER(sampler.sigmaMix), nullptr,
     [](const Settings& s) {
         return samplerRow(s.sampler).usesSigma && s.sampler.sigma == SigmaKind::Interpolated;
     }},
    {"sampler.sigma-scale", "× σ<sub>t</sub>", "Multiplier of the noise", "", Group::Sampler, Real, 0, 2,
     0.01, lin, Cost::Resample, "Multiplies σ of every step: 1 is the choice itself, 0 adds no noise.",
     MEMBER(sampler.sigmaScale), nullptr,
     [](const Settings& s) { return samplerRow(s.sampler).usesSigma && s.sampler.sigma != SigmaKind::Zero; }},
    {"sampler.eta", "η", "DDIM noise", "", Group::Sampler, Real, 0, 1, 0.01, lin, Cost::Resample,
     "0 is deterministic DDIM, 1 adds as much noise as DDPM with the lower variance.", MEMBER(sampler.eta),
     nullptr, [](const Settings& s) { return samplerRow(s.sampler).usesEta; }},
    {"sampler.steps", "S", "Steps of the sampler", "", Group::Sampler, Integer, 1, 10000, 1, logarithmic,
     Cost::Resample, "How many of the T steps the sampler visits; at most T.", MEMBER(sampler.steps), nullptr,
     [](const Settings& s) { return samplerRow(s.sampler).visits != Visits::All; }},
    {"sampler.spacing", "", "Spacing", "", Group::Sampler, FieldType::Choice, 0, 0, 1, lin, Cost::Resample,
     "How the steps that the sampler visits lie among the T.", MEMBER(sampler.spacing),
     [] { return plainChoices(spacings()); },
     [](const Settings& s) { return samplerRow(s.sampler).visits == Visits::Spaced; }},
    {"sampler.langevin-steps", "M", "Langevin steps at each level", "", Group::Sampler, Integer, 1, 100, 1,
     logarithmic, Cost::Resample, "How often the step is repeated before the noise level falls.",
     MEMBER(sampler.langevinSteps), nullptr,
     [](const Settings& s) { return samplerRow(s.sampler).usesLangevin; }},
    {"sampler.langevin-size", "h/(1−ᾱ<sub>t</sub>)", "Size of a Langevin step", "", Group::Sampler, Real,
     0.001, 2, 0.001, logarithmic, Cost::Resample,
     "Relative to the variance of the noise. Large steps move fast and leave the cloud too wide.",
     MEMBER(sampler.langevinSize), nullptr,
     [](const Settings& s) { return samplerRow(s.sampler).usesLangevin; }},
    {"sampler.clamp", "x̂<sub>0</sub>", "Clamp the guess to the data", "", Group::Sampler, Toggle, 0, 1, 1,
     lin, Cost::Resample, "Keeps the guess of the clean point inside the data's box widened by 10 %.",
     MEMBER(sampler.clampX0)},
    {"sampler.denoiser", "", "Denoiser", "", Group::Sampler, FieldType::Choice, 0, 0, 1, lin, Cost::Resample,
     "What predicts the noise.", MEMBER(sampler.denoiser), [] { return plainChoices(denoisers()); }, nullptr,
     true},
    {"sampler.class",
     "",
     "Class",
     "",
     Group::Sampler,
     Integer,
     0,
     mostClasses,
     1,
     lin,
     Cost::Resample,
     "Which class of points is made: 0 for any, else its number.",
     MEMBER(sampler.classNumber),
     nullptr,
     asksForClasses,
     false,
     nullptr,
     nullptr,
     Quantity::Plain,
     [](const Settings& s) { return static_cast<double>(mostClassesOf(s.data)); }},
    {"sampler.guidance", "w", "Guidance", "", Group::Sampler, Real, 0, 8, 0.1, lin, Cost::Resample,
     "ε̂ = ε̂ of any class + w (ε̂ of the class − that). 0 ignores the class, above 1 exaggerates it.",
     MEMBER(sampler.guidance), nullptr,
     [](const Settings& s) { return asksForClasses(s) && s.sampler.classNumber > 0; }},

    {"network.width", "", "Width", "", Group::Network, Integer, 8, 512, 8, logarithmic, Cost::StartAnew,
     "Units of each hidden layer.", MEMBER(network.width)},
    {"network.depth", "", "Depth", "", Group::Network, Integer, 1, 8, 1, lin, Cost::StartAnew,
     "Hidden layers.", MEMBER(network.depth)},
    {"network.conditioning", "", "Conditioning", "", Group::Network, FieldType::Choice, 0, 0, 1, lin,
     Cost::StartAnew, "What the network is told about the noise in its input.", MEMBER(network.conditioning),
     [] { return plainChoices(conditionings()); }, nullptr, true},
    {"network.parametrisation", "", "Prediction", "", Group::Network, FieldType::Choice, 0, 0, 1, lin,
     Cost::StartAnew, "What the network says about a noisy point. Each is converted into the others.",
     MEMBER(network.parametrisation), [] { return plainChoices(parametrisations()); }},
    {"network.classes", "", "Learn the classes", "", Group::Network, Toggle, 0, 1, 1, lin,
     Cost::ContinueTraining,
     "Tells the network the class of nine points in ten, so that it can make points of one class. Points of "
     "any "
     "class are then learned from the tenth alone, and less well.",
     MEMBER(network.classes), nullptr, [](const Settings& s) { return mayHaveClasses(s.data); }},

    {"training.loss", "", "Loss", "", Group::Training, FieldType::Choice, 0, 0, 1, lin,
     Cost::ContinueTraining, "What training makes small: how much the error of each noise level counts.",
     MEMBER(training.loss), [] { return tableChoices(losses()); }},
    {"training.weight-cap", "", "Largest weight", "", Group::Training, Real, 0.01, 1e6, 0.1, logarithmic,
     Cost::ContinueTraining, "Cap of the weight (1 − ᾱ)/ᾱ of the loss of the clean points.",
     MEMBER(training.weightCap), nullptr, [](const Settings& s) { return lossRow(s.training.loss).usesCap; }},
    {"training.learning-rate", "", "Learning rate", "", Group::Training, Real, 1e-6, 0.1, 1e-5, logarithmic,
     Cost::ContinueTraining, "Step size of Adam.", MEMBER(training.learningRate)},
    {"training.batch", "", "Batch", "", Group::Training, Integer, 1, 65536, 1, logarithmic,
     Cost::ContinueTraining, "Noisy points per training step.", MEMBER(training.batch)},
    {"training.stratified", "", "Stratify the noise levels", "", Group::Training, Toggle, 0, 1, 1, lin,
     Cost::ContinueTraining, "Spreads t evenly over every batch: less variance of the loss.",
     MEMBER(training.stratified), nullptr, nullptr, true},
    {"training.floor-share", "", "Share drawn over all noise levels", "", Group::Training, Real, 0, 1, 0.01,
     lin, Cost::ContinueTraining,
     "This share of a batch draws λ uniformly over [−12, 10], so that the network knows every level a slider "
     "can "
     "reach.",
     MEMBER(training.floorShare), nullptr,
     [](const Settings& s) { return s.network.conditioning == Conditioning::LogSnr; }, true},

    {"view.lanes", "", "Lanes", "", Group::View, FieldType::Choice, 0, 0, 1, lin, Cost::Redraw,
     "Which processes are on the stage.", MEMBER(view.lanes), [] { return plainChoices(laneKinds()); }},
    {"view.particles", "", "Particles", "", Group::View, Integer, 1, 1e6, 1, logarithmic, Cost::Resample,
     "Particles of each cloud.", MEMBER(view.particles)},
    {"view.memory", "", "Memory", "MiB", Group::View, Integer, 64, 65536, 1, logarithmic, Cost::Redraw,
     "What the positions kept of all clouds may take. A step without room in it is computed again, to the "
     "same values, when the playhead stands there; of the reverse cloud once training is paused.",
     MEMBER(view.memory)},
    {"view.show-particles", "", "Show particles", "", Group::View, Toggle, 0, 1, 1, lin, Cost::Redraw,
     "The cloud at the playhead's step.", MEMBER(view.showParticles)},
    {"view.show-trails", "", "Show trails", "", Group::View, Toggle, 0, 1, 1, lin, Cost::Redraw,
     "Paths of ten followed particles.", MEMBER(view.showTrails)},
    {"view.show-data", "", "Show data", "", Group::View, Toggle, 0, 1, 1, lin, Cost::Redraw,
     "The training points, dim behind the cloud.", MEMBER(view.showData)},
    {"view.measure", "", "Measure every few seconds", "", Group::View, Toggle, 0, 1, 1, lin, Cost::Redraw,
     "Distances from fresh draws, the bound and the likelihood, beside the training: a tenth of one "
     "processor "
     "core at the most.",
     MEMBER(view.measure)},
    {"view.show-density", "", "Show density", "", Group::View, Toggle, 0, 1, 1, lin, Cost::Redraw,
     "The density at the playhead's step: exact on the forward lane, of the cloud on the reverse lane.",
     MEMBER(view.showDensity)},
    {"view.show-error", "", "Show error", "", Group::View, Toggle, 0, 1, 1, lin, Cost::Redraw,
     "How far the network is from the ideal denoiser, place by place.", MEMBER(view.showError)},
    {"view.show-field", "", "Show field", "", Group::View, Toggle, 0, 1, 1, lin, Cost::Redraw,
     "Arrows of what the denoiser says at every place.", MEMBER(view.showField)},
    {"view.field", "", "Arrows", "", Group::View, FieldType::Choice, 0, 0, 1, lin, Cost::Redraw,
     "What the arrows of the field show.", MEMBER(view.field), [] { return plainChoices(fieldKinds()); },
     [](const Settings& s) { return s.view.showField; }},
    {"view.show-guesses", "", "Show guesses", "", Group::View, Toggle, 0, 1, 1, lin, Cost::Redraw,
     "Where the denoiser would send every particle at once.", MEMBER(view.showGuesses)},
    {"view.show-classes", "", "Tell classes apart", "", Group::View, Toggle, 0, 1, 1, lin, Cost::Redraw,
     "Where the data have classes, points and the particles that start from them take the class's colour.",
     MEMBER(view.showClasses)},
    {"view.loop", "", "Loop", "", Group::View, FieldType::Choice, 0, 0, 1, lin, Cost::Redraw,
     "What the playhead does at the ends.", MEMBER(view.loop), [] { return plainChoices(loopKinds()); }},
    {"view.speed", "", "Speed", "×", Group::View, Real, 0.125, 8, 0.125, logarithmic, Cost::Redraw,
     "Speed of the playback.", MEMBER(view.speed)},
    {"view.theme", "", "Theme", "", Group::View, FieldType::Choice, 0, 0, 1, lin, Cost::Redraw,
     "Colours of the window.", MEMBER(view.theme), [] { return plainChoices(themeKinds()); }},
    {"view.notation", "", "Notation", "", Group::View, FieldType::Choice, 0, 0, 1, lin, Cost::Redraw,
     "Symbols and numbers that the window shows, as the authors write them. Session files, --set and results "
     "are always in Ho's.",
     MEMBER(view.notation), [] { return plainChoices(notations()); }},
};
#undef MEMBER

std::string numberText(double value) {
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, end};
}

std::string rangeText(const Field& field, NotationKind notation = NotationKind::Ho) {
    const auto shown = [&](double value) {
        if (notation == NotationKind::Ho) return numberText(value);
        char buffer[32];  // a root has no short decimal: six digits
        const auto [end, error] =
            std::to_chars(buffer, buffer + sizeof buffer, shownNumber(field, value, notation),
                          std::chars_format::general, 6);
        return std::string(buffer, end);
    };
    return (field.type == Integer ? "a whole number from " : "a number from ") + shown(field.minimum) +
           " to " + shown(field.maximum);
}

/// @throws InputError naming the range where `text` is no number.
double numberOf(const Field& field, std::string_view text, NotationKind notation) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw InputError(std::string(field.id) + " cannot be \"" + std::string(text) + "\": it takes " +
                         rangeText(field, notation) + ".");
    return value;
}

/// `text`: the value as the user wrote it.
void setAsWritten(const Field& field, double value, std::string_view text, Settings& settings) {
    const bool whole = field.type == Real || value == std::floor(value);
    if (!std::isfinite(value) || value < field.minimum || value > field.upper() || !whole)
        throw InputError(std::string(field.id) + " cannot be " + std::string(text) + ": it takes " +
                         rangeText(field) + ".");
    field.set(settings, value);
}

}  // namespace

double Field::upper() const {
    return choices ? static_cast<double>(choices().size() - 1) : maximum;
}

std::span<const Field> fields() {
    return table;
}

std::string_view idOf(Cost cost) {
    switch (cost) {
        case Cost::Redraw:
            return "redraw";
        case Cost::Resample:
            return "resample";
        case Cost::ContinueTraining:
            return "continue-training";
        case Cost::StartAnew:
            return "start-anew";
    }
    return {};
}

std::string_view sentenceOf(Cost cost) {
    switch (cost) {
        case Cost::Redraw:
            return "Changes the picture only.";
        case Cost::Resample:
            return "Redraws the same noise. Nothing is retrained.";
        case Cost::ContinueTraining:
            return "The network keeps its weights and learns on.";
        case Cost::StartAnew:
            return "The network starts anew and learns by itself.";
    }
    return {};
}

const Field& fieldById(std::string_view id) {
    std::vector<std::string_view> ids;
    for (const Field& field : table) {
        if (field.id == id) return field;
        ids.push_back(field.id);
    }
    throw InputError("There is no setting \"" + std::string(id) + "\"; did you mean \"" +
                     std::string(nearestOf(ids, id)) + "\"? `diffuscope list settings` shows all.");
}

bool sameValue(const Field& field, const Settings& a, const Settings& b) {
    return field.type == Text ? field.getText(a) == field.getText(b) : field.get(a) == field.get(b);
}

std::string fieldText(const Field& field, const Settings& settings) {
    if (field.type == Text) return field.getText(settings);
    const double value = field.get(settings);
    switch (field.type) {
        case Toggle:
            return value != 0.0 ? "on" : "off";
        case FieldType::Choice:
            return std::string(field.choices().at(static_cast<std::size_t>(value)).id);
        default:
            return numberText(value);
    }
}

void parseField(const Field& field, std::string_view text, Settings& settings) {
    if (field.type == Text) return field.setText(settings, text);
    if (field.type == FieldType::Choice) {
        field.set(settings, requireIndex(field.choices(), text, field.id));
        return;
    }
    if (field.type == Toggle) {
        const bool on = text == "on" || text == "true" || text == "1";
        if (!on && text != "off" && text != "false" && text != "0")
            throw InputError(std::string(field.id) + " cannot be \"" + std::string(text) +
                             "\": it takes on or off.");
        field.set(settings, on ? 1.0 : 0.0);
        return;
    }
    setAsWritten(field, numberOf(field, text, NotationKind::Ho), text, settings);
}

std::string shownSymbol(const Field& field, NotationKind notation) {
    const std::string_view symbol = shownAs(field.quantity, notation).symbol;
    return symbol.empty() ? inNotation(field.symbol, notation) : std::string(symbol);
}

double shownNumber(const Field& field, double value, NotationKind notation) {
    return shownAs(field.quantity, notation).show(value);
}

void parseShown(const Field& field, std::string_view text, NotationKind notation, Settings& settings) {
    if (field.quantity == Quantity::Plain) return parseField(field, text, settings);
    const double shown = numberOf(field, text, notation);
    const double lowest = shownNumber(field, field.minimum, notation);
    const double highest = shownNumber(field, field.upper(), notation);
    constexpr double digits = 1e-6;  // of the range as the sentence below writes it
    if (!(shown >= lowest * (1.0 - digits) && shown <= highest * (1.0 + digits)))
        throw InputError(std::string(field.id) + " cannot be " + numberText(shown) + ": it takes " +
                         rangeText(field, notation) + ".");
    const double value = shownAs(field.quantity, notation).read(shown);
    setField(field, std::clamp(value, field.minimum, field.upper()), settings);
}

void setField(const Field& field, double value, Settings& settings) {
    setAsWritten(field, value, numberText(value), settings);
}

void applyAssignment(std::string_view assignment, Settings& settings) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string_view::npos)
        throw InputError("\"" + std::string(assignment) + "\" is not a setting: it takes ID=VALUE.");
    parseField(fieldById(assignment.substr(0, equals)), assignment.substr(equals + 1), settings);
}

Cost costOf(const Field& field, const Settings& settings) {
    const bool indexed = settings.network.conditioning == Conditioning::StepIndex;
    return indexed && field.group == Group::Schedule ? Cost::ContinueTraining : field.cost;
}

Cost costOfChange(const Settings& before, const Settings& after) {
    Cost cost = Cost::Redraw;
    for (const Field& field : table)
        if (!sameValue(field, before, after)) cost = std::max(cost, costOf(field, after));
    return cost;
}

void validate(const Settings& settings) {
    const ScheduleSettings& schedule = settings.schedule;
    if (uses(schedule, usesBetaMin) && schedule.betaMin > schedule.betaMax)
        throw InputError(
            "schedule.beta-min is above schedule.beta-max: the noise must not shrink along the schedule.");
    const DatasetRow& dataset = datasets()[static_cast<std::size_t>(settings.data.dataset)];
    if (settings.sampler.denoiser == DenoiserKind::Mixture && !dataset.mixture)
        requireDenoiser(DenoiserKind::Mixture, DataSet{});
    requireVariance(settings);
    if (uses(schedule, usesLogSnrs) && schedule.logSnrMin >= schedule.logSnrMax)
        throw InputError("schedule.log-snr-min (" + numberText(schedule.logSnrMin) +
                         ") is not below schedule.log-snr-max (" + numberText(schedule.logSnrMax) +
                         "): the log-SNR must fall along the schedule.");
    const double parameters = static_cast<double>(layoutOf(settings, mostClasses).parameterCount());
    const double work = 6.0 * parameters * settings.training.batch;  // forward, and twice as much backward
    if (work > largestStep)
        throw InputError(
            "A training step of this network with a batch of " + std::to_string(settings.training.batch) +
            " would take " + std::to_string(std::lround(work / 1e9)) + " GFLOP; up to " +
            std::to_string(std::lround(largestStep / 1e9)) +
            " are accepted, so that the program stays responsive: this network takes batches up to " +
            std::to_string(static_cast<int>(largestStep / 6.0 / parameters)) + ".");
}

}  // namespace diffuscope
