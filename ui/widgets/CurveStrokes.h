#pragma once
#include "diffusion/CustomCurve.h"
#include "widgets/Studio.h"

#include <QCoreApplication>
#include <array>
#include <optional>
#include <vector>

namespace diffuscope {

/// What a hand does to the curve of the settings' schedule, as undo steps: all changes of one stroke are one.
class CurveStrokes {
    Q_DECLARE_TR_FUNCTIONS(CurveStrokes)
  public:
    explicit CurveStrokes(Studio& studio) : studio_(studio) {}

    CurvePlane plane = CurvePlane::Beta;  ///< in which the hand works

    /// Whether the settings' schedule is made of points in this plane.
    [[nodiscard]] bool owned() const;
    [[nodiscard]] const std::vector<std::array<double, 2>>& points() const;  ///< of the settings

    void begin();        ///< what follows is another undo step
    void beginNudges();  ///< as begin(), unless nudges were what came last
    void revert();       ///< undoes what this stroke has done, if anything

    /// Makes the schedule one of points in this plane, along the present one, with a point at the abscissa
    /// `x`: one that lies within `near` of it, or a new one. @returns its index
    std::size_t takeOver(double x, double near);

    // Each returns why it was not done, or not as asked; nothing where all is well.
    QString move(std::size_t index, std::array<double, 2> to);
    QString add(std::array<double, 2> at, std::optional<std::size_t>& index);
    QString remove(std::size_t index);

  private:
    [[nodiscard]] CustomCurve curve() const;  ///< the settings' own, or points along theirs
    [[nodiscard]] int mergeKey() const;
    [[nodiscard]] QString whyNot(const std::array<double, 2>& asked, const CustomCurve& moved,
                                 std::size_t index) const;
    void apply(const CustomCurve& curve);

    Studio& studio_;
    int stroke_ = 0;
    bool nudging_ = false;
};

}  // namespace diffuscope
