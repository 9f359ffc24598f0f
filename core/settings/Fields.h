#pragma once
#include "settings/Choice.h"
#include "settings/Notation.h"
#include "settings/Settings.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diffuscope {

/// What a change of a field asks of the worker. The control shows it.
enum class Cost {
    Redraw,            ///< nothing is computed anew
    Resample,          ///< the same noise is pushed through again; the network stays
    ContinueTraining,  ///< the network is kept and learns on
    StartAnew,         ///< the network starts from its initialisation
};

[[nodiscard]] std::string_view idOf(Cost cost);        ///< for `list settings`
[[nodiscard]] std::string_view sentenceOf(Cost cost);  ///< for the line under a group of controls

enum class FieldType { Real, Integer, Toggle, Choice, Text };
enum class Scale { Linear, Logarithmic };
enum class Group { General, Data, Schedule, Sampler, Network, Training, View };

/// One setting: THE place where it is named, bounded and explained. Values are carried as doubles: toggles as
/// 0 and 1, choices as the index of the row in their table. What is no number is carried as text.
struct Field {
    std::string_view id;      ///< command line, session file, sweep grids
    std::string_view symbol;  ///< rich text with sub- and superscripts; empty where there is none
    std::string_view label;
    std::string_view unit;
    Group group;
    FieldType type;
    double minimum;
    double maximum;  ///< see upper()
    double step;
    Scale scale;
    Cost cost;
    std::string_view help;
    double (*get)(const Settings&);
    void (*set)(Settings&, double);
    std::vector<Choice> (*choices)() = nullptr;              ///< of FieldType::Choice
    bool (*applies)(const Settings&) = nullptr;              ///< whether it has an effect now; null: always
    bool rare = false;                                       ///< folded away in the panel
    std::string (*getText)(const Settings&) = nullptr;       ///< of FieldType::Text, which has no get and set
    void (*setText)(Settings&, std::string_view) = nullptr;  ///< @throws InputError saying what is accepted
    Quantity quantity = Quantity::Plain;                     ///< what its number is, for the notations
    double (*reach)(const Settings&) = nullptr;  ///< where a slider ends now; null: at the maximum

    [[nodiscard]] double upper() const;  ///< maximum, or the index of the last choice
};

[[nodiscard]] std::span<const Field> fields();

/// @throws InputError for an unknown id, with the nearest known one.
[[nodiscard]] const Field& fieldById(std::string_view id);

/// The value as text that parseField() reads back exactly: shortest round-trip decimal, on/off, a choice's
/// id.
[[nodiscard]] std::string fieldText(const Field& field, const Settings& settings);

/// Sets the field from text. @throws InputError with the field's range or choices.
void parseField(const Field& field, std::string_view text, Settings& settings);

/// The field's symbol, number and range as `notation` shows them.
[[nodiscard]] std::string shownSymbol(const Field& field, NotationKind notation);
[[nodiscard]] double shownNumber(const Field& field, double value, NotationKind notation);

/// Sets the field from text that was typed in `notation`. @throws InputError with the range in that notation.
void parseShown(const Field& field, std::string_view text, NotationKind notation, Settings& settings);

[[nodiscard]] bool sameValue(const Field& field, const Settings& a, const Settings& b);

/// Sets the field. @throws InputError when the value is not finite or outside of the field's range.
void setField(const Field& field, double value, Settings& settings);

/// One "ID=VALUE", as --set takes it.
void applyAssignment(std::string_view assignment, Settings& settings);

/// What a change of the field costs under these settings: a network that knows steps, not noise levels, must
/// learn another schedule.
[[nodiscard]] Cost costOf(const Field& field, const Settings& settings);

/// What changing `before` into `after` costs at the most.
[[nodiscard]] Cost costOfChange(const Settings& before, const Settings& after);

/// Refuses combinations that no single field can refuse: betaMin > betaMax; log-SNRs that rise; the denoiser
/// of a mixture where the data set is none; a learned variance as requireVariance() does; a training step of
/// more than 60 GFLOP.
/// @throws InputError
void validate(const Settings& settings);

}  // namespace diffuscope
