#pragma once

#include <vector>

#include "planning/training_run.hpp"

namespace reference {

/// Plays a run second by second, step by step. All times must be whole seconds.
///
/// Slow, obvious, and with nothing in common with the player that jumps from failure to failure.
///
///   failures  in their order in time
planning::Replication play_by_seconds(const planning::TrainingRun& run,
                                      const std::vector<planning::PartFailure>& failures);

}  // namespace reference
