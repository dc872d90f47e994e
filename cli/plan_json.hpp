#pragma once
// What a plan found, for programs.

#include <span>

#include <nlohmann/json_fwd.hpp>

#include "cli/plan_choices.hpp"

namespace cli {

/// All that was simulated, the best first. Quantities carry their unit in their key. Requires a
/// cluster.
[[nodiscard]] nlohmann::ordered_json to_json(std::span<const PlannedCluster> clusters);

}  // namespace cli
