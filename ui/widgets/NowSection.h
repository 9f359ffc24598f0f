#pragma once
#include "widgets/Follower.h"
#include "widgets/Section.h"

#include <memory>
#include <vector>

namespace diffuscope {

/// The equation of the moment with its numbers: those of the schedule at the playhead, and those of one of
/// the followed particles of the reverse run.
class NowSection : public Section {
    Q_OBJECT
  public:
    explicit NowSection(QWidget* parent = nullptr);
    void setNotation(NotationKind notation);
    void setColours(const Theme& theme);
    void show(const std::shared_ptr<const Snapshot>& snapshot, int t, double playhead);
    /// Folded, it keeps no snapshot, whose clouds may be large.
    void release() { snapshot_ = nullptr; }
    [[nodiscard]] int particle() const { return particle_; }

  private:
    void name();
    void showEquation();
    void showNumbers();
    void showFollowed();
    void pickParticle(int particle);

    Follower follower_;
    std::shared_ptr<const Snapshot> snapshot_;
    NotationKind notation_ = NotationKind::Ho;
    const Theme* theme_;
    int t_ = -1;
    double playhead_ = -1.0;
    int particle_ = 0;
    QLabel* equation_;
    QLabel* prediction_;
    QLabel* particleName_;
    QToolButton* before_;
    QToolButton* after_;
    std::vector<QLabel*> symbols_;
    std::vector<QLabel*> values_;
    std::vector<QLabel*> followedSymbols_;
    std::vector<QLabel*> followedValues_;
};

}  // namespace diffuscope
