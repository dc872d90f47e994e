#pragma once
// A run many times over, with other failures each time: what to expect, and how sure that is.

#include <span>
#include <vector>

#include "planning/summary.hpp"
#include "planning/training_run.hpp"

namespace planning {

/// Where time goes, as in `TimeSpent`. In seconds.
struct TimeSpentSummary {
  Summary useful{};
  Summary checkpoints{};
  Summary lost{};
  Summary detection{};
  Summary waiting{};
  Summary restart{};

  friend bool operator==(const TimeSpentSummary&, const TimeSpentSummary&) = default;
};

struct Forecast {
  Summary duration{};  // in seconds
  Summary goodput{};
  TimeSpentSummary spent{};
  std::vector<Summary> failures{};  // by part
  Summary interruptions{};
  Summary checkpoints{};  // written

  friend bool operator==(const Forecast&, const Forecast&) = default;
};

/// All of a run's replications, in order. Throws as `play` does.
[[nodiscard]] std::vector<Replication> replicate_all(const TrainingRun& run);

/// Requires one replication at least, all of one run. Sums go by their order.
[[nodiscard]] Forecast summarise(std::span<const Replication> replications);

}  // namespace planning
