#include "settings/Notation.h"

#include <cmath>
#include <optional>

namespace diffuscope {
namespace {

double same(double value) {
    return value;
}
double root(double value) {
    return std::sqrt(value);
}
double square(double value) {
    return value * value;
}

constexpr QuantityRow table[] = {
    {Quantity::Plain, {"", same, same}, {"", same, same}},
    {Quantity::Beta, {"β<sub>t</sub>", same, same}, {"β<sub>t</sub>", root, square}},
    {Quantity::BetaMin, {"β<sub>min</sub>", same, same}, {"β<sub>min</sub>", root, square}},
    {Quantity::BetaMax, {"β<sub>max</sub>", same, same}, {"β<sub>max</sub>", root, square}},
    {Quantity::Alpha, {"α<sub>t</sub>", same, same}, {"α<sub>t</sub>", root, square}},
    {Quantity::AlphaBar, {"ᾱ<sub>t</sub>", same, same}, {"ᾱ<sub>t</sub>", root, square}},
    {Quantity::NoiseSoFar, {"1 − ᾱ<sub>t</sub>", same, same}, {"β̄<sub>t</sub>", root, square}},
};

/// Sentences that name a quantity in words.
struct Words {
    std::string_view ho;
    std::string_view su;
};
constexpr Words words[] = {
    {"Variance of the noise", "Standard deviation of the noise"},
    {"noise variance", "noise deviation"},
    {"Share of the data's variance that is left", "Factor of the data in x<sub>t</sub>"},
};

/// A reader of Ho's formulas: each function takes what it knows off the front, or nothing.
class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}
    [[nodiscard]] bool done() const { return rest_.empty(); }

    bool take(std::string_view what) {
        if (!rest_.starts_with(what)) return false;
        rest_.remove_prefix(what.size());
        return true;
    }

    char takeByte() {
        const char byte = rest_.front();
        rest_.remove_prefix(1);
        return byte;
    }

    std::string subscript() {
        for (const auto& [open, close] : {Words{"<sub>", "</sub>"}, Words{"_{", "}"}}) {
            if (!rest_.starts_with(open)) continue;
            const std::size_t end = rest_.find(close);
            if (end == std::string_view::npos) continue;
            std::string taken(rest_.substr(0, end + close.size()));
            rest_.remove_prefix(taken.size());
            return taken;
        }
        return {};
    }

    /// One of the symbols that is a root in Su's notation, with its subscript.
    std::optional<std::string> symbol() {
        for (const std::string_view letter : {"ᾱ", "β̃", "α", "β"})
            if (take(letter)) return std::string(letter) + subscript();
        return std::nullopt;
    }

    /// "1 − ᾱ" is the noise so far, "1 − α" one step's, "1 − β" its signal.
    std::optional<std::string> complement() {
        const std::string_view before = rest_;
        if (take("1 − ") || take("1−"))
            for (const auto& [ho, su] : {Words{"ᾱ", "β̄"}, Words{"α", "β"}, Words{"β", "α"}})
                if (take(ho)) return std::string(su) + subscript();
        rest_ = before;
        return std::nullopt;
    }

    /// A whole bracket that holds a complement only.
    std::optional<std::string> bracketed() {
        const std::string_view before = rest_;
        if (take("("))
            if (auto inner = complement(); inner && take(")")) return inner;
        rest_ = before;
        return std::nullopt;
    }

    /// "(a/b)" of two that are squares in Su's notation, as the ratio of their roots.
    std::optional<std::string> ratio() {
        const std::string_view before = rest_;
        const auto part = [this] {
            auto inner = bracketed();
            return inner ? inner : symbol();
        };
        if (take("("))
            if (auto above = part(); above && take("/"))
                if (auto below = part(); below && take(")")) return "(" + *above + "/" + *below + ")";
        rest_ = before;
        return std::nullopt;
    }

    std::optional<std::string> rooted() {
        const std::string_view before = rest_;
        if (take("√")) {
            if (auto inner = bracketed()) return inner;
            if (auto inner = symbol()) return inner;
            if (auto inner = ratio()) return inner;
        }
        rest_ = before;
        return std::nullopt;
    }

    std::optional<std::string> squared() {
        if (auto inner = bracketed()) return *inner + (take("²") ? "⁴" : "²");
        if (auto inner = complement()) return *inner + "²";
        if (auto inner = symbol()) return *inner + (take("²") ? "⁴" : "²");
        return std::nullopt;
    }

    std::optional<std::string> distribution() {
        for (const auto& [ho, su] :
             {Words{"p<sub>θ</sub>(x", "q(x"}, Words{"p_{θ}(x", "q(x"}, Words{"q(x", "p(x"},
              Words{"q_{t}(x", "p_{t}(x"}, Words{"∇ log q", "∇ log p"}})
            if (take(ho)) return std::string(su);
        return std::nullopt;
    }

    std::optional<std::string> phrase() {
        for (const auto& [ho, su] : words)
            if (take(ho)) return std::string(su);
        return std::nullopt;
    }

  private:
    std::string_view rest_;
};

}  // namespace

std::span<const QuantityRow> quantities() {
    return table;
}

const ShownAs& shownAs(Quantity quantity, NotationKind notation) {
    const QuantityRow& row = table[static_cast<std::size_t>(quantity)];
    return notation == NotationKind::Su ? row.su : row.ho;
}

std::string inNotation(std::string_view text, NotationKind notation) {
    if (notation == NotationKind::Ho) return std::string(text);
    std::string result;
    Reader reader(text);
    while (!reader.done()) {
        std::optional<std::string> taken;
        for (const auto rule : {&Reader::phrase, &Reader::distribution, &Reader::rooted, &Reader::squared}) {
            taken = (reader.*rule)();
            if (taken) break;
        }
        if (taken)
            result += *taken;
        else
            result += reader.takeByte();
    }
    return result;
}

}  // namespace diffuscope
