#pragma once
// What a training step took, for people and for programs.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/training_scenario.hpp"
#include "workloads/training_step.hpp"

namespace cli {

/// Tables of at most 80 columns: what was run, how long it took, what the time went to and what
/// memory it needs, by stage. Of many stages some are left out.
[[nodiscard]] std::string render_step(const TrainingScenario& scenario,
                                      const workloads::StepReport& report);

/// All of it. Quantities carry their unit in their key.
[[nodiscard]] nlohmann::ordered_json to_json(const TrainingScenario& scenario,
                                             const workloads::StepReport& report);

/// Operations per second that MFU is a share of: those of bfloat16, or of float16 on a GPU without;
/// of stages that differ the mean.
[[nodiscard]] double peak_flop_per_s(const TrainingScenario& scenario);

/// Does every stage fit into the memory of a GPU?
[[nodiscard]] bool fits(const TrainingScenario& scenario);

}  // namespace cli
