#pragma once
// How the time of a run is divided among its groups.

#include <vector>

#include "calibration/probe/plan.hpp"
#include "calibration/probe/sampling.hpp"

namespace probe {

/// Gives each group its share of the time that is left, as its expected time says: what one group
/// does not need the next ones have. With half the time a plan is expected to take, every point
/// gets half its budget.
class TimeShares {
 public:
  /// The run begins at `now` and has `budget`.
  TimeShares(Seconds now, Seconds budget, const std::vector<Group>& plan);

  /// When a group that begins at `now` must be over. Asked once for each group, in order.
  [[nodiscard]] Seconds deadline_of(const Group& group, Seconds now);

  /// By what a point's budget is to be multiplied; at most 1.
  [[nodiscard]] double scale() const { return scale_; }

 private:
  Seconds end_;
  Seconds expected_left_;
  double scale_;
};

}  // namespace probe
