#pragma once
// How often to save, by trying.

#include <vector>

#include "planning/summary.hpp"
#include "planning/training_run.hpp"

namespace planning {

/// An interval that was tried, and how it did. Other intervals met the same failures.
struct IntervalTried {
  Seconds interval{};  // whole steps
  Summary goodput{};
};

struct BestInterval {
  Seconds simulated{};  // with the highest mean goodput of those tried
  Seconds young{};      // by the formulas, with the stall as delta; neither knows of writing beside
  Seconds daly{};
  std::vector<IntervalTried> tried{};  // by interval
};

/// Tries intervals in place of the run's own: some from end to end of what can be right, evenly on
/// a logarithmic scale, then some between the neighbours of the best one, until those are some
/// 5 % apart or a step. Every interval meets the same failures, so that what differs is due to
/// intervals.
///
/// Near the best one goodput is as good as the same for all: the interval is known less well than
/// the goodput, and the more replications the better. Throws as `play` does.
[[nodiscard]] BestInterval best_interval(const TrainingRun& run);

}  // namespace planning
